// The figures of a fault: what was wanted, what was found; asserted by the test and kept for the laboratory's table.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** `npm run lab` runs the whole of each fault; `npm run test:lab` a short cut of it. */
export const isWhole = process.env['CLAUDE_AUTH_LAB'] === 'whole'

/** `short` in `npm run test:lab`, `whole` in `npm run lab`. */
export function scale(short: number, whole: number): number {
  return isWhole ? whole : short
}

export interface Figure {
  what: string
  wanted: string
  found: string
  holds: boolean
}

/** One attack, and the same against something that does not take our care: there it has to succeed. */
export interface Attack {
  /** What it is aimed at; the same words for all of its kind. */
  kind: string
  attack: string
  tried: number
  /** What it got; empty where it got nothing. */
  succeeded: string[]
  control: { against: string; succeeded: number; tried: number }
}

export interface Figures {
  /** An attack that is to get nothing, while its control gets something; a row of the table of attacks. */
  attack(attack: Attack): void
  /** A figure with a wanted value: it is asserted. */
  wanted(what: string, found: number | string, wanted: number | string): void
  /** A figure that must be within a bound: `holds` says whether it is, `wanted` how that is written. */
  within(what: string, found: number | string, wanted: string, holds: boolean): void
  /** A figure that is only counted. */
  counted(what: string, found: number | string): void
}

/** The figures of the fault `name` (a heading of the table), in the order they are found. */
export function figuresOf(t: Test, name: string): Figures {
  const figures: Figure[] = []
  const attacks: Attack[] = []
  t.teardown(() => {
    const folder = join(root, '.cache/lab')
    mkdirSync(folder, { recursive: true })
    const file = `${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.json`
    writeFileSync(join(folder, file), JSON.stringify({ name, isWhole, figures, attacks }, null, 2))
  })
  const add = (what: string, found: number | string, wanted: string, holds: boolean) => {
    figures.push({ what, wanted, found: String(found), holds })
    t.ok(holds, `${what}: ${found} [${wanted}]`)
  }
  return {
    attack: each => {
      attacks.push(each)
      t.same(each.succeeded, [], `${each.kind}: ${each.attack}`)
      t.ok(each.tried > 0, `${each.attack}: it was tried`)
      t.ok(
        each.control.succeeded > 0,
        `${each.attack}: it succeeds against ${each.control.against}`,
      )
    },
    wanted: (what, found, wanted) => add(what, found, String(wanted), found === wanted),
    within: add,
    counted: (what, found) => add(what, found, 'counted', true),
  }
}
