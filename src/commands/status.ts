// `claude-auth status`: whose login this is and how it stands, from what is on this machine; nothing is changed.

import { currentFolder } from '../host/current-folder.js'
import type { Env } from '../host/paths.js'
import { exitCodes } from '../outcome.js'
import { configOf, placeOf } from '../place.js'
import { inkFor } from '../report/ink.js'
import { jsonText } from '../report/json-text.js'
import { shortLine } from '../report/short-line.js'
import { type StatusFacts, statusLines } from '../report/status-text.js'
import { widthOf } from '../report/wrap.js'
import { startRun } from '../start.js'
import { type Found, lookOnly } from '../steps/look-only.js'
import { brokenOutcome } from '../steps/outcome-of.js'
import { statusFacts } from '../steps/status-facts.js'
import { readFlags } from './flags.js'
import { status as entry } from './table/status.js'

/** Prints it and gives the exit code of the verdict. */
export async function status(argv: string[], env: Env): Promise<number> {
  const { flags } = readFlags(entry, argv)
  try {
    const { found, facts } = await lookedAt(env)
    const { stdout } = process
    if (flags.json) print([jsonText(statusObject(found, facts))])
    else if (flags.short) print([shortLine({ ...facts.outcome, ...facts }, facts.nowMs)])
    else print(statusLines(facts, widthOf(stdout), await inkFor(env, stdout.isTTY === true)))
    return exitCodes[found.outcome.verdict]
  } catch (error) {
    // A program that reads the object gets one, whatever happens; `main` says what broke.
    if (flags.json) {
      const { did, steps, alert, ...broken } = brokenOutcome(null)
      print([jsonText(broken)])
    }
    throw error
  }
}

/** What the next run would find, and the words' facts. Neither network, gate nor any write. */
async function lookedAt(env: Env): Promise<{ found: Found; facts: StatusFacts }> {
  const place = placeOf(env)
  const configReadAtMs = Date.now()
  const config = await configOf(place, env)
  const run = await startRun(place, config, {
    env,
    cwd: currentFolder(),
    actor: 'command',
    forced: false,
    offline: true,
    readOnly: true,
    signedIn: false,
    client: null,
    isClientChosen: false,
    configReadAtMs,
  })
  const found = await lookOnly(run)
  return { found, facts: statusFacts(run, found) }
}

/** The object of `--json`: the outcome's own fields where they make sense, and what is known beside them. */
export function statusObject(found: Found, facts: StatusFacts): object {
  const { did, steps, alert, ...outcome } = found.outcome
  return {
    ...outcome,
    mode: facts.mode,
    email: facts.email,
    organization: facts.organization,
    verifiedAt: found.verifiedAtMs,
    renewsItself: facts.prospect.kind === 'renewed',
    store: { ...outcome.store, backedUpAt: facts.backedUpAtMs },
    next: facts.next,
    trouble: facts.trouble,
    since: facts.sinceMs,
  }
}

function print(lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
