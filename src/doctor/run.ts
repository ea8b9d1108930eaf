// One examination: every check in the order of the report, its sections of facts gathered once, and the verdict.

import { configProblems } from '../config/config.js'
import { shells } from '../install/shells/table.js'
import { exitCodes, type Verdict } from '../policy/outcome.js'
import { AuthError } from '../system/trouble.js'
import type { AlertFacts } from './alerts.js'
import * as alerts from './alerts.js'
import {
  type Check,
  configWrong,
  type ExamineOptions,
  type Finding,
  notHere,
  observedWords,
  verdictOf,
} from './check.js'
import type { ClientFacts } from './client.js'
import * as client from './client.js'
import type { EngineFacts } from './engine-facts.js'
import type { HostFacts, NetworkFacts } from './host.js'
import * as host from './host.js'
import * as launch from './launch.js'
import type { LockFacts } from './locks.js'
import * as locks from './locks.js'
import * as login from './login.js'
import type { LoginFacts } from './login-facts.js'
import * as ownFiles from './own-files.js'
import * as setup from './setup.js'
import type { ShellFacts } from './shell-facts.js'
import * as store from './store.js'
import type { TimerFacts } from './timer.js'
import * as timer from './timer.js'
import * as token from './token.js'
import type { VaultAccess } from './vault.js'
import * as vault from './vault.js'

interface Entry {
  id: string
  group: string
  find: (gather: Gather) => Promise<Finding | null>
}

type Sections<R extends Section> = Pick<Facts, R>

/** A check that looks at these sections. */
function check<R extends Section>(
  id: string,
  sections: R[],
  find: (facts: Sections<R>) => Finding | null,
): Omit<Entry, 'group'> {
  return {
    id,
    find: async gather => {
      const entries = await Promise.all(
        sections.map(async section => [section, await gather(section)] as const),
      )
      return find(Object.fromEntries(entries) as unknown as Sections<R>)
    },
  }
}

