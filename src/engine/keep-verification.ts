// Recording what a preview heard from the server, as a run would, so that other commands and the next launch know it too.

import { existsSync } from 'node:fs'
import type { Verification } from '../anthropic/login-server.js'
import { parentInAnswer } from '../login/answer.js'
import { clearMarks } from '../login/marks.js'
import { readMemory } from '../login/memory.js'
import { signInCommand } from '../policy/long-lived.js'
import { enterLoginGate } from '../system/gate.js'
import { unlessBug } from '../system/trouble.js'
import { isLoggedOut } from './log-out.js'
import { observe } from './observe.js'
import { leaveShortLine, previewOf } from './preview.js'
import type { Run } from './run.js'
import { doubtedSinceMs, learn } from './verify.js'

/** A run that is at work now asks the server itself. */
const gateWaitMs = 500

/**
 * Remembers `answer` about the access token `accessHash`, where it is news and that login is still in the file. The login
 * itself stays as it is, and `run` too. After a refusal every launch asks the engine. Nothing is written in `mode: off`
 * or `observe`, under another credential, where another run is at work, while a log-out or the answer of a killed run is
 * still to be followed, and where it cannot be.
 */
export async function keepVerification(
  run: Run,
  accessHash: string,
  answer: Verification,
): Promise<void> {
  const isKept = run.owned && run.config.mode === 'on' && run.otherCredential === null
  if (!isKept || answer.kind === 'no-answer') return
  // A home where claude-auth never ran is looked at without a trace.
  if (answer.kind === 'accepted' && !existsSync(run.paths.stateFile)) return
  try {
    const gate = enterLoginGate(run.paths.gate, null, gateWaitMs)
    try {
      const writing: Run = { ...run, readOnly: false, memory: readMemory(run.paths.stateFile) }
      const seen = observe(writing)
      const { file, verification } = seen.state
      if (file.kind !== 'login' || file.login.accessHash !== accessHash) return
      const isKnown = verification?.accessHash === accessHash && verification.kind === answer.kind
      if (isKnown && doubtedSinceMs(run) === null) return
      if (answer.kind === 'refused') clearMarks(run.paths)
      // The next run settles these first, by what it knew before this login came.
      if (isLoggedOut(writing, seen.file) || parentInAnswer(run.paths.answer) !== null) return
      learn(writing, seen, accessHash, answer)
      const { outcome } = await previewOf(writing)
      leaveShortLine(writing, outcome, signInCommand(seen.state, run.now()))
    } finally {
      gate.leave()
    }
  } catch (error) {
    // The caller shows what was heard in any case.
    unlessBug(error)
  }
}
