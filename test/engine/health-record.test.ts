// The health record that a run leaves: on this machine, and in a real OpenBao where others read it.

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ensure } from '../../src/engine/ensure.js'
import { keepHealthRecord, withdrawHealthRecord } from '../../src/engine/health-record.js'
import { configOf, loginContextOf } from '../../src/engine/login-context.js'
import { brokenOutcome } from '../../src/engine/outcome.js'
import { readStore } from '../../src/engine/read-store.js'
import { type HealthRecord, readRecord, recordMaxBytes } from '../../src/fleet/record.js'
import { vaultClient } from '../../src/store/vault/client.js'
import { annotateIn } from '../../src/store/vault/store.js'
import { whoAmI } from '../../src/system/users.js'
import { directNetwork } from '../kit/direct-network.js'
import { type Engine, engine, hourMs } from '../kit/engine.js'
import { allowRecord, recordPath, recordsOf } from '../kit/fleet-record.js'
import { openBao } from '../kit/openbao.js'
import { secretsInText } from '../kit/secrets.js'
import { me, vaultEngine } from '../kit/vault-box.js'
import { vaultGateway } from '../kit/vault-gateway.js'

const { host } = whoAmI({ HOME: '/' })
const bao = await openBao(t)

function fileOf({ home }: Engine): string {
  return join(home.paths.state, 'health.json')
}

function recordIn(at: Engine): HealthRecord | null {
  return existsSync(fileOf(at)) ? readRecord(readFileSync(fileOf(at), 'utf8')) : null
}

async function published(): Promise<HealthRecord | null> {
  return readRecord((await recordsOf(bao, me))?.[host])
}

async function forget() {
  await bao.bao(['kv', 'metadata', 'delete', '-mount=secret', `workstation/claude-fleet/${me}`])
  await bao.bao(['kv', 'metadata', 'delete', '-mount=secret', `workstation/claude-users/${me}`])
}

t.test('without a server the record on this machine says how it is', async t => {
  const at = await engine(t, {})
  const outcome = await at.ensure()
  const record = recordIn(at)
  t.match(record, {
    at: at.clock.ms,
    verdict: 'ok',
    because: 'fresh',
    expiresAt: outcome.expiresAt,
    credential: 'login',
    custody: 'shared',
    store: 'current',
    identity: 'expected',
  })
  t.equal(statSync(fileOf(at)).mode & 0o777, 0o600)
  at.pass(hourMs / 60)
  await at.ensure()
  t.same(recordIn(at), record, 'nothing changed, so nothing is written')

  at.authority.endFamily(at.login()?.accessToken ?? '')
  at.pass(30 * hourMs)
  const refused = await at.ensure()
  t.equal(refused.verdict, 'sign-in')
  t.match(recordIn(at), { at: at.clock.ms, verdict: 'sign-in', because: refused.because })
})

for (const mode of ['off', 'observe'])
  t.test(`mode: ${mode} leaves none`, async t => {
    const at = await engine(t, { config: { mode } })
    await at.ensure()
    t.equal(recordIn(at), null)
  })

t.test('a credential of one shell says nothing about the login; a timer has no shell', async t => {
  const env = { ANTHROPIC_API_KEY: 'sk-ant-api03-of-a-shell' }
  const at = await engine(t, { env })
  await at.ensure({ actor: 'launch' })
  t.equal(recordIn(at), null)
  await at.ensure({ actor: 'timer' })
  t.match(recordIn(at), { because: 'other-credential', credential: 'other' })
})

t.test('a run that only looks writes nothing', async t => {
  const at = await engine(t, {})
  const run = await at.run()
  await keepHealthRecord({ ...run, readOnly: true }, brokenOutcome(run.config))
  t.equal(recordIn(at), null)
})

