// Every check by its id, in the order of the report, with the rooms of facts that it looks at.

import { observedWords } from '../report/doctor-text.js'
import type { Check, Finding } from './check.js'
import * as client from './check-client.js'
import * as launch from './check-launch.js'
import * as login from './check-login.js'
import * as machine from './check-machine.js'
import * as setup from './check-setup.js'
import { shell } from './check-shells.js'
import * as store from './check-store.js'
import * as token from './check-token.js'
import * as upkeep from './check-upkeep.js'
import * as vault from './check-vault.js'
import type { Facts, Gather, Room } from './facts.js'
import { shellNames } from './shell-files.js'

interface Entry {
  id: string
  group: string
  find: (gather: Gather) => Promise<Finding | null>
}

type Rooms<R extends Room> = Pick<Facts, R>

/** A check that looks at these rooms. */
function check<R extends Room>(
  id: string,
  rooms: R[],
  find: (facts: Rooms<R>) => Finding | null,
): Omit<Entry, 'group'> {
  return {
    id,
    find: async gather => {
      const entries = await Promise.all(
        rooms.map(async room => [room, await gather(room)] as const),
      )
      return find(Object.fromEntries(entries) as unknown as Rooms<R>)
    },
  }
}

const groups: Record<string, Omit<Entry, 'group'>[]> = {
  'Set-up': [
    check('config', ['login'], facts => setup.config(facts.login)),
    check('mode', ['login'], facts => setup.mode(facts.login)),
    check('credential', ['login'], facts => setup.credential(facts.login)),
    check('shared-token', ['login'], facts => setup.sharedToken(facts.login)),
  ],
  Login: [
    check('login-file', ['login', 'engine'], login.loginFile),
    check('login-mode', ['login'], facts => login.loginMode(facts.login)),
    check('login-place', ['login'], facts => login.loginPlace(facts.login)),
    check('login-fields', ['login', 'engine'], login.loginFields),
    check('own-files', ['login'], facts => login.ownFiles(facts.login)),
    check('private-files', ['login'], facts => login.privateFiles(facts.login)),
    check('server', ['login', 'engine'], token.server),
    check('identity', ['login', 'engine'], token.identity),
    check('token', ['login', 'engine'], token.token),
    check('login-end', ['login', 'engine'], token.loginEnd),
    check('renewal', ['login', 'engine'], token.renewal),
    check('answer', ['login', 'engine'], login.answer),
    check('scope', ['login'], facts => login.scope(facts.login)),
  ],
  Store: [
    check('custody', ['login'], store.custody),
    {
      id: 'store',
      find: async gather => {
        const facts = { login: await gather('login'), engine: await gather('engine') }
        const hasVault = facts.login.run.config.vault !== null
        return store.store(facts, hasVault ? await gather('vault') : null)
      },
    },
    check('backup', ['login', 'engine'], store.backup),
    check('previous', ['login', 'engine'], store.previous),
    onlyVault('vault-tls', async gather => vault.vaultTls(await gather('vault'))),
    onlyVault('vault-token', async gather =>
      vault.vaultToken(await gather('vault'), await gather('engine'), await gather('login')),
    ),
    onlyVault('vault-isolation', async gather => vault.vaultIsolation(await gather('vault'))),
    check('setup-token', ['login', 'engine'], vault.setupToken),
    check('identity-unproved', ['login', 'engine'], vault.identityUnproved),
  ],
  Launch: [
    check('client', ['client'], facts => client.client(facts.client)),
    check('client-version', ['client'], facts => client.clientVersion(facts.client)),
    check('wrapper', ['login', 'client', 'shells'], launch.wrapper),
    ...shellNames.map(name => check(`shell-${name}`, ['login', 'client', 'shells'], shell(name))),
    check('hooks', ['login', 'client', 'shells'], launch.hooks),
    check('hooks-policy', ['client'], facts => launch.hooksPolicy(facts.client)),
    check('renewers', ['login', 'client', 'shells', 'timer'], store.renewers),
    check('node', ['machine'], facts => machine.node(facts.machine)),
  ],
  Upkeep: [
    check('alerts', ['alerts'], facts => upkeep.alerts(facts.alerts)),
    check('timer', ['login', 'timer'], upkeep.timer),
    check('locks', ['locks'], facts => upkeep.locks(facts.locks)),
  ],
  Machine: [
    check('clock', ['login', 'engine'], machine.clock),
    check('onboarding', ['login', 'client'], client.onboarding),
    check('settings', ['client'], facts => client.settings(facts.client)),
    check('settings-mode', ['login', 'client'], client.settingsMode),
    check('client-folders', ['client'], facts => client.clientFolders(facts.client)),
    check('network', ['login', 'machine', 'network', 'timer'], machine.network),
    check('disk', ['machine'], facts => machine.disk(facts.machine)),
    check('home', ['machine'], facts => machine.home(facts.machine)),
  ],
}

/** Only where the configuration names a Vault. */
function onlyVault(id: string, find: Entry['find']): Omit<Entry, 'group'> {
  return {
    id,
    find: async gather => ((await gather('login')).run.config.vault === null ? null : find(gather)),
  }
}

const entries: Entry[] = Object.entries(groups).flatMap(([group, checks]) =>
  checks.map(each => ({ ...each, group })),
)

/** `mode: observe`: what the engine would put right by itself, it only tells. */
function observed(finding: Finding): Finding {
  const isOurs = finding.fixes?.some(fix => fix.do === 'ensure')
  return isOurs ? { state: 'note', words: observedWords(finding.words) } : finding
}

/** In the order of the report. */
export const checkIds: readonly string[] = entries.map(({ id }) => id)

/** What the checks find; those that don't apply here are left out. `only`: just this one. */
export async function runChecks(gather: Gather, only: string | null): Promise<Check[]> {
  const wanted = entries.filter(({ id }) => only === null || id === only)
  const findings = await Promise.all(wanted.map(async ({ find }) => find(gather)))
  const isObserved = (await gather('login')).run.config.mode === 'observe'
  return wanted.flatMap(({ id, group }, at) => {
    const whole = findings[at]
    const finding = whole && isObserved ? observed(whole) : whole
    if (!finding) return []
    const { state, words, fixes = [] } = finding
    return [{ id, group, state, ...words, fixes }]
  })
}
