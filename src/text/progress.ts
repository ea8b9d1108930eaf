// A word of patience at a terminal while something takes long; gone again when it is over.

import { linePrefix } from './wrap.js'

/** Shorter waits need no word. */
const quietMs = 300

/** Shows `words` on `stream` from 300 ms on, only if it is a terminal; the result takes them away. */
export function progress(
  words: string,
  stream: { isTTY?: boolean; write: (text: string) => unknown } | null,
): () => void {
  if (stream?.isTTY !== true) return () => undefined
  let shown = false
  const timer = setTimeout(() => {
    shown = true
    stream.write(`${linePrefix}${words}…`)
  }, quietMs)
  return () => {
    clearTimeout(timer)
    // The whole line.
    if (shown) stream.write('\r\u001b[K')
    shown = false
  }
}

/** How often the words change, at most. */
const everyMs = 100

/**
 * The same with a number that grows: `tick` shows the words of the newest one, `end` takes them away. Nothing is shown in
 * the first 300 ms, nor where `stream` is no terminal.
 */
export function progressCount(
  words: (count: number) => string,
  stream: { isTTY?: boolean; write: (text: string) => unknown },
): { tick: (count: number) => void; end: () => void } {
  if (stream.isTTY !== true) return { tick: () => undefined, end: () => undefined }
  let lastMs = performance.now() + quietMs - everyMs
  let shown = false
  return {
    tick: count => {
      const nowMs = performance.now()
      if (nowMs - lastMs < everyMs) return
      lastMs = nowMs
      shown = true
      stream.write(`\r\u001b[K${linePrefix}${words(count)}…`)
    },
    end: () => {
      if (shown) stream.write('\r\u001b[K')
      shown = false
    },
  }
}
