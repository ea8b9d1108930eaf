// Records and documents of all users, read from a real OpenBao with the rights of who only looks.

import t, { type Test } from 'tap'
import { excessiveRights } from '../../src/fleet/excessive-rights.js'
import { contentOf, type SeenDocument, type SeenRecord } from '../../src/fleet/finding.js'
import { levelsOf, seenInVault } from '../../src/fleet/vault-records.js'
import type { SiteVault, StoreTrouble } from '../../src/store/vault/site.js'
import { lookPolicy, lookWith, putRecords, recordsFolder, tokenWith } from '../kit/fleet-site.js'
import { openBao } from '../kit/openbao.js'
import { vaultGateway } from '../kit/vault-gateway.js'

interface All {
  records: SeenRecord[]
  documents: SeenDocument[]
  trouble: StoreTrouble | null
}

async function read(vault: SiteVault): Promise<All> {
  const all: All = { records: [], documents: [], trouble: null }
  for await (const batch of seenInVault(vault, recordsFolder)) {
    if ('kind' in batch) return { ...all, trouble: batch }
    all.records.push(...batch.records)
    all.documents.push(...batch.documents)
  }
  return all
}

const isList = (path: string) => path.includes('list=true')

const names = (all: All) => ({
  records: all.records.map(({ user, host }) => `${user} ${host}`),
  documents: all.documents.map(({ user, host }) => `${user} ${host}`),
})

/** Alphabetical, with users who have only one of the two. */
async function smallSite(t: Test) {
  const bao = await openBao(t)
  for (const user of ['alice', 'bob', 'dora']) await bao.put(user, { claude_login: 'secret' })
  for (const user of ['alice', 'carol', 'dora', 'erin'])
    await putRecords(bao, user, {
      ws1: {},
      'lap-1': { verdict: 'sign-in', because: 'grant-refused' },
    })
  return bao
}

t.test('pages and single reads tell the same, and each user once', async t => {
  const bao = await smallSite(t)
  const fast = await read(await lookWith(t, bao.address, await tokenWith(bao, lookPolicy())))
  const slowToken = await tokenWith(bao, lookPolicy({ isDetailed: false }))
  const slow = await read(await lookWith(t, bao.address, slowToken))
  t.same(fast, slow)
  t.same(names(fast), {
    records: ['alice', 'carol', 'dora', 'erin'].flatMap(user => [`${user} lap-1`, `${user} ws1`]),
    documents: ['alice null', 'bob null', 'dora null'],
  })
  t.ok(
    fast.documents.every(({ updatedAtMs }) => Math.abs((updatedAtMs ?? 0) - Date.now()) < 60_000),
  )
  t.same(
    fast.records.map(({ record }) => typeof record === 'object' && record?.verdict),
    fast.records.map(({ host }) => (host === 'ws1' ? 'ok' : 'sign-in')),
  )
})

t.test(
  'a page is asked for at a time, and one that is too large again in smaller parts',
  async t => {
    const bao = await openBao(t)
    const many = Array.from({ length: 30 }, (_, at) => `user${String(at).padStart(2, '0')}`)
    // As large as OpenBao lets a record be, and as JSON six times that.
    const hostile = Object.fromEntries(
      Array.from({ length: 64 }, (_, at) => [`${'<'.repeat(100)}${at}`, '<'.repeat(512)]),
    )
    for (const user of many) await putRecords(bao, user, hostile)
    const gateway = await vaultGateway(t, bao)
    const vault = await lookWith(t, gateway.address, await tokenWith(bao, lookPolicy()))
    const all = await read(vault)
    t.equal(all.trouble, null)
    t.equal(all.records.length, 30 * 64)
    t.ok(all.records.every(({ record }) => record === 'unreadable'))
    t.match(gateway.passed[0]?.path, /detailed-metadata.*limit=1000$/)
    t.ok(gateway.passed.length < 40, `${gateway.passed.length} requests`)
  },
)

t.test(
  'a server that ignores the size of a page, and knows no detailed listing, tells all at once',
  async t => {
    const gateway = await vaultGateway(t, null)
    gateway.instead = ({ path }) => {
      if (isList(path) && path.startsWith('/v1/secret/metadata/'))
        return { status: 200, body: JSON.stringify({ data: { keys: ['b', 'a', 'c/'] } }) }
      if (!isList(path)) return { status: 200, body: '{"data":{"current_version":1}}' }
      return { status: 404, body: '{"errors":["no handler for route"]}' }
    }
    const all = await read(await lookWith(t, gateway.address, 'hvs.CAESlook'))
    t.same(names(all), { records: [], documents: ['a null', 'b null'] })
    t.equal(gateway.passed.filter(({ path }) => isList(path)).length, 4)
  },
)

t.test('one that is deleted while it is read is left out', async t => {
  const bao = await smallSite(t)
  const gateway = await vaultGateway(t, bao)
  gateway.instead = ({ path }) =>
    path.endsWith('/bob') ? { status: 404, body: '{"errors":[]}' } : null
  const token = await tokenWith(bao, lookPolicy({ isDetailed: false }))
  const all = await read(await lookWith(t, gateway.address, token))
  t.same(names(all).documents, ['alice null', 'dora null'])
  t.equal(all.trouble, null)
})

