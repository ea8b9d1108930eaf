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
