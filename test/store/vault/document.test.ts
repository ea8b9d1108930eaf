// One document in a real OpenBao: read, changed by check-and-set, and others' keys kept.

import t from 'tap'
import type { StoreWrite } from '../../../src/store/store.js'
import { vaultClient } from '../../../src/store/vault/client.js'
import { vaultDocument } from '../../../src/store/vault/document.js'
import type { JsonObject } from '../../../src/system/json.js'
import { badLine } from '../../kit/bad-line.js'
import { openBao } from '../../kit/openbao.js'
import { told } from '../../kit/told.js'
import {
  dataOf,
  keysOf,
  network,
  newUser,
  type Opened,
  opened,
  pathOf,
} from '../../kit/vault-document-of.js'

/** Everything JSON knows; Go writes numbers and signs in a way of its own, so they are as it wrote them. */
const others = {
  team: 'théirs 😀 <&> "quoted" \\ \u2028',
  empty: '',
  count: 12,
  part: -1.5e-7,
  yes: true,
  no: false,
  none: null,
  list: [1, null, { deep: [{ none: null }] }, 'x', []],
  object: { none: null, inner: { none: null, text: 'y' }, nothing: {} },
  __proto: { polluted: true },
  'a key with spaces/and "quotes"': 1,
}

t.test('with one OpenBao', async t => {
  const bao = await openBao(t)

  /** The members of others, as OpenBao spells them. */
  const textOf = async (user: string, keys: string[]) => {
    const client = vaultClient({
      address: bao.address,
      namespace: null,
      caCert: null,
      timeoutMs: 5000,
      network,
    })
    const reply = await client.request({ method: 'GET', path: dataOf(user), token: bao.rootToken })
    if (reply.kind !== 'reply') throw new Error(reply.what)
    const text = /"data":\{"data":(.*),"metadata":/.exec(reply.text)?.[1] ?? ''
    const document = JSON.parse(text) as JsonObject
    for (const key of keys) delete document[key]
    return { text, theirs: JSON.stringify(document) }
  }

  for (const patch of [true, false])
    t.test(`${patch ? 'with' : 'without'} patch: written, read, changed, lost`, async t => {
      const alice = await opened(bao, { patch })
      t.same(await alice.read(), { kind: 'empty', version: 0 })
      t.same(await alice.change(keysOf('one'), 1), { kind: 'conflict' })
      t.same(await alice.change(keysOf('one'), 0), { kind: 'written', version: 1 })
      t.same(await alice.change(keysOf('two'), 0), { kind: 'conflict' })
      const found = await alice.read()
      t.match(found, { kind: 'current', document: keysOf('one'), version: 1 })
      const ageMs = found.kind === 'current' ? found.ageMs : null
      t.ok(ageMs !== null && ageMs >= 0 && ageMs < 30_000, `${ageMs}`)
      t.same(await alice.change({ ...keysOf('two'), more: 1 }, 1), { kind: 'written', version: 2 })
      t.same(await alice.change({ claude_auth_write_id: 'three', more: null }, 2), {
        kind: 'written',
        version: 3,
      })
      t.same(await alice.change(keysOf('four'), 2), { kind: 'conflict' })
      const { document } = (await alice.read()) as { document: JsonObject }
      t.same(document, keysOf('three'))
    })

  for (const patch of [true, false])
    t.test(
      `${patch ? 'with' : 'without'} patch: others' keys survive, whatever they are`,
      async t => {
        const user = newUser()
        await bao.put(user, { ...others, ours: 'old', gone: 'old' })
        const before = await textOf(user, ['ours', 'gone'])
        const alice = await opened(bao, { user, patch })
        t.match(await alice.change({ ours: 'new', gone: null }, 1), { kind: 'written', version: 2 })
        const after = await textOf(user, ['ours'])
        t.equal(after.theirs, before.theirs)
        t.same((await bao.document(user))?.data, { ...others, ours: 'new' })
        t.match(await alice.change({ ours: 'newer' }, 2), { kind: 'written', version: 3 })
        t.equal((await textOf(user, ['ours'])).theirs, before.theirs)
        const asked = patch
          ? ['GET', 'PATCH', 'PATCH', 'PATCH']
          : ['GET', 'PATCH', 'POST', 'POST', 'POST']
        t.match(await alice.change({ ours: { a: 1 }, more: null }, 3), { version: 4 })
        t.equal((await textOf(user, ['ours'])).theirs, before.theirs)
        t.same(alice.asked, asked, 'what is not allowed is tried once, what is known not asked')
        await bao.put(user, { ...others, ours: 'of another' })
        t.same(await alice.change({ ours: 'lost' }, 4), { kind: 'conflict' })
        t.match(await alice.read(), { kind: 'current', version: 5 })
      },
    )

  for (const patch of [true, false])
    t.test(
      `${patch ? 'with' : 'without'} patch: an object of ours is replaced, not merged`,
      async t => {
        const user = newUser()
        const hosts = { one: { host: 'ws1', seenAtMs: 1 }, two: { host: 'ws2', seenAtMs: 2 } }
        await bao.put(user, { hosts, intent: { id: 'a', ended: 'refused', more: { deep: 1 } } })
        const alice = await opened(bao, { user, patch })
        const keys = {
          hosts: { two: { seenAtMs: 3 }, three: { seenAtMs: 4 } },
          intent: { id: 'b', more: {} },
        }
        t.match(await alice.change(keys, 1), { kind: 'written' })
        t.same((await bao.document(user))?.data, keys)
      },
    )

  await t.test('two writers on one version have one winner, 30 of 30 rounds', async t => {
    const user = newUser()
    const token = await bao.userToken(user)
    const hosts = await Promise.all([opened(bao, { user, token }), opened(bao, { user, token })])
    for (let round = 0; round < 30; round++) {
      const write = (host: Opened, name: number) =>
        host.change(keysOf(`${round} ${name}`), round) as Promise<StoreWrite>
      const written = await Promise.all(hosts.map(write))
      t.same(written.map(({ kind }) => kind).sort(), ['conflict', 'written'])
      const winner = written.findIndex(({ kind }) => kind === 'written')
      t.equal(
        (await bao.document(user))?.data['claude_auth_write_id'],
        `${round} ${winner}`,
        'who won is there',
      )
    }
  })

  for (const patch of [true, false])
    t.test(`${patch ? 'with' : 'without'} patch: deleted and destroyed are damaged`, async t => {
      const user = newUser()
      const alice = await opened(bao, { user, patch })
      for (const [way, words] of [
        ['delete', /version 1 of the document was deleted \(secret\/data\//],
        ['destroy', /version 3 of the document was destroyed/],
      ] as const) {
        await bao.put(user, { old: way })
        t.match(await alice.read(), { kind: 'current' })
        const found = await bao.document(user)
        const version = found?.version ?? 0
        await bao.ask('PUT', `secret/${way}/${pathOf(user)}`, { versions: [version] })
        const { asked } = alice
        asked.length = 0
        t.match(await alice.change({ a: 1 }, version - 1), { kind: 'conflict' })
        t.match(told(await alice.read()), { kind: 'empty', version, damaged: words })
        const written = await alice.change(keysOf(way), version)
        t.same(written, { kind: 'written', version: version + 1 })
        t.same((await bao.document(user))?.data, keysOf(way), 'nothing of the old one comes back')
        t.notMatch(asked.join(), /version=/)
      }
    })

  await t.test('deleted between reading and writing', async t => {
    const user = newUser()
    const alice = await opened(bao, { user })
    await bao.put(user, { theirs: 1 })
    t.match(await alice.read(), { kind: 'current', version: 1 })
    await bao.ask('PUT', `secret/delete/${pathOf(user)}`, { versions: [1] })
    t.same(await alice.change(keysOf('x'), 1), { kind: 'written', version: 2 })
    t.same((await bao.document(user))?.data, keysOf('x'))
  })

  await t.test('only metadata, a date to be deleted at, and nothing in it', async t => {
    const user = newUser()
    const alice = await opened(bao, { user })
    await bao.ask('POST', `secret/metadata/${pathOf(user)}`, { delete_version_after: '1h' })
    t.same(await alice.read(), { kind: 'empty', version: 0 })
    t.same(await alice.change(keysOf('x'), 0), { kind: 'written', version: 1 })
    t.match(await alice.read(), { kind: 'current', version: 1 })
    await bao.ask('POST', dataOf(user), { data: null, options: { cas: 1 } })
    t.match(told(await alice.read()), { kind: 'empty', version: 2, damaged: /is no object/ })
    t.same(await alice.change(keysOf('y'), 2), { kind: 'written', version: 3 })
    t.match(await alice.read(), { kind: 'current', document: keysOf('y') })
  })

  await t.test('a document of a newer claude-auth is left alone', async t => {
    const user = newUser()
    const alice = await opened(bao, { user })
    for (const schema of [2, '1', 0]) {
      const version = await bao.put(user, { claude_auth_schema_version: schema })
      const words = { kind: 'denied', what: /newer claude-auth/ }
      t.match(told(await alice.read()), words)
      t.match(told(await alice.change({ a: 1 }, version)), words)
    }
    await bao.put(user, { claude_auth_schema_version: 1 })
    t.match(await alice.read(), { kind: 'current' })
  })
})

t.test('without patch others’ keys go back byte for byte, as a server wrote them', async t => {
  const line = await badLine(t, null)
  const theirs =
    '"n":12345678901234567890, "f":1.0,"e":1E400 ,"z":-0,"u":"\\u00e9é\\ud83d\\ude00","nul":null,' +
    '"o":{ "a" : [1.10, null, {"b":9007199254740993}], "n":null},"":"","__proto__":{"x":1e5}'
  const reply = `{"request_id":"r","data":{"data":{"ours":"old",${theirs},"gone":[1]},"metadata":{"version":7,"created_time":"2026-01-05T09:00:00Z"}}}`
  line.fault = ({ method }) => {
    if (method === 'PATCH') return { status: 405, body: '{"errors":["unsupported operation"]}' }
    return method === 'GET'
      ? { status: 200, headers: { date: 'Mon, 05 Jan 2026 09:01:00 GMT' }, body: reply }
      : { status: 200, body: '{"request_id":"r","data":{"version":8}}' }
  }
  const session = {
    token: async () => ({ kind: 'open' as const, token: 'hvs.token' }),
    whyRefused: async () => null,
  }
  const { address } = line
  const client = vaultClient({ address, namespace: null, caCert: null, timeoutMs: 5000, network })
  const document = vaultDocument(client, session, { mount: 'secret', path: 'x' })
  t.match(await document.read(), { kind: 'current', version: 7, ageMs: 60_000 })
  t.same(await document.change({ ours: 'new', gone: null }, 7), { kind: 'written', version: 8 })
  const sent = line.asked.at(-1)?.body ?? ''
  const spaced = theirs.replace('890, "f"', '890,"f"').replace('1E400 ,', '1E400,')
  t.equal(sent, `{"options":{"cas":7},"data":{${spaced},"ours":"new"}}`)
})
