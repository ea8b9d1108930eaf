// `claude-auth status`: whose login this is and how it stands, from what is on this machine; nothing is changed.

import { startRun } from '../engine/context.js'
import { configOf, loginContextOf } from '../engine/login-context.js'
import { brokenOutcome } from '../engine/outcome.js'
import { type Preview, previewOf, statusFacts } from '../engine/preview.js'
import { type StatusFacts, shortLine, statusLines } from '../engine/status-words.js'
import { exitCodes } from '../policy/outcome.js'
import type { Env } from '../system/paths.js'
import { currentFolder } from '../system/users.js'
import { jsonText } from '../text/clean.js'
import { inkFor, type Output, widthOf } from '../text/terminal.js'
import { troubleText } from '../text/trouble.js'
import { type CommandEntry, readFlags } from './command.js'

export const entry = {
  name: 'status',
  group: 'daily',
  summary: 'is the login good, whose is it, until when',
  about:
    'Shows in a few lines whose login this is, how long it is valid, and where its copy is. It uses no network and changes nothing.',
  flags: {
    json: { says: 'the same as one JSON object' },
    short: { says: 'one line for a prompt or a status bar; times in it are clock times' },
  },
  notes: [
    'Exit code: 0 ok, 1 broken, 2 usage or configuration, 3 sign in, 4 attention, 5 no answer.',
    'To check and fix everything now: claude-auth ensure.',
  ],
  examples: ['claude-auth status', 'claude-auth status --json', 'claude-auth status --short'],
} as const satisfies CommandEntry

/** Prints it and gives the exit code of the verdict. */
export async function status(
  argv: string[],
  env: Env,
  out: Output = process.stdout,
): Promise<number> {
  const { flags } = readFlags(entry, argv)
  try {
    const { found, facts } = await glance(env)
    const print = printer(out)
    if (flags.json) print([jsonText(statusObject(found, facts))])
    else if (flags.short) print([shortLine({ ...facts.outcome, ...facts }, facts.nowMs)])
    else print(statusLines(facts, widthOf(out), await inkFor(env, out.isTTY === true)))
    return exitCodes[found.outcome.verdict]
  } catch (error) {
    // The reader of the object gets one in any case; `main` reports the error.
    if (flags.json) {
      const { did, steps, alert, ...broken } = brokenOutcome(null)
      printer(out)([jsonText(broken)])
    }
    throw error
  }
}

/** What the next run would find, and the words' facts. Neither network, gate nor any write. */
async function glance(env: Env): Promise<{ found: Preview; facts: StatusFacts }> {
  const place = loginContextOf(env)
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
  const found = await previewOf(run)
  return { found, facts: statusFacts(run, found) }
}

/** The object of `--json`: the outcome's own fields where they make sense, and what is known beside them. */
export function statusObject(found: Preview, facts: StatusFacts): object {
  const { did, steps, alert, ...outcome } = found.outcome
  return {
    ...outcome,
    mode: facts.mode,
    email: facts.email,
    organization: facts.organization,
    verifiedAt: found.verifiedAtMs,
    renewsItself: facts.prospect.kind === 'renewed' && facts.prospect.isLate !== true,
    store: { ...outcome.store, backedUpAt: facts.backedUpAtMs },
    next: facts.next,
    trouble: facts.trouble && troubleText(facts.trouble),
    since: facts.sinceMs,
  }
}

function printer(out: Output): (lines: string[]) => void {
  return lines => void out.write(`${lines.join('\n')}\n`)
}
