// Color, only at a terminal and unless NO_COLOR is set (https://no-color.org). Color is never the only sign.

import type { Env } from '../system/paths.js'

type Dye = (text: string) => string

export interface Ink {
  bold: Dye
  dim: Dye
  good: Dye
  care: Dye
  bad: Dye
}

const as: Dye = text => text

/** No color at all. */
export const plainInk: Ink = { bold: as, dim: as, good: as, care: as, bad: as }

export async function inkFor(env: Env, isTerminal: boolean): Promise<Ink> {
  if (!isTerminal || env['NO_COLOR'] || env['TERM'] === 'dumb') return plainInk
  const { default: kleur } = await import('kleur')
  kleur.enabled = true
  return {
    bold: text => kleur.bold(text),
    dim: text => kleur.dim(text),
    good: text => kleur.green(text),
    care: text => kleur.yellow(text),
    bad: text => kleur.red(text),
  }
}
