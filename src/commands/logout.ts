// `claude-auth logout`: mark, then end the login at the server, in the file and in the store; each step is told.

import { existsSync } from 'node:fs'
import { atomicWrite, makePrivateFolder } from '../host/atomic-write.js'
import { AuthError } from '../host/error.js'
import type { Env } from '../host/paths.js'
import { clearMarks } from '../login/marks.js'
import { exitCodes, type Verdict } from '../outcome.js'
import { configOf, notOurs, type Place, placeOf } from '../place.js'
import { inkFor } from '../report/ink.js'
import { jsonText } from '../report/json-text.js'
import { logoutLines } from '../report/logout-text.js'
import { progress } from '../report/progress.js'
import { expectedEmail } from '../steps/expected-email.js'
import { type SignedOutSteps, signOut } from '../steps/sign-out.js'
import { readFlags } from './flags.js'
import { runOnce } from './run-once.js'
import { logout as entry } from './table/logout.js'

/** Signs out and gives the exit code: 0 also when nobody was signed in, 4 when something is left for later. */
export async function logout(argv: string[], env: Env): Promise<number> {
  const { flags } = readFlags(entry, argv)
  const place = placeOf(env)
  if (!place.owned) throw notOurs(place)
  const config = await configOf(place, env)
  if (config.mode === 'off')
    throw new AuthError('usage', 'claude-auth is switched off here', { hint: 'claude auth logout' })
  // Before the gate: a renewal at work sees it, and ends what it receives instead of saving it.
  putMark(place)
  let steps: SignedOutSteps | null = null
  let email: string | null = null
  const over = progress('Signing out', process.stderr)
  await runOnce(env, {
    actor: 'command',
    offline: flags.offline ?? false,
    prepare: async run => {
      email = run.memory.verification?.identity?.email ?? null
      email ??= expectedEmail(config, run.memory, run.paths.clientConfig)
      const done = await signOut(run)
      // A server that is away is not asked twice while somebody waits.
      if (done.server === 'later' || done.server === 'failed') run.offline = true
      steps = done
    },
  }).finally(over)
  const done = steps as SignedOutSteps | null
  if (done === null) throw new AuthError('internal', 'the log-out was not begun')
  const verdict = verdictOf(done)
  if (flags.json) {
    const { trouble, endsAtMs, ...states } = done
    const object = { schemaVersion: 1, verdict, because: 'signed-out', email, ...states }
    print([jsonText({ ...object, trouble, endsAt: endsAtMs })])
  } else {
    const facts = { ...done, email, storeKind: config.store, nowMs: Date.now() }
    print(logoutLines(facts, await inkFor(env, process.stdout.isTTY === true)))
  }
  return exitCodes[verdict]
}

function putMark({ paths }: Place): void {
  makePrivateFolder(paths.state)
  clearMarks(paths)
  // An earlier log-out is still in force, and its time tells since when.
  if (!existsSync(paths.signedOut)) atomicWrite(paths.signedOut, '', { nonce: String(process.pid) })
}

function verdictOf({ server, file, store, account }: SignedOutSteps): Verdict {
  if (file === 'failed') return 'broken'
  const others = [server, store, account]
  return others.some(state => state === 'later' || state === 'failed') ? 'attention' : 'ok'
}

function print(lines: string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`)
}
