// What status, doctor and ensure say of one login: no line promises what another denies, and what is promised comes true.

import { chmodSync, existsSync, readdirSync } from 'node:fs'
import t, { type Test } from 'tap'
import { faults } from '../../src/demo/faults.js'
import type { Check } from '../../src/doctor/check.js'
import { engineFacts } from '../../src/doctor/engine-facts.js'
import { type LoginFacts, loginFacts } from '../../src/doctor/login-facts.js'
import type { Gather } from '../../src/doctor/run.js'
import { runChecks } from '../../src/doctor/run.js'
import { ensureLines } from '../../src/engine/ensure-words.js'
import { observe } from '../../src/engine/observe.js'
import { previewOf, statusFacts } from '../../src/engine/preview.js'
import { statusLines } from '../../src/engine/status-words.js'
import { plainInk } from '../../src/text/terminal.js'
import { custodies, type Engine, type EngineOptions, engine, hourMs } from '../kit/engine.js'
import { recordedElsewhere } from '../kit/recorded-instance.js'

process.env['TZ'] = 'UTC'

type Custody = (typeof custodies)[number]

/** How a login comes into its state; `after` is done when one run has put all in order. */
interface Kind {
  options?: (custody: Custody) => EngineOptions
  after?: (at: Engine) => Promise<void> | void
  /** The run is none that somebody insists on. */
  isWaiting?: boolean
}

const bob = {
  email: 'bob@example.com',
  accountUuid: 'b0b00000-0000-4000-8000-000000000003',
  organizationUuid: '0a900000-0000-4000-8000-000000000002',
  organizationName: 'Example',
  subscriptionType: 'enterprise' as const,
}

function endFamily(at: Engine): void {
  at.authority.endFamily(at.login()?.accessToken ?? '')
}

function readOnly(at: Engine): void {
  chmodSync(at.home.paths.folder, 0o500)
}

const kinds: Record<string, Kind> = {
  healthy: {},
  'past half': { after: at => at.pass(5 * hourMs) },
  expired: { after: at => at.pass(9 * hourMs) },
  'its token refused': { after: at => at.authority.revokeAccess(at.login()?.accessToken ?? '') },
  dead: { after: endFamily },
  'dead, past half': {
    after: at => {
      endFamily(at)
      at.pass(5 * hourMs)
    },
  },
  'dead and over': {
    after: at => {
      endFamily(at)
      at.pass(9 * hourMs)
    },
  },
  'the grant refused, the token accepted': {
    after: at => {
      at.authority.fail('token', faults.answer(400, { error: 'invalid_grant' }))
      at.pass(5 * hourMs)
    },
  },
  'no answer': {
    after: at => {
      for (let each = 0; each < 9; each += 1) at.authority.fail('token', faults.answer(503))
      at.pass(9 * hourMs)
    },
  },
  'an answer lost twice': {
    after: async at => {
      at.pass(9 * hourMs)
      for (let each = 0; each < 2; each += 1) {
        at.authority.fail('token', { travel: 'drop' })
        await at.ensure()
        at.pass(10 * 60_000)
      }
    },
    isWaiting: true,
  },
  blank: { after: at => at.blank() },
  missing: { after: at => at.writeLogin(null) },
  unreadable: { after: at => at.writeLogin('{"claudeAiOauth": {"acc') },
  'blank and dead': {
    after: at => {
      endFamily(at)
      at.pass(8 * hourMs)
      at.blank()
    },
  },
  'never signed in': { options: () => ({ login: 'none' }) },
  'dead from the start': { options: () => ({ login: 'dead' }) },
  revoked: { options: () => ({ login: 'revoked' }) },
  'long-lived': { options: () => ({ login: 'long-lived' }) },
  foreign: {
    after: at => at.writeLogin(at.authority.signIn({ user: bob, lifeMs: 8 * hourMs })),
  },
  'far end': {
    options: () => ({ login: 'none' }),
    after: at => at.writeLogin({ ...at.signIn(8 * hourMs), expiresAt: at.clock.ms + 56 * hourMs }),
  },
  'a sign-in that is over': {
    after: at => {
      const login = at.login()
      if (login) at.writeLogin({ ...login, refreshTokenExpiresAt: at.clock.ms - 1 })
    },
  },
  'store: none': { options: custody => ({ config: { custody, store: 'none' } }) },
  'the store does not open': {
    after: at => {
      for (const name of readdirSync(at.storeFolder))
        if (name === 'key') at.home.write(`${at.storeFolder}/${name}`, 'A'.repeat(43))
    },
  },
  'a folder that is read-only': { after: readOnly },
  'a folder that is read-only, expired': {
    after: at => {
      at.pass(9 * hourMs)
      readOnly(at)
    },
  },
  'maybe a copy of a machine': { after: recordedElsewhere },
  'maybe a copy of a machine, expired': {
    after: at => {
      recordedElsewhere(at)
      at.pass(9 * hourMs)
    },
  },
  'mode: off': { after: at => at.configure({ mode: 'off' }) },
  'mode: off, expired': {
    after: at => {
      at.configure({ mode: 'off' })
      at.pass(9 * hourMs)
    },
  },
  'mode: observe, expired': {
    after: at => {
      at.configure({ mode: 'observe' })
      at.pass(9 * hourMs)
    },
  },
  'mode: off, blank': {
    after: at => {
      at.configure({ mode: 'off' })
      at.blank()
    },
  },
  'another credential': { options: () => ({ env: { ANTHROPIC_API_KEY: 'sk-ant-api03-x' } }) },
}

