// What doctor says about the store and Vault.

import { clean } from './clean.js'
import { shown, type Words, words } from './doctor-text.js'
import { agoWords, spanWords } from './duration-words.js'

const atNextLaunch = 'the next launch'

export const storeWords = {
  none: words('No copy is kept (store: none): a lost login means a sign-in.'),
  opens: (kind: 'local' | 'vault') =>
    kind === 'local' ? 'The sealed local store opens.' : 'The document in Vault can be read.',
  notAsked: words('Vault was not asked (--offline); the sealed copy here counts.'),
  trouble: (what: string): Words => {
    const [, command = null] = what.split('; type: ')
    return words(`${causeOf(what)}.`, command && clean(command, 400))
  },
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

function causeOf(what: string): string {
  const [cause = ''] = what.split('; type: ')
  return clean(cause.charAt(0).toUpperCase() + cause.slice(1), 400)
}

export const vaultWords = {
  withoutTls: (address: string) =>
    words(
      `Vault has no TLS (${clean(address, 200)}): a token is sent there only while the server is known to be root's or yours.`,
    ),
  strangersPort: (address: string) =>
    words(
      `Another user's server answers at ${clean(address, 200)}, so no token is sent: have Vault listen with TLS and set vault.address to https://.`,
    ),
  period: (endMs: number, nowMs: number) =>
    `The Vault token is good for ${spanWords(endMs, nowMs)} and is renewed when used.`,
  endless: 'The Vault token has no end.',
  unknown: 'The Vault token may be used; its policies do not let it look itself up.',
  jwt: 'The JWT opens a session.',
  notRenewable: (endMs: number, nowMs: number) =>
    words(
      `The Vault token cannot be renewed and ends in ${spanWords(endMs, nowMs)}: ask who runs Vault for a periodic one.`,
    ),
  notRenewed: (endMs: number, nowMs: number) =>
    words(
      `Vault refuses to renew the Vault token, which ends in ${spanWords(endMs, nowMs)}: ask who runs Vault for renew-self in its policy.`,
    ),
  lastEnd: (endMs: number, nowMs: number) =>
    words(
      `The Vault token is renewed when used, but not beyond ${spanWords(endMs, nowMs)} from now (explicit_max_ttl): ask who runs Vault for a periodic one.`,
    ),
  drift: (what: string) => words(`${clean(what, 400)}: ask who runs Vault whether that is meant.`),
  earlierDrift: (what: string, atMs: number, nowMs: number) =>
    words(
      `${causeOf(what)} (${agoWords(atMs, nowMs)}): ask who runs Vault whether that is meant.`,
      'claude-auth log --since 7d',
    ),
  isolated: (paths: number, byReadingAlone: boolean) => {
    const tried = `${paths === 1 ? 'one was' : `${paths} were`} tried`
    return `Others' documents are refused to your token (${tried}${byReadingAlone ? ', by reading alone' : ''}).`
  },
  open: (path: string, can: string[]) =>
    words(
      `Your Vault token opens another user's document (${can.map(each => clean(each, 20)).join(', ')} at ${shown(path)}): tell who runs Vault.`,
      null,
    ),
  silent: words('Vault gave no answer about the documents of others.'),
  onePath: words('The path in Vault names no user, so there is nobody to be kept apart.'),
  unusedToken: words(
    'A long-lived token (setup_token) lies unused in the document; credential: long-lived would use it.',
  ),
  unproved: words(
    'Whose the long-lived token is was never recorded, and cannot be asked: mint a new one.',
    'claude-auth login --long-lived',
  ),
}
