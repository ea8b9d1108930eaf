// Faults of the stores: the sealed one on this machine, and a real OpenBao, asked also for what is another's.

import {
  chmodSync,
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { JsonObject } from '../../src/system/json.js'
import { ownPaths } from '../../src/system/paths.js'
import { asInstalled, doctor, findsFault, healthy, wrappedPath } from '../kit/doctor.js'
import { jwtIssuer } from '../kit/jwt-issuer.js'
import { openBao } from '../kit/openbao.js'
import { type Sandbox, sandbox } from '../kit/sandbox.js'
import { me, vaultConfig } from '../kit/vault-box.js'
import { tokenFileOf, type VaultMount, vaultMount } from '../kit/vault-mount.js'

const bao = await openBao(t)

const storeOf = ({ home, env }: Sandbox) => ownPaths(env, home.path).localStore

interface WithVault {
  box: Sandbox
  at: VaultMount
  configure(vault: JsonObject, more?: JsonObject): void
}

/** A home whose login is in Vault, as a site has it; the token may read just its own document. */
async function withVault(t: Test): Promise<WithVault> {
  const at = await vaultMount(bao)
  const box = await sandbox(t)
  const configure = ({ credential = 'login', ...vault }: JsonObject, more: JsonObject = {}) =>
    box.writeConfig({
      version: 1,
      endpoints: { oauth: box.authority.url, api: box.authority.url },
      credential,
      store: 'vault',
      vault: vaultConfig(bao, { mount: at.mount, timeout: '10s', ...vault }),
      ...more,
    })
  configure({})
  box.home.write(tokenFileOf(box), `${at.token}\n`)
  const { outcome } = await box.ensure()
  t.match(outcome, { verdict: 'ok', store: { kind: 'vault', state: 'current' } })
  return { box, at, configure }
}

t.test('store: its key is gone', async t => {
  const box = await healthy(t)
  rmSync(join(storeOf(box), 'key'))
  const found = await findsFault(t, box, 'store', { fixable: true })
  t.match(found.message, /The key .* of the local store is missing; the login is stored again/)
})

t.test('store: its key is gone, and with it the only refresh token', async t => {
  const box = await healthy(t, { config: { custody: 'sole' } })
  asInstalled(box)
  rmSync(join(storeOf(box), 'key'))
  const more = { env: wrappedPath(box) }
  const lost = { state: 'fail', message: /cannot be renewed/, hint: 'claude-auth login' }
  t.match(await findsFault(t, box, 'store', { fixable: false, more }), lost)
  const { outcome } = await box.ensure(['--force'])
  t.equal(outcome?.verdict, 'attention')
  t.match(await findsFault(t, box, 'store', { fixable: false, more }), lost, 'with a new key too')
  const told = await box.command(['ensure'])
  t.match(told.stdout, /does not open with its key; type: claude-auth login\.$/m)
  box.writeLogin(box.signIn())
  await box.ensure()
  t.same((await doctor(box, [], more)).faults, [])
})

t.test('store: the sealed copies do not open', async t => {
  const box = await healthy(t)
  for (const name of readdirSync(storeOf(box)).filter(each => each.endsWith('.jwe')))
    writeFileSync(join(storeOf(box), name), 'damaged', { mode: 0o600 })
  const found = await findsFault(t, box, 'store', { fixable: true })
  t.match(found.message, 'does not open with its key')
})

t.test('previous: the newest copy does not open, the one before does', async t => {
  const box = await healthy(t)
  box.writeLogin(box.signIn())
  await box.ensure()
  writeFileSync(join(storeOf(box), 'default.jwe'), 'damaged', { mode: 0o600 })
  const seen = await doctor(box, ['--only', 'previous'])
  t.match(seen, { faults: ['previous'] })
  const mended = await doctor(box, ['--fix', '--yes'])
  t.same(mended.faults, [], mended.stderr)
})

t.test('previous: in sole custody the token was in the copy that does not open', async t => {
  const box = await healthy(t, { config: { custody: 'sole' } })
  asInstalled(box)
  const more = { env: wrappedPath(box) }
  box.writeLogin(box.signIn())
  await box.ensure()
  writeFileSync(join(storeOf(box), 'default.jwe'), 'damaged', { mode: 0o600 })
  const found = await findsFault(t, box, 'previous', { fixable: false, more })
  t.match(found, { message: /is of an earlier sign-in/, hint: 'claude-auth login' })
  // What that command comes to.
  box.writeLogin(box.signIn())
  await box.ensure()
  t.same((await doctor(box, [], more)).faults, [])
})

t.test('previous: the version before holds the same login', async t => {
  const box = await healthy(t)
  const [newest, before] = ['default.jwe', 'default.previous.jwe'].map(n => join(storeOf(box), n))
  cpSync(newest ?? '', before ?? '')
  writeFileSync(newest ?? '', 'damaged', { mode: 0o600 })
  const seen = await doctor(box)
  t.same(seen.faults, [])
  t.match(seen.check('previous'), { state: 'note', hint: null, fixable: false })
})

t.test('Vault', async t => {
  const { box, at, configure } = await withVault(t)

  /** Another token of the user's own in the file. */
  const put = async (about: JsonObject) => {
    const display_name = `ws1-claude-auth-${me}`
    const { body } = await bao.ask('POST', 'auth/token/create-orphan', { display_name, ...about })
    box.home.write(tokenFileOf(box), `${(body['auth'] as JsonObject)['client_token']}\n`)
  }
  const putBack = async () => {
    box.home.write(tokenFileOf(box), `${await at.newToken()}\n`)
    await box.ensure(['--force'])
  }

  await t.test('in good order', async t => {
    const seen = await doctor(box)
    t.same(seen.faults, [], JSON.stringify(seen.checks))
    t.match(seen.check('vault-isolation'), { state: 'ok', message: /are refused to your token/ })
    t.match(seen.check('vault-token').message, /good for 3[12] days and is renewed when used/)
    t.match(seen.check('backup').message, /backed up in Vault/)
    t.match((await doctor(box, ['--offline'])).check('store'), { state: 'note' })
  })

  await t.test('vault-isolation: the policy opens the documents of all', async t => {
    const rule = (path: string, can: string[]) =>
      `path "${path}" { capabilities = ${JSON.stringify(can)} }`
    const all = `${at.mount}/data/workstation/claude-users/+`
    const policy = [
      rule(all, ['create', 'read', 'update', 'patch']),
      rule('auth/token/lookup-self', ['read']),
    ]
    await bao.ask('PUT', `sys/policies/acl/${at.mount}`, { policy: policy.join('\n') })
    const found = await findsFault(t, box, 'vault-isolation', { fixable: false })
    t.match(found, { state: 'fail', message: /opens another user's document/ })
    await at.allow(['create', 'read', 'update', 'patch'])
  })

  await t.test(
    'vault-isolation: the policy opens the document of one user of the roster',
    async t => {
      const users = Object.fromEntries(['ann', 'ben', 'cleo', 'dan', 'eve'].map(name => [name, {}]))
      const roster = join(box.home.path, 'roster.yaml')
      box.home.write(roster, JSON.stringify({ users: { [me]: {}, ...users } }))
      configure({}, { roster })
      const policy = `${at.mount}-too-wide`
      const allow = (place: string, can: string[]) => {
        const rule = `path "${at.mount}/${place}" { capabilities = ${JSON.stringify(can)} }`
        return bao.ask('PUT', `sys/policies/acl/${policy}`, { policy: rule })
      }
      const folder = 'workstation/claude-users'
      await allow(`data/${folder}/eve`, ['read'])
      await put({ policies: [at.mount, policy], no_default_policy: true, period: '768h' })
      await box.ensure(['--force'])
      const opened = await findsFault(t, box, 'vault-isolation', { fixable: false })
      t.match(opened.message, `(read at ${folder}/eve)`)

      await put({ policies: [at.mount, policy, 'default'], period: '768h' })
      await box.ensure(['--force'])
      for (const [place, can] of [
        [`data/${folder}/eve`, 'update'],
        [`metadata/${folder}/dan`, 'delete'],
      ] as const) {
        await allow(place, [can])
        const found = await findsFault(t, box, 'vault-isolation', { fixable: false })
        t.match(found.message, new RegExp(`\\(${can} at ${folder}/(?:eve|dan)\\)`))
      }
      await allow(`data/${folder}/${me}`, ['read'])
      const seen = await doctor(box)
      t.match(seen.check('vault-isolation').message, /refused to your token \(\d+ were tried\)\.$/)
      configure({})
      await putBack()
      const alone = (await doctor(box)).check('vault-isolation')
      t.match(alone, { state: 'ok', message: /were tried, by reading alone\)\.$/ })
    },
  )

  await t.test('vault-token: Vault says that it does not let it be renewed', async t => {
    const policy = [
      `path "${at.place}" { capabilities = ["create", "read", "update", "patch"] }`,
      'path "auth/token/lookup-self" { capabilities = ["read"] }',
      'path "sys/capabilities-self" { capabilities = ["update"] }',
    ]
    await bao.ask('PUT', `sys/policies/acl/${at.mount}-told`, { policy: policy.join('\n') })
    await put({ policies: [`${at.mount}-told`], no_default_policy: true, period: '768h' })
    await box.ensure(['--force'])
    const found = await findsFault(t, box, 'vault-token', { fixable: false })
    t.match(found.message, /^Vault refuses to renew the Vault token, which ends in 3[12] days/)
    await putBack()
  })

  await t.test('vault-token: dead', async t => {
    const other = await at.newToken()
    const token = readFileSync(tokenFileOf(box), 'utf8').trim()
    await bao.ask('POST', 'auth/token/revoke', { token })
    const found = await findsFault(t, box, 'vault-token', { fixable: false })
    t.match(found.message, /Vault does not know the token/)
    t.match(found.hint, /^\(umask 077; mkdir -p .*; rm -f .*; cat > .*\/vault-token\)$/)
    chmodSync(tokenFileOf(box), 0o644)
    const typed = await box.run('sh', ['-c', `printf 'hvs.pasted\\n' | ${found.hint}`])
    t.equal(typed.code, 0)
    t.equal(readFileSync(tokenFileOf(box), 'utf8'), 'hvs.pasted\n')
    t.equal(statSync(tokenFileOf(box)).mode & 0o777, 0o600)
    box.home.write(tokenFileOf(box), `${other}\n`)
    t.same((await doctor(box)).faults, [])
  })

  await t.test('vault-token: its file is readable by others', async t => {
    chmodSync(tokenFileOf(box), 0o644)
    await findsFault(t, box, 'vault-token', { fixable: true })
    t.equal(statSync(tokenFileOf(box)).mode & 0o777, 0o600)
  })

  await t.test('vault-token: its policies changed', async t => {
    const token = await bao.ask('POST', 'auth/token/create-orphan', {
      policies: [at.mount, 'default'],
      display_name: `ws1-claude-auth-${me}`,
      period: '768h',
    })
    const { client_token } = token.body['auth'] as JsonObject
    await box.ensure(['--force'])
    box.home.write(tokenFileOf(box), `${client_token}\n`)
    const found = await findsFault(t, box, 'vault-token', { fixable: false })
    t.match(found.message, 'policies of the Vault token changed')
    const { stderr } = await box.command(['ensure', '--force'])
    t.match(
      stderr,
      /^claude-auth: The policies of the Vault token changed\. See: claude-auth log$/m,
    )
    const change = `from ${at.mount} to default, ${at.mount}`
    const log = (await box.command(['log', '--since', '1d'])).stdout
    t.match(log, new RegExp(`saw a change: the policies of the Vault token changed .*: ${change} `))
    await box.ensure(['--force'])
    t.equal((await box.command(['log', '--since', '1d'])).stdout, log, 'once')
    const kept = (await doctor(box)).check('vault-token')
    t.match(kept, { state: 'note', hint: 'claude-auth log --since 7d' })
    t.match(kept.message, `${change} (just now)`)
  })

  await t.test('vault-token: it cannot be renewed', async t => {
    const { body } = await bao.ask('POST', 'auth/token/create-orphan', {
      policies: [at.mount, 'default'],
      display_name: `ws1-claude-auth-${me}`,
      renewable: false,
      ttl: '5h',
    })
    box.home.write(tokenFileOf(box), `${(body['auth'] as JsonObject)['client_token']}\n`)
    const found = await findsFault(t, box, 'vault-token', { fixable: false })
    t.match(found.message, /cannot be renewed and ends in (?:5 h|4 h 59 min)/)
    box.home.write(tokenFileOf(box), `${await at.newToken()}\n`)
    await box.ensure(['--force'])
  })

  await t.test('vault-token: Vault refuses to renew it', async t => {
    const policy = [
      `path "${at.place}" { capabilities = ["create", "read", "update", "patch"] }`,
      'path "auth/token/lookup-self" { capabilities = ["read"] }',
    ]
    await bao.ask('PUT', `sys/policies/acl/${at.mount}-fixed`, { policy: policy.join('\n') })
    await put({ policies: [`${at.mount}-fixed`], no_default_policy: true, period: '12s' })
    await sleep(6_100)
    await box.ensure(['--force'])
    t.match((await doctor(box, ['--only', 'vault-token'])).check('vault-token'), {
      state: 'warn',
      message: /^Vault refuses to renew the Vault token, which ends in .*renew-self/,
    })
    await putBack()
  })

  await t.test('vault-token: no renewal lasts beyond a fixed end', async t => {
    await put({ policies: [at.mount, 'default'], ttl: '1h', explicit_max_ttl: '24h' })
    await box.ensure(['--force'])
    const found = await findsFault(t, box, 'vault-token', { fixable: false })
    t.match(found.message, /renewed when used, but not beyond (?:24 h|23 h 59 min)/)
    await put({ policies: [at.mount, 'default'], ttl: '1h', explicit_max_ttl: '700h' })
    await box.ensure(['--force'])
    t.match((await doctor(box)).check('vault-token'), { state: 'note' })
    await putBack()
  })

  await t.test('vault-token: signing in by JWT there is none', async t => {
    const issuer = await jwtIssuer(bao)
    await issuer.role('claude-auth', { token_policies: [at.mount] })
    const jwtFile = join(box.home.path, 'jwt')
    box.home.write(jwtFile, await issuer.sign({ sub: me }))
    configure({ auth: { method: 'jwt', jwtFile, audience: 'vault' } })
    rmSync(tokenFileOf(box))
    const seen = await doctor(box)
    t.same(seen.faults, [])
    t.equal(seen.check('vault-token').message, 'The JWT opens a session.')
    await putBack()
    configure({})
  })

  await t.test('store: no policy for the document', async t => {
    await at.allow([])
    const found = await findsFault(t, box, 'store', { fixable: false })
    t.match(found.message, 'has no policy for this')
    await at.allow(['create', 'read', 'update', 'patch'])
  })

  await t.test('store: Vault is away; then a login waits for it', async t => {
    configure({ address: 'https://127.0.0.1:9' })
    await findsFault(t, box, 'store', { fixable: false })
    box.writeLogin(box.signIn())
    await box.ensure()
    configure({})
    const found = await findsFault(t, box, 'backup', { fixable: true })
    t.match(found.message, /^Not backed up for/)
  })

  await t.test('store: the document was deleted, then spoilt; the sealed copy is here', async t => {
    await box.ensure(['--force'])
    const remove = async () => {
      const versions = [(await at.document())?.version]
      return bao.ask('POST', at.place.replace('/data/', '/delete/'), { versions })
    }
    for (const [spoil, said] of [
      [remove, /^Version \d+ of the document was deleted .*again/],
      [() => at.put({ claude_ai_oauth_json: 'garbage' }), /^The document in Vault holds no login/],
    ] as const) {
      await spoil()
      t.match((await findsFault(t, box, 'store', { fixable: true })).message, said)
    }
  })

  await t.test('a long-lived token: unused, then of nobody we know', async t => {
    const { accessToken } = box.authority.mintLongLived(box.user)
    const { data = {} } = (await at.document()) ?? {}
    await at.put({ ...data, setup_token: accessToken })
    const seen = await doctor(box)
    t.same(seen.faults, [])
    t.match(seen.check('setup-token'), { state: 'note' })
    configure({ credential: 'long-lived' })
    await box.ensure(['--force'])
    const found = await findsFault(t, box, 'identity-unproved', { fixable: false })
    t.equal(found.hint, 'claude-auth login --long-lived')
  })
})