/** What is promised, and what denies it. */
const opposites: Record<string, [promise: RegExp, denial: RegExp]> = {
  renewal: [
    /renews by itself|renews it\b|renewed at the next launch|Nothing prevents|fixes it|restores the login|installs it|asked again by itself/,
    /cannot be renewed|sign-in is needed|need to sign in|no longer accepts|does not renew|is not renewed|No renewal is possible|only a new sign-in|leaves it as it is/,
  ],
  'the token': [
    /oken is good for|oken good for|login.* is good until/,
    /refuses (?:it|this|the token)|refused by the server|refuses the login|oken (?:ended|expired)|no usable login/,
  ],
  'a copy': [
    /backed up in|is backed up|Backed up|stores (?:it|one)|that is done by itself|kept as a spare|will be tried again/,
    /does not help|no copy (?:can be used|is available)|only a new sign-in/,
  ],
  'the sign-in': [
    /sign-in ends in|Login ends in|Signed in as|Your login .* is good/,
    /no longer accepts|sign-in is needed|sign-in has ended|not signed in/i,
  ],
  saving: [
    /renews by itself|renews it\b|is saved|stores (?:it|one)|Nothing stands/,
    /could not be saved|can be saved here|no login can be saved/,
  ],
}

t.test('a renewal that waits, since this may be a copy, is a note that says why', async t => {
  const at = await engine(t, { config: { custody: 'sole' } })
  await at.ensure()
  recordedElsewhere(at)
  await at.ensure()
  const said = await doctorChecks(at)
  t.match(
    said.find(({ id }) => id === 'renewal'),
    { state: 'note', message: /copy of another.*last 5 minutes/, hint: 'claude-auth login' },
  )
  t.match(
    said.find(({ id }) => id === 'token')?.message,
    'a launch in its last 5 minutes renews it',
  )
})

/** Every line of the two, as a person reads them: doctor, then status. */
async function linesOf(at: Engine): Promise<{ from: string; line: string }[]> {
  const checks = await doctorChecks(at)
  const run = await at.run({ offline: true })
  const found = await previewOf({ ...run, readOnly: true })
  const status = statusLines(statusFacts(run, found), 500, plainInk)
  return [
    ...status.map(line => ({ from: 'status', line })),
    ...checks.map(({ id, message }) => ({ from: `doctor ${id}`, line: message })),
  ]
}

function loginText(at: Engine): string | null {
  return existsSync(at.home.paths.loginFile) ? at.fileText() : null
}

/** Those of the login and the store, on the clock of the engine. */
async function doctorChecks(at: Engine): Promise<Check[]> {
  const run = { ...(await at.run()), readOnly: true }
  const how = { env: run.env, cwd: at.home.path, offline: false, testAlert: false }
  const login: LoginFacts = { ...(await loginFacts(how)), run, seen: observe(run) }
  const engineSeen = await engineFacts(login)
  const gather = (async (room: string) => (room === 'login' ? login : engineSeen)) as Gather
  const ids = [
    ...['mode', 'login-file', 'login-fields', 'own-files', 'server', 'identity', 'token'],
    ...['login-end', 'renewal', 'answer', 'custody', 'store', 'backup', 'previous'],
  ]
  const found = await Promise.all(ids.map(id => runChecks(gather, id)))
  return found.flat()
}

function contradictions(t: Test, lines: { from: string; line: string }[], about: string): void {
  for (const [what, [promise, denial]] of Object.entries(opposites)) {
    const promised = lines.filter(({ line }) => promise.test(line))
    const denied = lines.filter(({ line }) => denial.test(line))
    t.notOk(
      promised.length > 0 && denied.length > 0,
      `${about}: ${what}: ${JSON.stringify([promised, denied])}`,
    )
  }
}

for (const custody of custodies)
  for (const [name, kind] of Object.entries(kinds)) {
    if (custody === 'sole' && name === 'store: none') continue
    const isRoot = name.includes('read-only') && process.geteuid?.() === 0
    const skip = isRoot ? 'root writes everywhere' : false
    t.test(`${custody}, ${name}: one truth, and it comes true`, { skip }, async t => {
      const at = await engine(t, { config: { custody }, ...kind.options?.(custody) })
      if (kind.options?.(custody).login !== 'none') await at.ensure()
      await kind.after?.(at)
      t.teardown(() => chmodSync(at.home.paths.folder, 0o700))
      const login = loginText(at)
      contradictions(t, await linesOf(at), 'before a run')
      t.equal(loginText(at), login, 'a mere look leaves the login as it is')
      const outcome = await at.ensure({ forced: kind.isWaiting !== true })
      const lines = await linesOf(at)
      const ensured = ensureLines(outcome, at.clock.ms, null).map(line => ({
        from: 'ensure',
        line,
      }))
      contradictions(t, [...lines, ...ensured], 'after a run')
      const isPromised = lines.some(({ line }) => /renews by itself/.test(line))
      if (!isPromised) return
      at.pass(8 * hourMs)
      const renewed = await at.ensure()
      t.match(renewed, { verdict: 'ok' }, 'what was promised came true')
      t.ok(renewed.did.includes('renew'), JSON.stringify(renewed.did))
    })
  }
