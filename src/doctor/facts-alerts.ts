// Who is told when a sign-in is needed, and whether a message could get there. Sent is only a test, where one is wanted.

import { AuthError } from '../host/error.js'
import { readWebhook } from '../report/webhook-file.js'
import { alertTroubleOf } from '../steps/alerts.js'
import { sendTestAlert } from '../steps/test-alert.js'
import type { LoginFacts } from './facts-login.js'
import type { Look } from './look.js'
import { canRun } from './program.js'

export interface AlertFacts {
  slack: boolean
  /** The program of `alerts.command`; null: none. */
  program: { path: string; canRun: boolean } | null
  /** What is wrong with the file that holds the webhook's address. */
  fileTrouble: { message: string; hint: string } | null
  /** Why a message still waits to be taken. */
  waiting: string | null
  /** What came of the test message; null: none was wanted. */
  test: Awaited<ReturnType<typeof sendTestAlert>> | null
}

export async function alertFacts({ run }: LoginFacts, { testAlert }: Look): Promise<AlertFacts> {
  const { slack, command } = run.config.alerts
  const program = command?.[0] ?? null
  return {
    slack: slack !== null,
    program: program === null ? null : { path: program, canRun: canRun(program) },
    fileTrouble: slack === null ? null : troubleWith(slack.webhookFile, run.person.uid),
    waiting: alertTroubleOf(run),
    test: testAlert ? await sendTestAlert(run) : null,
  }
}

function troubleWith(file: string, uid: number): AlertFacts['fileTrouble'] {
  try {
    readWebhook(file, uid)
    return null
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    return { message: error.message, hint: error.hint }
  }
}
