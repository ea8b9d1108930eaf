// The table as text for a terminal.

import type { Row } from './row.js'

export const heads = ['figure', 'beside', 'wanted', 'found', 'holds']

/** One row as cells, in the order of `heads`. */
export function cells(row: Row): string[] {
  const holds = row.holds === null ? '–' : row.holds ? 'yes' : row.gross ? 'NO, grossly' : 'no'
  return [row.figure, row.baseline, row.wanted, row.found, holds]
}

export function tableText(rows: Row[]): string {
  const lines = [heads, ...rows.map(cells)]
  const widths = heads.map((_, index) => Math.max(...lines.map(line => (line[index] ?? '').length)))
  return lines
    .map(line => line.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  '))
    .map(line => `${line.trimEnd()}\n`)
    .join('')
}
