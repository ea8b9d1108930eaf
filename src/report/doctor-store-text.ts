// What doctor says about the store and the copy in it.

import { clean } from './clean.js'
import { causeOf, type Words, words } from './doctor-text.js'
import { agoWords, spanWords } from './duration-words.js'

const atNextLaunch = 'the next launch'

export const storeWords = {
  none: words('No copy is kept (store: none): a lost login means a sign-in.'),
  opens: (kind: 'local' | 'vault') =>
    kind === 'local' ? 'The sealed local store opens.' : 'The document in Vault can be read.',
  notAsked: words('Vault was not asked (--offline); the sealed copy here counts.'),
  storedAnew: (what: string) =>
    words(`${causeOf(what)}; the login is stored anew.`, 'claude-auth ensure --force'),
  writtenAgain: (what: string) =>
    words(
      `${causeOf(what)}; ${atNextLaunch} writes it again from the sealed copy.`,
      'claude-auth ensure --force',
    ),
  foreign: words(
    'The login in the file is another one than is expected here, and is never stored.',
  ),
  renewalLost: (what: string) =>
    words(
      `${causeOf(what)}: the login works until its token ends, and cannot be renewed.`,
      'claude-auth login',
    ),
  current: (kind: 'local' | 'vault', atMs: number | null, nowMs: number) => {
    const where = kind === 'vault' ? ' in Vault' : ''
    return `The login is backed up${where}${atMs === null ? '' : ` (${agoWords(atMs, nowMs)})`}.`
  },
  useless: (isStored: boolean) =>
    words(
      isStored ? 'The stored copy does not help: only a new sign-in does.' : 'No copy is stored.',
    ),
  behind: (isStoredNext: boolean) =>
    storedNext("The copy in the store is not this login's", 'stores it', isStoredNext),
  empty: (isStoredNext: boolean) => storedNext('No copy is stored yet', 'stores one', isStoredNext),
  pending: (sinceMs: number, what: string, nowMs: number) =>
    words(
      `Not backed up for ${spanWords(sinceMs, nowMs)}: ${clean(what.split('; type: ')[0] ?? '', 300)}.`,
      'claude-auth ensure --force',
    ),
  previous: 'The version before is kept as a spare.',
  noPrevious: 'There is no earlier version yet.',
  fromPrevious: (what: string) =>
    words(`${clean(what, 300)}; the version before is used.`, 'claude-auth ensure --force'),
  spareIsSame: (what: string) =>
    words(`${clean(what, 300)}; the version before holds this login too, and is used.`),
  spareIsOlder: (what: string, command: string) =>
    words(`${clean(what, 300)}; the version before is of an earlier sign-in.`, command),
}

function storedNext(what: string, deed: string, isStoredNext: boolean): Words {
  return isStoredNext
    ? words(`${what}; ${atNextLaunch} ${deed}.`, 'claude-auth ensure --force')
    : words(`${what}.`)
}