t.test('a document whose newest version is gone or was never written is told', async t => {
  const bao = await openBao(t)
  const place = (kind: string, user: string) => `secret/${kind}/workstation/claude-users/${user}`
  for (const user of ['ada', 'bob', 'cyd', 'eve']) await bao.put(user, { claude_login: 'secret' })
  await bao.ask('POST', place('metadata', 'dan'), { max_versions: 3 })
  await bao.ask('POST', place('delete', 'ada'), { versions: [1] })
  await bao.ask('POST', place('destroy', 'bob'), { versions: [1] })
  await bao.put('cyd', { claude_login: 'newer' })
  await bao.ask('POST', place('destroy', 'cyd'), { versions: [1] })
  await bao.ask('POST', place('metadata', 'eve'), { delete_version_after: '720h' })
  await bao.put('eve', { claude_login: 'for a month' })
  for (const isDetailed of [true, false]) {
    const token = await tokenWith(bao, lookPolicy({ isDetailed }))
    const { documents } = await read(await lookWith(t, bao.address, token))
    t.same(
      documents.map(each => `${each.user} ${each.newest} ${contentOf(each, Date.now())}`),
      [
        'ada kept deleted',
        'bob destroyed deleted',
        'cyd kept login',
        'dan none none',
        'eve kept login',
      ],
    )
  }
})

t.test('a server that wants to be left alone is asked again, when it says', async t => {
  const bao = await smallSite(t)
  const gateway = await vaultGateway(t, bao)
  let refusals = 2
  gateway.instead = () =>
    refusals-- > 0
      ? { status: 429, body: '{"errors":["quota"]}', headers: { 'retry-after': '1' } }
      : null
  const startMs = performance.now()
  const all = await read(await lookWith(t, gateway.address, await tokenWith(bao, lookPolicy())))
  t.equal(all.trouble, null)
  t.equal(all.documents.length, 3)
  t.ok(performance.now() - startMs >= 900)
})

t.test('without an answer in the middle there is a trouble and an end', async t => {
  const bao = await smallSite(t)
  const token = await tokenWith(bao, lookPolicy())
  for (const answer of ['shut', 503, 'hang'] as const) {
    const gateway = await vaultGateway(t, bao)
    gateway.instead = ({ path }) => {
      if (!path.includes('claude-users')) return null
      if (answer === 'hang') return 'hang'
      if (answer === 503) return { status: 503, body: '{"errors":["Vault is sealed"]}' }
      void gateway.shut()
      return 'hang'
    }
    const { trouble } = await read(await lookWith(t, gateway.address, token))
    t.match(
      trouble,
      { kind: 'unreachable', trouble: { command: 'claude-auth fleet' } },
      `${answer}`,
    )
  }
})

t.test('a token without the policy, and a dead one, are told apart', async t => {
  const bao = await smallSite(t)
  const poor = await tokenWith(bao, 'path "auth/token/lookup-self" { capabilities = ["read"] }')
  const told = async (token: string) => (await read(await lookWith(t, bao.address, token))).trouble
  t.match(await told(poor), { kind: 'denied', trouble: { cause: /has no policy for this/ } })
  t.match(await told('hvs.CAESdead'), { kind: 'denied', trouble: { cause: /is not valid/ } })
})

t.test('rights beyond looking are named, without using them', async t => {
  const bao = await smallSite(t)
  const rightsOf = async (policy: string) =>
    excessiveRights(await lookWith(t, bao.address, await tokenWith(bao, policy)), {
      recordsFolder,
      name: 'alice',
    })
  t.same(await rightsOf(lookPolicy()), [])
  const data = 'path "secret/data/*" { capabilities = ["read"] }'
  t.same(await rightsOf(`${lookPolicy()}\n${data}`), [
    'secret/data/workstation/claude-users/alice (read)',
  ])
  const change =
    'path "secret/metadata/workstation/claude-fleet/+" { capabilities = ["read", "patch"] }'
  t.same(await rightsOf(`path "sys/capabilities-self" { capabilities = ["update"] }\n${change}`), [
    'secret/metadata/workstation/claude-fleet/alice (patch)',
  ])
  t.equal(await rightsOf('path "auth/token/lookup-self" { capabilities = ["read"] }'), null)
})

t.test('documents of each host are one level down, wherever the path has the names', async t => {
  const bao = await openBao(t)
  for (const path of ['logins/alice/ws1', 'logins/alice/ws2', 'logins/bob/ws1', 'logins/plain'])
    await bao.ask('POST', `secret/data/${path}`, { data: {} })
  const all = await read(await lookWith(t, bao.address, bao.rootToken, 'logins/{user}/{host}'))
  t.same(names(all).documents.sort(), ['alice ws1', 'alice ws2', 'bob ws1'])
  const turned = await read(await lookWith(t, bao.address, bao.rootToken, 'logins/{host}/{user}'))
  t.same(names(turned).documents.sort(), ['ws1 alice', 'ws1 bob', 'ws2 alice'])
  t.same(levelsOf('a/b/{user}.{host}/x').levels.map(String), [
    '/^(?<user>.+?)\\.(?<host>.+?)$/s',
    '/^x$/s',
  ])
})
