// The health record of an installed claude-auth: after the verdict of a launch, never before it, and gone when claude-auth goes.

import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { readRecord } from '../../src/fleet/record.js'
import { whoAmI } from '../../src/system/users.js'
import { doctor } from '../kit/doctor.js'
import { allowRecord, recordsOf } from '../kit/fleet-record.js'
import { openBao } from '../kit/openbao.js'
import { secretsInText } from '../kit/secrets.js'
import { me, vaultBox } from '../kit/vault-box.js'
import { vaultGateway } from '../kit/vault-gateway.js'
import { tokenFileOf } from '../kit/vault-mount.js'
import type { Wrapped } from '../kit/wrapped.js'

const { host } = whoAmI({ HOME: '/' })
const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))

function fileOf({ home }: Wrapped): string {
  return join(home.paths.state, 'health.json')
}

/** A user of a site whose OpenBao is watched. */
async function site(t: Test, { isAllowed = true, timeout = '1s' } = {}) {
  const bao = await openBao(t)
  const gateway = await vaultGateway(t, bao)
  const box = await vaultBox(t, bao, { vault: { address: gateway.address, timeout } })
  await allowRecord(bao, me, isAllowed)
  const published = async () => readRecord((await recordsOf(bao, me))?.[host])
  return { bao, gateway, box, published }
}

t.test('a launch with marks asks nothing and writes nothing', async t => {
  const { box, gateway, published } = await site(t)
  t.equal((await box.launch(['-p', 'x'])).code, 0)
  await box.settle()
  t.match(await published(), { verdict: 'ok', because: 'fresh', store: 'current' })
  const before = statSync(fileOf(box), { bigint: true })
  gateway.passed.length = 0
  t.equal((await box.launch(['-p', 'x'])).code, 0)
  await box.settle()
  t.same(gateway.passed, [])
  t.equal(statSync(fileOf(box), { bigint: true }).mtimeNs, before.mtimeNs)
})

t.test('a launch does not wait for the server to take the record', async t => {
  const { box, gateway, published } = await site(t, { timeout: '20s' })
  let end: () => void = () => undefined
  const isEnded = new Promise<void>(resolve => {
    end = resolve
  })
  // A launch that waited for it would be let go in the end, and say so.
  gateway.before = async ({ path }) => {
    if (path.includes('claude-fleet')) await isEnded
  }
  const { code, stderr } = await box.launch(['-p', 'x'])
  t.same([code, stderr], [0, ''])
  t.equal(await published(), null)
  end()
  await box.settle()
  t.match(await published(), { verdict: 'ok' })
})

t.test('no secret is in a record, whatever the verdict', async t => {
  const { box, bao, published } = await site(t)
  const texts: string[] = []
  const look = async (verdict: string) => {
    t.match(await published(), { verdict })
    texts.push(JSON.stringify(await recordsOf(bao, me)), readFileSync(fileOf(box), 'utf8'))
  }
  await box.ensure(['--force'])
  await look('ok')
  // Nothing can be remembered of a run.
  const memory = readFileSync(box.home.paths.stateFile)
  rmSync(box.home.paths.stateFile)
  mkdirSync(join(box.home.paths.stateFile, 'x'), { recursive: true })
  await box.ensure(['--force'])
  texts.push(readFileSync(fileOf(box), 'utf8'))
  t.match(readRecord(texts.at(-1)), { verdict: 'broken', because: 'own-trouble' })
  box.authority.endFamily(box.login()?.accessToken ?? '')
  rmSync(box.home.paths.stateFile, { recursive: true })
  box.home.write(box.home.paths.stateFile, memory.toString())
  await box.ensure(['--force'])
  await look('sign-in')
  const token = readFileSync(tokenFileOf(box), 'utf8').trim()
  for (const text of texts) {
    t.same(secretsInText(text, box.secrets()), [])
    for (const word of [token, box.user.email, box.user.accountUuid, box.home.path])
      t.notOk(text.includes(word))
  }
})

t.test('doctor tells of a site that does not take it, and of one that does', async t => {
  const { box, bao } = await site(t, { isAllowed: false })
  t.equal((await box.ensure(['--force'])).code, 0)
  const refused = await doctor(box, ['--only', 'fleet-record'])
  t.match(refused.checks, [
    { id: 'fleet-record', state: 'note', message: /does not let this login/ },
  ])
  t.equal(refused.verdict, 'ok')
  await allowRecord(bao, me)
  await box.ensure(['--force'])
  const taken = await doctor(box, ['--only', 'fleet-record'])
  t.match(taken.checks, [
    { state: 'ok', message: 'The health record of this login was published just now.' },
  ])
})

t.test('uninstall takes the record back, and no other host’s', async t => {
  const { box, bao, published } = await site(t)
  const does = async (...words: string[]) => {
    const { code, stderr } = await box.run('node', [program, ...words])
    t.equal(code, 0, `${words.join(' ')}: ${stderr}`)
    return stderr
  }
  await does('install', '--yes')
  await does('ensure', '--force')
  t.ok(await published())
  await bao.ask('PATCH', `secret/metadata/workstation/claude-fleet/${me}`, {
    custom_metadata: { other: 'stays' },
  })
  t.notMatch(await does('uninstall', '--yes'), 'health record')
  t.same(await recordsOf(bao, me), { other: 'stays' })
  t.notOk(existsSync(fileOf(box)))
})

t.test('uninstall while the server is away says what stays, and ends well', async t => {
  const { box, gateway, published } = await site(t)
  const does = (...words: string[]) => box.run('node', [program, ...words])
  await does('install', '--yes')
  await does('ensure', '--force')
  await gateway.shut()
  const { code, stderr } = await does('uninstall', '--yes')
  t.equal(code, 0, stderr)
  t.match(stderr, /health record of .*\.claude could not be withdrawn/)
  t.ok(await published())
  t.notOk(existsSync(fileOf(box)))
})

t.test('who types ensure has the verdict before the server has the record', async t => {
  const { box, gateway, published } = await site(t, { timeout: '20s' })
  const seen: string[] = []
  gateway.before = async ({ path }) => {
    if (!path.includes('claude-fleet')) return
    // Only a verdict that is told lets it pass.
    await until(() => readFileSync(join(box.home.path, 'told'), 'utf8').includes('"verdict":"ok"'))
    seen.push(path)
  }
  const command = `'${program}' ensure --json --force > "$HOME/told"`
  const { code, stderr } = await box.run('sh', ['-c', command])
  t.same([code, stderr], [0, ''])
  t.ok(seen.length > 0)
  t.match(await published(), { verdict: 'ok' })
})

async function until(isSo: () => boolean) {
  for (let tries = 0; !isSo(); tries++) {
    if (tries > 500) throw new Error('it never came')
    await sleep(20)
  }
}