t.test('the record is published: the first time, after a renewal, and when it changes', async t => {
  await forget()
  const at = await vaultEngine(t, bao, {})
  await allowRecord(bao, me)
  await at.ensure()
  t.same(await published(), recordIn(at))
  t.match(await published(), { verdict: 'ok', store: 'current', at: at.clock.ms })

  at.pass(hourMs)
  await at.ensure()
  t.equal((await published())?.at, at.clock.ms - hourMs, 'nothing to tell')

  at.pass(6 * hourMs)
  t.ok((await at.ensure()).did.includes('renew'))
  t.equal((await published())?.at, at.clock.ms)

  at.authority.endFamily(at.login()?.accessToken ?? '')
  at.pass(30 * hourMs)
  const refused = await at.ensure()
  t.equal(refused.verdict, 'sign-in')
  t.match(await published(), { verdict: 'sign-in', because: refused.because, at: at.clock.ms })

  const [line = ''] = Object.values((await recordsOf(bao, me)) ?? {})
  t.ok(Buffer.byteLength(line) <= recordMaxBytes)
  t.same(secretsInText(line, at.authority.secrets()), [])
  for (const word of [at.user.email, at.user.accountUuid, at.user.organizationUuid, at.home.path])
    t.notMatch(line, word)
  const { status } = await bao.ask('GET', `secret/data/workstation/claude-fleet/${me}`)
  t.equal(status, 404, 'no version of it is ever written')
})

t.test('the entries of other hosts stay', async t => {
  await forget()
  await bao.ask('POST', recordPath(me), { custom_metadata: { other: '{"v":1}' } })
  const at = await vaultEngine(t, bao, {})
  await allowRecord(bao, me)
  await at.ensure()
  t.same(Object.keys((await recordsOf(bao, me)) ?? {}).sort(), [host, 'other'].sort())
})

t.test('hosts that share one home have an entry each, and none writes for the other', async t => {
  await forget()
  const { gateway, ofRecords, forget: forgetAsked } = await watched(t)
  const at = await vaultEngine(t, bao, { vault: { address: gateway.address } })
  await allowRecord(bao, me)
  const options = { tell: () => undefined, patientUntilMs: 0, interrupted: () => false }
  const turn = async (name: string) => {
    const run = await at.run({ forced: true })
    await ensure({ ...run, person: { ...run.person, host: name } }, options)
  }
  for (const name of ['ws1', 'ws2']) await turn(name)
  const before = await recordsOf(bao, me)
  t.same(Object.keys(before ?? {}).sort(), ['ws1', 'ws2'])
  forgetAsked()
  at.pass(1_000)
  for (const name of ['ws1', 'ws2', 'ws1']) {
    const started = await at.run()
    const run = { ...started, person: { ...started.person, host: name } }
    await readStore(run)
    await ensure(run, options)
  }
  t.same(ofRecords(), [])
  t.same(await recordsOf(bao, me), before)
})

/** An OpenBao behind a gateway that tells what was asked since it was last forgotten. */
async function watched(t: Parameters<typeof vaultGateway>[0]) {
  const gateway = await vaultGateway(t, bao)
  const asked = () =>
    gateway.passed.map(({ method, path }) => `${method} ${path.replace(/^\/v1\//, '')}`)
  return {
    gateway,
    asked,
    ofRecords: () => asked().filter(each => each.includes('claude-fleet')),
    forget: () => gateway.passed.splice(0),
  }
}

t.test('one request more in a run that speaks to the server, and none in another', async t => {
  await forget()
  const { gateway, asked, ofRecords, forget: forgetAsked } = await watched(t)
  const at = await vaultEngine(t, bao, { vault: { address: gateway.address } })
  await allowRecord(bao, me)
  await at.ensure()
  const place = recordPath(me)
  t.same(ofRecords(), [`PATCH ${place}`, `POST ${place}`], 'the first record of a user')
  forgetAsked()
  at.pass(30 * 60_000)
  await at.ensure()
  t.same(asked(), [], 'a run with nothing to do asks nothing')
  at.pass(6 * hourMs)
  await at.ensure()
  t.same(ofRecords(), [`PATCH ${place}`])
  t.equal(asked().at(-1), `PATCH ${place}`, 'after all else')
})

t.test(
  'without a policy for it nothing is asked for a day, and nothing else is different',
  async t => {
    await forget()
    const { gateway, ofRecords, forget: forgetAsked } = await watched(t)
    const at = await vaultEngine(t, bao, { vault: { address: gateway.address } })
    t.equal((await at.ensure()).verdict, 'ok')
    t.equal(ofRecords().length, 1)
    forgetAsked()
    for (let turn = 0; turn < 3; turn++) {
      at.pass(6 * hourMs)
      t.match(await at.ensure(), { verdict: 'ok' })
    }
    t.same(ofRecords(), [])
    await allowRecord(bao, me)
    at.pass(7 * hourMs)
    await at.ensure()
    t.equal((await published())?.at, at.clock.ms)
  },
)

