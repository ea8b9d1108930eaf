// All that may be in the way of a document in a real OpenBao: policies, tokens, engines, bad lines.

import t, { type Test } from 'tap'
import { vaultClient } from '../../../src/store/vault/client.js'
import { vaultDocument } from '../../../src/store/vault/document.js'
import type { JsonObject } from '../../../src/system/json.js'
import { makeTrouble } from '../../../src/system/trouble.js'
import { badLine } from '../../kit/bad-line.js'
import { openBao } from '../../kit/openbao.js'
import { secretsInText } from '../../kit/secrets.js'
import { told } from '../../kit/told.js'
import { dataOf, keysOf, network, newUser, opened, pathOf } from '../../kit/vault-document-of.js'
import { vaultPerson } from '../../kit/vault-person.js'

t.test('with one OpenBao', async t => {
  const bao = await openBao(t)

  await t.test('wrong mount, wrong namespace, KV version 1', async t => {
    const root = { token: bao.rootToken, user: 'alice' }
    const nowhere = await opened(bao, { ...root, mount: 'kv' })
    t.match(told(await nowhere.read()), {
      kind: 'denied',
      what: /no engine at this path \(kv\/.*vault\.mount/,
    })
    t.match(await nowhere.change({ a: 1 }, 0), { kind: 'denied' })
    const lost = await opened(bao, { ...root, namespace: 'gone' })
    t.match(told(await lost.read()), {
      kind: 'denied',
      what: /no such namespace .*vault\.namespace/,
    })

    await bao.ask('POST', 'sys/mounts/old', { type: 'kv', options: { version: '1' } })
    const old = await opened(bao, { ...root, mount: 'old' })
    const words = { kind: 'denied', what: /is not KV version 2 \(old\/data/ }
    t.match(told(await old.change(keysOf('x'), 0)), words)
    t.equal((await bao.ask('GET', `old/data/${pathOf('alice')}`)).status, 404, 'nothing written')
    await bao.ask('POST', `old/data/${pathOf('alice')}`, { data: { a: 1 } })
    t.match(told(await old.read()), words)
    t.match(told(await old.change(keysOf('x'), 1)), words)
  })

  await t.test('no policy, in part or at all, and a dead token', async t => {
    const holding = async (user: string, capabilities: string[]) => {
      const own = `path "${dataOf(user)}" { capabilities = ${JSON.stringify(capabilities)} }`
      const self = 'path "auth/token/lookup-self" { capabilities = ["read"] }'
      await bao.ask('PUT', `sys/policies/acl/${user}`, { policy: `${own}\n${self}` })
      const about = { policies: [user], no_default_policy: true }
      const { body } = await bao.ask('POST', 'auth/token/create-orphan', about)
      return String((body['auth'] as JsonObject)['client_token'])
    }
    const user = newUser()
    const noPolicy = {
      kind: 'denied',
      what: /has no policy for this \(secret\/data\/.*create, read and/,
    }
    const nothing = await opened(bao, { user, token: await holding(newUser(), ['read']) })
    t.match(told(await nothing.read()), noPolicy)
    t.match(told(await nothing.change({ a: 1 }, 0)), noPolicy)
    const reader = await opened(bao, { user, token: await holding(user, ['read']) })
    t.match(told(await reader.change(keysOf('x'), 0)), noPolicy)
    await bao.put(user, {})
    const creator = await opened(bao, { user, token: await holding(user, ['read', 'create']) })
    t.match(await creator.read(), { kind: 'current' })
    t.match(told(await creator.change(keysOf('x'), 1)), noPolicy)

    const dead = await opened(bao, { user })
    t.match(await dead.read(), { kind: 'current' })
    await bao.ask('POST', 'auth/token/revoke', { token: dead.token })
    const words = { kind: 'denied', what: 'the token is dead' }
    t.match(told(await dead.change(keysOf('x'), 1)), words)
    t.match(told(await dead.read()), words)
    t.equal((await bao.document(user))?.version, 1)
  })

  await t.test('a session that opens anew after a refusal is tried again, once', async t => {
    const user = newUser()
    await bao.put(user, { a: 1 })
    const good = await bao.userToken(user)
    let tokens = ['hvs.dead', good]
    const session = {
      token: async () => ({ kind: 'open' as const, token: tokens[0] ?? '' }),
      whyRefused: async () => {
        tokens.shift()
        return null
      },
    }
    const place = { mount: 'secret', path: pathOf(user) }
    const { address } = bao
    const client = vaultClient({ address, namespace: null, caCert: null, timeoutMs: 5000, network })
    const document = vaultDocument(client, session, place)
    t.match(await document.read(), { kind: 'current' })
    tokens = ['hvs.dead', 'hvs.dead-too', good]
    t.match(await document.read(), { kind: 'denied' })
  })

  await t.test('a session that can’t be opened is asked once, and its token handed on', async t => {
    const place = { mount: 'secret', path: pathOf(newUser()) }
    const { address } = bao
    const client = vaultClient({ address, namespace: null, caCert: null, timeoutMs: 5000, network })
    const trouble = makeTrouble('Vault did not answer in time')
    const away = { kind: 'unreachable' as const, trouble }
    let opened: { kind: 'open'; token: string } | typeof away = away
    let times = 0
    const session = {
      token: async () => {
        times++
        return opened
      },
      whyRefused: async () => null,
    }
    const document = vaultDocument(client, session, place)
    t.same([await document.read(), times], [away, 1])
    t.same([await document.change({ a: 1 }, 1), times], [away, 2])
    opened = { kind: 'open', token: bao.rootToken }
    t.match([await document.read(), times], [{ kind: 'empty' }, 3])
    t.match([await document.change(keysOf('x'), 0), times], [{ kind: 'written' }, 5])
    opened = away
    t.same([await document.change(keysOf('y'), 1), times], [away, 6], 'a patch neither')
  })

  await t.test('a hung Vault is waited for once a read', async t => {
    const line = await badLine(t, null)
    line.fault = () => ({ apply: false, answer: 'nothing' })
    const person = vaultPerson(t, { address: line.address, caFile: null }, { timeoutMs: 300 })
    person.put('hvs.a-token-of-nobody')
    const session = person.session()
    const { address } = line
    const client = vaultClient({ address, namespace: null, caCert: null, timeoutMs: 300, network })
    const document = vaultDocument(client, session, { mount: 'secret', path: 'x' })
    t.match(told(await document.read()), { kind: 'unreachable', what: /did not answer in time/ })
    t.same(person.asked, ['GET auth/token/lookup-self'])
    t.equal(line.asked.length, 1)
  })

  for (const patch of [true, false])
    t.test(`${patch ? 'with' : 'without'} patch: a write whose answer was lost`, async t => {
      const user = newUser()
      const line = await badLine(t, bao.address)
      const alice = await opened(bao, { user, patch, address: line.address, timeoutMs: 1500 })
      const refuse = line.fault
      const isWrite = (method: string) => method === (patch ? 'PATCH' : 'POST')
      let version = await bao.put(user, { theirs: 1 })
      if (!patch) t.match(await alice.change({ theirs: 1 }, version++), { kind: 'written' })
      for (const answer of [500, 503, 'cut', 'nothing', 'drip'] as const) {
        line.fault = ({ method }) => (isWrite(method) ? { apply: true, answer } : null)
        const applied = await alice.change(keysOf(`lost ${answer}`), version)
        t.same(applied, { kind: 'written', version: ++version }, `${answer}, and applied`)

        line.fault = ({ method }) => (isWrite(method) ? { apply: false, answer } : null)
        const lost = await alice.change(keysOf('not applied'), version)
        t.match(lost, { kind: 'unreachable' }, `${answer}, and not applied`)
        t.equal((await bao.document(user))?.version, version)
        t.same(secretsInText(JSON.stringify(lost), [alice.token, 'very-secret']), [])
      }
      const fault = { apply: true, answer: 500 } as const
      line.fault = ({ method }) => (isWrite(method) ? fault : null)
      t.same(await alice.change({ no: 'write id' }, version), { kind: 'conflict' })
      version++
      line.fault = ({ method }) => {
        if (!isWrite(method)) return null
        void bao.put(user, { claude_auth_write_id: 'of another' })
        return { apply: false, answer: 'nothing' }
      }
      t.same(await alice.change(keysOf('overtaken'), version), { kind: 'conflict' })
      version++
      let isOver = false
      line.fault = ({ method }) => {
        if (!isWrite(method)) return isOver ? { apply: false, answer: 'cut' } : null
        isOver = true
        return fault
      }
      const unknown = await alice.change(keysOf('nobody knows'), version)
      t.match(told(unknown), { kind: 'unreachable', what: /Vault failed \(500\)/ })
      line.fault = refuse
      t.match(await alice.change(keysOf('again'), version), { kind: 'conflict' })
    })

  await t.test('what a gateway does to PATCH, and to all else', async t => {
    const user = newUser()
    await bao.put(user, { theirs: null })
    for (const status of [403, 405, 501]) {
      const line = await badLine(t, bao.address)
      const alice = await opened(bao, { user, address: line.address })
      line.fault = ({ method }) => (method === 'PATCH' ? { status, body: '<html>' } : null)
      const { version = 0 } = (await alice.read()) as { version?: number }
      t.match(await alice.change({ ours: status }, version), { kind: 'written' })
    }
    t.same((await bao.document(user))?.data, { theirs: null, ours: 501 })

    const line = await badLine(t, null)
    const alice = await opened(bao, { user, address: line.address })
    const location = `${bao.address}/v1/${dataOf(user)}`
    for (const [status, body, kind, what] of [
      [200, '<html>', 'denied', /is not Vault's/],
      [200, '{"data":{"data":{}}}', 'denied', /is not Vault's/],
      [200, '{}', 'denied', /is not Vault's/],
      [404, '{}', 'denied', /is not Vault's/],
      [404, '', 'denied', /is not Vault's/],
      [403, '<html>', 'unreachable', /not Vault refused/],
      [307, '', 'unreachable', /not followed/],
      [400, '{"errors":["odd"]}', 'denied', /refused the request/],
    ] as const) {
      line.fault = () => ({ status, headers: { location }, body })
      t.match(told(await alice.read()), { kind, what }, `${status} ${body}`)
      const write = await alice.change(keysOf('x'), 0)
      t.match(told(write), { kind, what })
      t.same(secretsInText(JSON.stringify(write), [alice.token, 'very-secret']), [])
    }
    t.notOk(
      line.asked.some(({ method }) => method !== 'GET'),
      'nothing was written to it',
    )
  })

  await t.test('limited, sealed, hung and gone', async t => {
    const user = newUser()
    await bao.put(user, {})
    const alice = await opened(bao, { user, timeoutMs: 1000 })
    const isAway = async (t: Test, what: RegExp) => {
      t.match(told(await alice.read()), { kind: 'unreachable', what })
      t.match(told(await alice.change(keysOf('x'), 1)), { kind: 'unreachable', what })
    }
    t.match(await alice.read(), { kind: 'current' })
    await bao.limit('secret', 0.001)
    await alice.read()
    await isAway(t, /no more requests for now \(429\)/)
    await bao.limit('', null)
    await bao.seal()
    await isAway(t, /is sealed/)
    await bao.unseal()
    t.same(await alice.change(keysOf('x'), 1), { kind: 'written', version: 2 })
    bao.hang()
    t.match(told(await alice.read()), { kind: 'unreachable', what: /did not answer in time/ })
    bao.goOn()
    t.match(await alice.read(), { kind: 'current' })
    await bao.stop()
    t.match(told(await alice.read()), {
      kind: 'unreachable',
      what: /can't be reached .*ECONNREFUSED/,
    })
  })
})
