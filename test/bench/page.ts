// The page docs/benchmarks.md: the table, the picture, and the timings behind them.

import { milliseconds, type Row, type Section } from './row.js'
import { cells, heads } from './table.js'
import type { Timed } from './timing.js'

/** On what the run was made. */
export interface Machine {
  node: string
  cores: number
  processor: string
  /** Processes that wanted to run, on average over the minute before the run. */
  load: number
  date: string
}

/** `picture`: path of the picture, relative to the page. */
export function page(sections: Section[], machine: Machine, picture: string): string {
  const { node, cores, processor, load, date } = machine
  return `# What it costs

Written by \`npm run bench\` on ${date}: Node ${node}, ${cores} cores (${processor}), load ${load.toFixed(1)} at the
start. Each figure stands beside its baseline of the same run, measured in turn with it; a ratio is
that of the medians, the one in brackets that of the 95th percentiles.

${rowsOf(sections.flatMap(({ rows }) => rows))}
![Median times, each beside its baseline](${picture})

## The timings
${sections
  .filter(({ timed }) => timed.length > 0)
  .map(timings)
  .join('')}`
}

function rowsOf(rows: Row[]): string {
  return lines(heads, rows.map(cells))
}

function timings({ title, timed, base }: Section): string {
  const ofBase = timed.find(({ name }) => name === base)
  const row = (each: Timed) => [
    each.name,
    milliseconds(each.medianMs),
    milliseconds(each.p95Ms),
    ofBase === undefined ? '' : (each.medianMs / ofBase.medianMs).toFixed(2),
    String(each.runs),
  ]
  const head = ['', 'median ms', 'p95 ms', `× ${base}`, 'runs']
  return `\n### ${title}\n\n${lines(head, timed.map(row))}`
}

function lines(head: string[], rows: string[][]): string {
  const line = (cells: string[]) =>
    `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('')
}