t.test('publish: false publishes nothing', async t => {
  await forget()
  const { gateway, ofRecords } = await watched(t)
  const at = await vaultEngine(t, bao, {
    vault: { address: gateway.address },
    config: { fleet: { publish: false } },
  })
  await allowRecord(bao, me)
  await at.ensure()
  t.same(ofRecords(), [])
  t.match(recordIn(at), { verdict: 'ok' })
})

t.test(
  'a server that hangs over the record, fails or is a stranger delays nobody twice',
  async t => {
    await forget()
    const { gateway } = await watched(t)
    const at = await vaultEngine(t, bao, { vault: { address: gateway.address } })
    await allowRecord(bao, me)
    for (const answer of [
      { status: 500, body: '{"errors":["x"]}' },
      { status: 403, body: 'a proxy' },
      { status: 200, body: 'no JSON' },
      'hang',
    ] as const) {
      gateway.instead = ({ path }) => (path.includes('claude-fleet') ? answer : null)
      at.pass(6 * hourMs)
      t.match(await at.ensure(), { verdict: 'ok' })
    }
    gateway.instead = null
    at.pass(6 * hourMs)
    await at.ensure()
    t.equal((await published())?.at, at.clock.ms)
  },
)

t.test('a folder for the state that takes no file still publishes', async t => {
  await forget()
  const at = await vaultEngine(t, bao, {})
  await allowRecord(bao, me)
  await at.ensure()
  rmSync(fileOf(at))
  // A folder in its place can't be renamed over.
  mkdirSync(join(fileOf(at), 'x'), { recursive: true })
  at.pass(7 * hourMs)
  t.match(await at.ensure(), { verdict: 'ok' })
  t.equal((await published())?.at, at.clock.ms)
})

t.test('a record of an earlier memory is published anew', async t => {
  await forget()
  const at = await vaultEngine(t, bao, {})
  await allowRecord(bao, me)
  await at.ensure()
  const path = at.home.paths.stateFile
  const { records: _, ...earlier } = JSON.parse(readFileSync(path, 'utf8'))
  writeFileSync(path, JSON.stringify(earlier))
  chmodSync(path, 0o600)
  t.match(at.memory(), { records: null, held: {} })
  at.pass(hourMs)
  await at.ensure({ forced: true })
  t.equal((await published())?.at, at.clock.ms)
})

t.test('who leaves takes the record back, and nobody else’s', async t => {
  await forget()
  const at = await vaultEngine(t, bao, {})
  await allowRecord(bao, me)
  await at.ensure()
  await bao.ask('PATCH', recordPath(me), { custom_metadata: { other: 'x' } })
  const place = loginContextOf({ HOME: at.home.path })
  const login = {
    env: { HOME: at.home.path },
    place,
    name: 'default',
    config: await configOf(place, { HOME: at.home.path }),
  }
  t.equal(await withdrawHealthRecord(login), true)
  t.same(await recordsOf(bao, me), { other: 'x' })
  t.equal(await withdrawHealthRecord(login), true, 'a second time is no error')
  const away = { ...login.config, vault: { ...login.config.vault, address: 'https://127.0.0.1:9' } }
  t.equal(
    await withdrawHealthRecord({ ...login, config: away as typeof login.config }),
    false,
    'away',
  )
  await forget()
  t.equal(await withdrawHealthRecord(login), true, 'nothing is there any more')
})

t.test('eight hosts at once: no record is lost, though none was there', async t => {
  const token = await bao.userToken('carol')
  await allowRecord(bao, 'carol')
  const caCert = bao.caFile
  const at = { address: bao.address, namespace: null, caCert, timeoutMs: 20_000 }
  const session = { token: async () => ({ kind: 'open' as const, token }) }
  const place = { mount: 'secret', path: 'workstation/claude-fleet/carol' }
  const hosts = Array.from({ length: 8 }, (_, index) => `ws${index}`)
  const ended = await Promise.all(
    hosts.map(async name => {
      const client = vaultClient({ ...at, network: directNetwork() })
      const answers: string[] = []
      for (let turn = 0; turn < 10; turn++)
        answers.push(await annotateIn(client, session, place, { [name]: `${turn}` }))
      return answers
    }),
  )
  t.same([...new Set(ended.flat())], ['done'])
  t.same(await recordsOf(bao, 'carol'), Object.fromEntries(hosts.map(name => [name, '9'])))
})
