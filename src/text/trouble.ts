// Troubles and errors in words: whole in one line, shorter where a line has little room, without anything that could be secret.

import { type Decoder, firstOf, object, orNull, word } from '../system/json.js'
import { AuthError, makeTrouble, systemCode, type Trouble } from '../system/trouble.js'
import { clean } from './clean.js'
import { linePrefix } from './terminal.js'

/** `CAUSE (PLACE): ADVICE; type: COMMAND`, without the parts that are not known. */
export function troubleText(trouble: Trouble): string {
  const { command } = trouble
  return `${troubleSentence(trouble)}${command === null ? '' : `; type: ${command}`}`
}

/** The same without the command, for callers that show it separately. */
export function troubleSentence({ cause, place, advice }: Trouble): string {
  const where = place === null ? '' : ` (${place})`
  return `${cause}${where}${advice === null ? '' : `: ${advice}`}`
}

/**
 * The whole text, then ever shorter forms of it; the last has only the cause. All of it can be read in
 * `claude-auth ensure`.
 */
export function troubleForms(trouble: Trouble): [string, ...string[]] {
  const sentence = ended(troubleSentence(trouble))
  const bare = withoutAsides(troubleSentence({ ...trouble, place: null }))
  const cause = withoutPlaces(withoutAsides(trouble.cause)).replace(/(?:: |, | that can ).*$/su, '')
  const shorter = [sentence, bare, withoutPlaces(bare), cause].map(ended)
  return [ended(troubleText(trouble)), ...shorter.filter(form => form !== '')]
}

function ended(words: string): string {
  return words.trim().replace(/\.$/, '')
}

function withoutAsides(words: string): string {
  return words.replace(/ \([^()]*\)/g, '')
}

/** A file at the begin keeps its name; elsewhere a place is left out together with its preposition. */
function withoutPlaces(words: string): string {
  return words
    .replace(/^\S+\/data\/\S+/, 'the document')
    .replace(/^\S*\/([^/\s]+)/, '$1')
    .replace(/ (?:(?:in|for|of|at|to|from) )?[^\s:,]*\/[^\s:,]+/g, '')
}

const networkCommand = 'claude-auth doctor --only network'

/** A server is not reached; the command says what to set. */
export function networkTrouble(cause: string): Trouble {
  return makeTrouble(cause, { command: networkCommand })
}

/** True for what `networkTrouble` made, also once it was kept and read back. */
export function isNetworkTrouble({ command }: Trouble): boolean {
  return command === networkCommand
}

/** A trouble as it was kept; a text of an earlier version is its cause and command. */
export const troubleIn: Decoder<Trouble> = firstOf(
  object({ cause: word, place: orNull(word), advice: orNull(word), command: orNull(word) }),
  value => {
    const said = word(value)
    if (said === undefined) return undefined
    const [, cause = said, command = null] = /^(.*?); type: (.*)$/su.exec(said) ?? []
    return cause === '' ? undefined : makeTrouble(cause, { command })
  },
)

/**
 * Two lines for stderr: the message and the hint. Of an error without a name of ours only the class
 * and the system's code are shown, since the rest could hold anything.
 */
export function errorLines(error: unknown): string[] {
  const { message, hint } = errorWords(error)
  return [`${linePrefix}${message}`, `${linePrefix}hint: ${hint}`]
}

/** The same in the one line that a launch has for our own trouble. */
export function errorLine(error: unknown): string {
  const { message, hint } = errorWords(error)
  return `${linePrefix}${message.replace(/\.$/, '')}. Type: ${hint}`
}

/** The message, and the command to type. */
export function errorWords(error: unknown): { message: string; hint: string } {
  const known = error instanceof AuthError
  return {
    message: known ? clean(error.message, 1_000) : unknownErrorWords(error),
    hint: known ? clean(error.hint, 1_000) : 'claude-auth ensure',
  }
}

/** `unexpected TypeError (ENOENT)`: all that may be said of an error we have no name for. */
export function unknownErrorWords(error: unknown): string {
  const name = error instanceof Error ? error.constructor.name : typeof error
  const code = systemCode(error)
  const safeName = /^[A-Za-z][A-Za-z0-9]{0,39}$/.test(name) ? name : 'Error'
  const safeCode = code !== null && /^[A-Z][A-Z0-9_]{1,39}$/.test(code) ? ` (${code})` : ''
  return `unexpected ${safeName}${safeCode}`
}
