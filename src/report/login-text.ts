// The words of `claude-auth login`.

import { cleanMiddle } from './clean.js'
import { untilWords } from './ensure-text.js'
import { linePrefix } from './line.js'

/** How a `claude-auth login` stands: what its lines are made of. */
export type LoginStage =
  | { at: 'start'; email: string | null; organization?: string | null }
  | { at: 'signed-in'; email: string | null; stored: boolean; expiresAtMs: number | null }
  | { at: 'not-finished'; exitCode: number | null }
  /** `mayChange`: the other one is expected only because it was the first. */
  | {
      at: 'wrong-identity'
      email: string | null
      expectedEmail: string | null
      mayChange?: boolean
    }
  | { at: 'not-verified'; email: string | null }

/** One or two lines for a stage of `claude-auth login`, for stderr. */
export function loginLines(stage: LoginStage, nowMs: number): string[] {
  return loginSentences(stage, nowMs).map(sentence => `${linePrefix}${sentence}`)
}

function loginSentences(stage: LoginStage, nowMs: number): string[] {
  const email = 'email' in stage && stage.email ? cleanMiddle(stage.email, 60) : null
  switch (stage.at) {
    case 'start':
      return [`Claude's own sign-in opens now${email ? `; sign in as ${email}${of(stage)}` : ''}.`]
    case 'signed-in': {
      const copy = stage.stored ? 'A copy is stored.' : 'A copy could not be stored yet.'
      return [
        `Signed in${email ? ` as ${email}` : ''}${untilWords(stage.expiresAtMs, nowMs)}. ${copy}`,
      ]
    }
    case 'not-finished':
      return ['The sign-in was not finished; nothing was changed.', 'Type: claude-auth login']
    case 'wrong-identity': {
      if (email !== null && email === stage.expectedEmail)
        return [
          `This is another account or organisation with the e-mail ${email}.`,
          'Type: claude-auth login',
        ]
      const wanted = stage.expectedEmail ? cleanMiddle(stage.expectedEmail, 60) : 'another'
      return [
        `This is the login of ${email ?? 'somebody else'}; expected here is ${wanted}.`,
        stage.mayChange
          ? 'Type: claude-auth login; or, if the new one is meant: claude-auth login --new-identity'
          : 'Type: claude-auth login',
      ]
    }
    case 'not-verified':
      return [
        'Signed in, but the server could not be asked whose login it is.',
        'Type: claude-auth ensure',
      ]
  }
}

function of({ organization = null }: { organization?: string | null }): string {
  return organization === null ? '' : ` (${cleanMiddle(organization, 60)})`
}
