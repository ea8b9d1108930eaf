// The one key that an installation sets in our own configuration, beside whatever a person wrote there. Pure.

import { isMap, parseDocument } from 'yaml'
import { tooMuch } from '../host/config/yaml-file.js'
import { inserted, removed } from './json-text.js'
import { Unfit } from './unfit.js'

export type Custody = 'sole' | 'shared'

const reason = '# Set by claude-auth install: who holds the refresh token.'
const ours = new RegExp(`${reason}\\ncustody: (?:sole|shared)\\n`)

/** The key as a new or longer file has it. */
export function custodyLines(custody: Custody): string {
  return `${reason}\ncustody: ${custody}\n`
}

/**
 * `text` with our `custody`, unless a person has set it, or has chosen what does not go with `sole`
 * (no store, renewal by the client). Throws `Unfit` where it is no YAML map.
 */
export function withCustody(text: string, custody: Custody): string {
  if (text.includes(custodyLines(custody))) return text
  const rest = text.replace(ours, '')
  const document = documentOf(rest)
  if (document.hasIn(['custody'])) return rest
  const isForClient = document.getIn(['renewal', 'via']) === 'client'
  if (custody === 'sole' && (document.getIn(['store']) === 'none' || isForClient)) return rest
  if (isInBraces(document)) return inserted(rest, [], 'custody', custody)
  return `${rest}${rest === '' || rest.endsWith('\n') ? '' : '\n'}${custodyLines(custody)}`
}

/** `text` without the key that `withCustody` set; one that a person wrote, as in `before`, stays. */
export function withoutCustody(text: string, before: string | null): string {
  if (ours.test(text)) return text.replace(ours, '')
  const document = documentOf(text)
  const isOfPerson = before === null || documentOf(before).hasIn(['custody'])
  return isOfPerson || !isInBraces(document) ? text : removed(text, ['custody'])
}

/** The whole file is one map in braces: then it has to be JSON to be edited, as such files are. */
function isInBraces({ contents }: ReturnType<typeof documentOf>): boolean {
  return isMap(contents) && contents.flow === true
}

function documentOf(text: string) {
  const excess = tooMuch(text)
  if (excess !== null) throw new Unfit(`is too much to parse: ${excess}`)
  // The library compares each key with all before it; whether one is repeated is for whoever reads the file.
  const document = parseDocument(text, {
    prettyErrors: false,
    stringKeys: true,
    uniqueKeys: false,
  })
  if (document.errors.length > 0) throw new Unfit('is not YAML')
  if (document.contents !== null && !isMap(document.contents)) throw new Unfit('is no map of keys')
  return document
}
