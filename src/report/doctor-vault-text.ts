// What doctor says about Vault: its address, the Vault token, and what other users' documents do with it.

import { clean } from './clean.js'
import { causeOf, shown, words } from './doctor-text.js'
import { agoWords, spanWords } from './duration-words.js'

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
