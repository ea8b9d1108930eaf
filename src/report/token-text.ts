// The words of `claude-auth login --long-lived`.

import { clean } from './clean.js'
import { dateTimeWords } from './duration-words.js'
import { linePrefix } from './line.js'

/** How a `claude-auth login --long-lived` stands. */
export type TokenStage =
  | { at: 'start' }
  | { at: 'wrong'; why: string }
  | { at: 'not-finished' }
  | {
      at: 'stored'
      endsAtMs: number
      use: 'in-use' | 'switched-off' | 'not-yet'
      /** The user's configuration. */
      configFile: string
    }

/** Asked at the terminal; what is pasted is not shown. */
export const tokenQuestion = `${linePrefix}Paste the token here (it is not shown), then press Enter: `

/** One or two lines for a stage, for stderr. */
export function tokenLines(stage: TokenStage, nowMs: number): string[] {
  return sentences(stage, nowMs).map(sentence => `${linePrefix}${sentence}`)
}

function sentences(stage: TokenStage, nowMs: number): string[] {
  switch (stage.at) {
    case 'start':
      return ["Claude's own setup-token opens now; it ends by showing a token. Copy that."]
    case 'wrong':
      return [`${stage.why.charAt(0).toUpperCase()}${stage.why.slice(1)}. Once more:`]
    case 'not-finished':
      return ['There is no new token; nothing was changed.', 'Type: claude-auth login --long-lived']
    case 'stored': {
      const stored = `The long-lived token is stored; it ends about ${dateTimeWords(stage.endsAtMs, nowMs)}.`
      if (stage.use === 'in-use') return [stored, 'It is in use now.']
      if (stage.use === 'not-yet') return [stored, 'It is not in use yet. Type: claude-auth ensure']
      return [
        stored,
        `Not in use: to switch it on, put credential: long-lived into ${clean(stage.configFile, 200)}`,
      ]
    }
  }
}