const groups: Record<string, Omit<Entry, 'group'>[]> = {
  'Set-up': [
    check('config', ['login'], facts => setup.config(facts.login)),
    check('mode', ['login'], facts => setup.mode(facts.login)),
    check('left', ['login'], facts => setup.left(facts.login)),
    check('credential', ['login'], facts => setup.credential(facts.login)),
    check('shared-token', ['login'], facts => setup.sharedToken(facts.login)),
  ],
  Login: [
    check('login-file', ['login', 'engine'], login.loginFile),
    check('login-mode', ['login'], facts => login.loginMode(facts.login)),
    check('login-place', ['login'], facts => login.loginPlace(facts.login)),
    check('login-fields', ['login', 'engine'], login.loginFields),
    check('own-files', ['login'], facts => ownFiles.ownFiles(facts.login)),
    check('private-files', ['login'], facts => ownFiles.privateFiles(facts.login)),
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
    onlyVault('fleet-record', async gather => vault.fleetRecord(await gather('login'))),
    check('setup-token', ['login', 'engine'], vault.setupToken),
    check('identity-unproved', ['login', 'engine'], vault.identityUnproved),
  ],
  Launch: [
    check('client', ['client'], facts => client.client(facts.client)),
    check('client-version', ['client'], facts => client.clientVersion(facts.client)),
    check('wrapper', ['login', 'client', 'shells'], launch.wrapper),
    ...shells.map(each =>
      check(`shell-${each.name}`, ['login', 'client', 'shells'], launch.shell(each)),
    ),
    check('hooks', ['login', 'client', 'shells'], launch.hooks),
    check('hooks-policy', ['client'], facts => launch.hooksPolicy(facts.client)),
    check('renewers', ['login', 'client', 'shells', 'timer'], store.renewers),
    check('node', ['host'], facts => host.node(facts.host)),
  ],
  Upkeep: [
    check('alerts', ['alerts'], facts => alerts.alerts(facts.alerts)),
    check('timer', ['login', 'timer'], timer.timer),
    check('locks', ['locks'], facts => locks.locks(facts.locks)),
    check('changes', ['login'], facts => alerts.changes(facts.login)),
  ],
  Machine: [
    check('clock', ['login', 'engine'], host.clock),
    check('onboarding', ['login', 'client'], client.onboarding),
    check('settings', ['client'], facts => client.settings(facts.client)),
    check('settings-mode', ['login', 'client'], client.settingsMode),
    check('unread-files', ['login', 'client'], login.unreadFiles),
    check('client-folders', ['client'], facts => client.clientFolders(facts.client)),
    check('network', ['login', 'host', 'network', 'timer'], host.network),
    check('disk', ['host'], facts => host.disk(facts.host)),
    check('home', ['host'], facts => host.home(facts.host)),
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

/** `mode: observe`: what the engine would fix is only reported. */
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

export interface Examination {
  /** What it is about: this user's login, or the machine. */
  of: 'login' | 'machine'

  verdict: Verdict
  exitCode: number
  checks: Check[]
}

/** Changes nothing of the user's and spends nothing. A configuration that is wrong is a check that fails, and the only one. */
export async function examine(how: ExamineOptions, only: string | null): Promise<Examination> {
  const { gather, isEntered } = gathering(how)
  try {
    const found = await runChecks(gather, only)
    const checks = found.length === 0 && only !== null ? [absent(only)] : found
    const engine = isEntered('engine') ? (await gather('engine')).verdict : 'ok'
    const verdict = verdictOf(engine, checks)
    return { of: 'login', verdict, exitCode: exitCodes[verdict], checks }
  } catch (error) {
    if (!(error instanceof AuthError) || !error.code.startsWith('config-')) throw error
    const more = Math.max(0, configProblems(error).length - 1)
    const words = configWrong(error.message, more, error.hint)
    const check: Check = { id: 'config', group: 'Set-up', state: 'fail', ...words, fixes: [] }
    return { of: 'login', verdict: 'broken', exitCode: error.exitCode, checks: [check] }
  }
}

function absent(id: string): Check {
  return { id, group: 'Set-up', state: 'note', ...notHere(), fixes: [] }
}

/** The sections of facts. Each is gathered once, when a check first asks for it. */
interface Facts {
  /** The configuration, the login file as it is on disk, and which credential signs. No network. */
  login: LoginFacts
  /** What the store and the server say, and what the engine would do. */
  engine: EngineFacts
  /** The session with Vault, and whether it sees more than its own. */
  vault: VaultAccess
  locks: LockFacts
  shells: ShellFacts
  client: ClientFacts
  timer: TimerFacts
  alerts: AlertFacts
  host: HostFacts
  /** Whether the client's servers are reached from here. */
  network: NetworkFacts
}

type Section = keyof Facts
export type Gather = <R extends Section>(section: R) => Promise<Facts[R]>

/** Throws `AuthError` for a section that can't be gathered (a configuration that is wrong). */
function gathering(how: ExamineOptions): {
  gather: Gather
  isEntered: (section: Section) => boolean
} {
  const known = new Map<Section, Promise<unknown>>()
  const gather: Gather = <R extends Section>(section: R) => {
    const begun = known.get(section) ?? enter[section](how, gather)
    known.set(section, begun)
    return begun as Promise<Facts[R]>
  }
  return { gather, isEntered: section => known.has(section) }
}

const enter: { [R in Section]: (how: ExamineOptions, gather: Gather) => Promise<Facts[R]> } = {
  login: async how => (await import('./login-facts.js')).loginFacts(how),
  engine: async (_, gather) =>
    (await import('./engine-facts.js')).engineFacts(await gather('login')),
  vault: async (_, gather) => {
    const { vaultAccess } = await import('./vault.js')
    return vaultAccess(await gather('login'), await gather('engine'))
  },
  locks: async (_, gather) => (await import('./locks.js')).lockFacts(await gather('login')),
  shells: async (how, gather) =>
    (await import('./shell-facts.js')).shellFacts(await gather('login'), how),
  client: async (how, gather) =>
    (await import('./client.js')).clientFacts(await gather('login'), how),
  timer: async (how, gather) => (await import('./timer.js')).timerFacts(await gather('login'), how),
  alerts: async (how, gather) =>
    (await import('./alerts.js')).alertFacts(await gather('login'), how),
  host: async (_, gather) => (await import('./host.js')).hostFacts(await gather('login')),
  network: async (_, gather) => (await import('./host.js')).networkFacts(await gather('login')),
}
