// The picture of a run as SVG: bars of the medians with a line to the 95th percentile, one scale for each section.

import { milliseconds, type Section } from './row.js'
import type { Timed } from './timing.js'

/** Narrow, so that a page of a telephone's width still shows letters that can be read. */
const width = 480
const margin = 8
const textHeight = 17
const barHeight = 10
const gap = 9
const titleHeight = 40
/** Of a letter of 13 px on average, in the widest of the usual fonts. */
const letterWidth = 7.6

/** Draws every section that has timings; ours stand out. Names and figures stand above their bar, so none is cut. */
export function picture(sections: Section[]): string {
  let top = 0
  const parts = sections
    .filter(({ timed }) => timed.length > 0)
    .map(section => {
      const { height, svg } = group(section)
      const part = `<g transform="translate(0 ${top})">\n${svg}</g>\n`
      top += height
      return part
    })
  const height = top + margin
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Median times in milliseconds, each beside its baseline">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600 }
.bar { fill: #8c959f } .ours .bar { fill: #2f6fdb }
.reach { stroke: #57606a; stroke-width: 1.5 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .bar { fill: #6e7681 } .ours .bar { fill: #58a6ff } .reach { stroke: #9da7b1 }
}
</style>
${parts.join('')}</svg>
`
}

function group({ title, timed, base }: Section): { height: number; svg: string } {
  const most = Math.max(...timed.map(({ p95Ms }) => p95Ms))
  const ofBase = timed.find(({ name }) => name === base)?.medianMs
  const titles = wrapped(title)
  const heading = titles.map(
    (line, index) =>
      `<text class="title" x="${margin}" y="${26 + index * textHeight}">${escaped(line)}</text>\n`,
  )
  let y = titleHeight + (titles.length - 1) * textHeight
  const bars = timed.map(each => {
    const { height, svg } = bar(each, ms => (ms / most) * (width - 2 * margin), y, ofBase)
    y += height
    return svg
  })
  return { height: y, svg: heading.join('') + bars.join('') }
}

function bar(
  { name, medianMs, p95Ms }: Timed,
  scale: (ms: number) => number,
  top: number,
  baseMs: number | undefined,
): { height: number; svg: string } {
  const ratio = baseMs === undefined ? '' : ` · ${(medianMs / baseMs).toFixed(2)} ×`
  const figure = `${milliseconds(medianMs)} ms${ratio}`
  const lines = wrapped(name, (figure.length + 2) * letterWidth)
  const y = top + lines.length * textHeight
  const middle = y + barHeight / 2
  const end = (ms: number) => (margin + scale(ms)).toFixed(1)
  const names = lines.map(
    (line, index) =>
      `<text x="${margin}" y="${top + 12 + index * textHeight}">${escaped(line)}</text>\n`,
  )
  const svg = `<g${name.startsWith('claude-auth') ? ' class="ours"' : ''}>
${names.join('')}<text x="${width - margin}" y="${y - textHeight + 12}" text-anchor="end">${figure}</text>
<rect class="bar" x="${margin}" y="${y}" width="${scale(medianMs).toFixed(1)}" height="${barHeight}"/>
<line class="reach" x1="${end(medianMs)}" y1="${middle}" x2="${end(p95Ms)}" y2="${middle}"/>
</g>
`
  return { height: lines.length * textHeight + barHeight + gap, svg }
}

/** Lines that leave `besides` px of the width to others. */
function wrapped(text: string, besides = 0): string[] {
  const most = Math.floor((width - 2 * margin - besides) / letterWidth)
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last === undefined || last.length + 1 + word.length > most) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
