// What the words of `claude-auth status` and of the prepared line for prompts are made of.

import { join } from 'node:path'
import { atomicWrite } from '../host/atomic-write.js'
import { textAt } from '../host/open-file.js'
import type { Outcome } from '../outcome.js'
import { shortLine } from '../report/short-line.js'
import type { StatusFacts } from '../report/status-text.js'
import type { Run } from '../run.js'
import { expectedEmail } from './expected-email.js'
import { signInCommand } from './long-lived-facts.js'
import type { Found } from './look-only.js'
import { signingCredential } from './notes.js'

export function statusFacts(run: Run, found: Found): StatusFacts {
  const { config, memory } = run
  const { outcome, seen, next, trouble, sinceMs, prospect } = found
  return {
    outcome,
    mode: config.mode,
    offBy: config.off?.file ?? null,
    next,
    trouble,
    email: emailOf(run, outcome),
    organization: found.organization,
    isVerified: outcome.identity !== null,
    otherCredential: signingCredential(run, found.decision)?.wins ?? null,
    sinceMs,
    prospect,
    isRefused: found.isRefused,
    isAcceptedSince: found.verifiedAtMs !== null && found.verifiedAtMs >= (sinceMs ?? 0),
    isToBeBackedUp: found.isToBeBackedUp,
    backedUpAtMs: memory.stored?.atMs ?? null,
    warnBeforeMs: Math.max(0, ...config.alerts.beforeLoginEndsMs),
    signInCommand: signInCommand(seen.state, run.now()),
    nowMs: run.now(),
  }
}

/** Much more than one line. */
const shortMaxBytes = 4096

/** Leaves the line that a prompt shows without Node: `<login folder>/.claude-auth/short`. */
export function leaveShortLine(run: Run, outcome: Outcome, command: string): void {
  if (!run.owned || run.config.mode === 'off' || run.otherCredential !== null) return
  const email = emailOf(run, outcome)
  const line = `${shortLine({ ...outcome, email, signInCommand: command }, run.now())}\n`
  const path = join(run.paths.state, 'short')
  try {
    if (textAt(path, { maxBytes: shortMaxBytes, links: 'refuse' }) !== line)
      atomicWrite(path, line, { nonce: run.nonce(), durable: false })
  } catch {
    // A prompt without its line is no reason to hold a launch.
  }
}

function emailOf(run: Run, { identity }: Pick<Outcome, 'identity'>): string | null {
  return identity?.email ?? expectedEmail(run.config, run.memory, run.paths.clientConfig)
}
