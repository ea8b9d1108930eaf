// The picture of a run as SVG: bars of the medians with a line to the 95th percentile, one scale for each section.

import { milliseconds, type Section } from './row.js'
import type { Timed } from './timing.js'

const width = 760
const left = 250
const right = 130
const barHeight = 14
const lineHeight = 22
const titleHeight = 40

/** Draws every section that has timings; ours stand out. */
export function picture(sections: Section[]): string {
  let top = 0
  const parts = sections
    .filter(({ timed }) => timed.length > 0)
    .map(section => {
      const part = `<g transform="translate(0 ${top})">\n${group(section)}</g>\n`
      top += titleHeight + section.timed.length * lineHeight
      return part
    })
  const height = top + lineHeight
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

function group({ title, timed, base }: Section): string {
  const most = Math.max(...timed.map(({ p95Ms }) => p95Ms))
  const ofBase = timed.find(({ name }) => name === base)?.medianMs
  const bars = timed.map((each, index) => {
    const y = titleHeight + index * lineHeight
    return bar(each, ms => (ms / most) * (width - left - right), y, ofBase)
  })
  return `<text class="title" x="8" y="${titleHeight - 10}">${escaped(title)}</text>\n${bars.join('')}`
}

function bar(
  { name, medianMs, p95Ms }: Timed,
  scale: (ms: number) => number,
  y: number,
  baseMs: number | undefined,
): string {
  const ratio = baseMs === undefined ? '' : ` · ${(medianMs / baseMs).toFixed(2)} ×`
  const middle = y + barHeight / 2
  const end = (ms: number) => (left + scale(ms)).toFixed(1)
  return `<g${name.startsWith('claude-auth') ? ' class="ours"' : ''}>
<text x="${left - 8}" y="${y + 11}" text-anchor="end">${escaped(name)}</text>
<rect class="bar" x="${left}" y="${y}" width="${scale(medianMs).toFixed(1)}" height="${barHeight}"/>
<line class="reach" x1="${end(medianMs)}" y1="${middle}" x2="${end(p95Ms)}" y2="${middle}"/>
<text x="${(left + scale(p95Ms) + 8).toFixed(1)}" y="${y + 11}">${milliseconds(medianMs)} ms${ratio}</text>
</g>
`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
