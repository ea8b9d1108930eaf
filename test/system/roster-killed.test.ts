// `roster apply` killed between two of its writes, and run again: the same end as of a run that nobody disturbed.

import t from 'tap'
import { listsAccessors } from '../docs/manual.js'
import { isAsListed, killedApply, killing } from '../kit/killed-apply.js'
import { noOwnMachine } from '../kit/own-machine.js'
import { program, rosterMachine } from '../kit/roster-machine.js'

/** Each fifth; test/lab/roster-killed.test.ts has all of them. */
t.test(
  'killed before a write, then again: who came works, who went is cut',
  { skip: noOwnMachine },
  async t => {
    const at = await rosterMachine(t, { accounts: ['ada'] })
    await at.machine.write('/opt/killing.cjs', killing)
    await at.machine.addUser('u0')
    at.commit('users: {ada: {tier: admin}, u0: }\n')
    t.equal((await killedApply(at, '0')).code, 0)
    await at.machine.addUser('u1')
    at.commit('users: {ada: {tier: admin}, u1: }\n')
    t.equal((await killedApply(at, '0')).code, 0)
    const count = Number(await at.machine.sh('cat /var/count'))
    t.ok(count > 15, `${count} writes`)
    await isAsListed(t, at, { here: 'u1', gone: 'u0' })

    let round = 1
    for (let nth = 1; nth <= count; nth += 5)
      await t.test(`before write ${nth} of ${count}`, async t => {
        const [gone, here] = [`u${round}`, `u${++round}`]
        await at.machine.addUser(here)
        at.commit(`users: {ada: {tier: admin}, ${here}: }\n`)
        const killed = await killedApply(at, String(nth))
        t.equal(killed.code, 137, killed.stderr)
        const next = await killedApply(at, '0')
        t.equal(next.code, 0, next.stdout + next.stderr)
        await isAsListed(t, at, { here, gone })
      })
  },
)

t.test(
  'killed between the token and its note: it is found and noted, or its loss is',
  { skip: noOwnMachine },
  async t => {
    const at = await rosterMachine(t, { accounts: ['ada', 'bob'] })
    const { server } = at.site
    await at.machine.write('/opt/killing.cjs', killing)
    const living = async (user: string) => {
      const { body } = await server.ask('GET', 'auth/token/accessors?list=true')
      const { keys } = body['data'] as { keys: string[] }
      const found: string[] = []
      for (const accessor of keys) {
        const looked = await server.ask('POST', 'auth/token/lookup-accessor', { accessor })
        const data = looked.body['data'] as { display_name?: string } | undefined
        if (data?.display_name === `token-${at.host}-claude-auth-${user}`) found.push(accessor)
      }
      return found
    }
    const noted = async (user: string) => (await at.metadata(user))?.custom_metadata ?? {}
    const lostBefore = async (user: string, roster: string) => {
      at.commit(roster)
      t.equal((await killedApply(at, '0', '"wrapping"')).code, 137)
      t.equal((await living(user)).length, 1, 'a token is there, and no note of it')
      t.notOk(`accessor_${at.host}` in (await noted(user)))
    }

    await lostBefore('ada', 'users: {ada: {tier: admin}}\n')
    t.match(await at.steps(['plan']), ['ada note-lost to-do', 'ada mint-token to-do'])
    t.equal((await killedApply(at, '0')).code, 0)
    t.match(await noted('ada'), { [`lost_${at.host}`]: /^2\d{3}-/, [`accessor_${at.host}`]: /./ })
    t.same(await at.steps(['plan']), [])

    // Where the admin may list accessors, the token itself is found.
    await server.ask('POST', 'sys/policies/acl/lister', { policy: listsAccessors })
    const wide = await server.ask('POST', 'auth/token/create', {
      policies: ['claude-auth-admin', 'lister'],
    })
    const { client_token: token } = wide.body['auth'] as { client_token: string }
    await at.machine.write('/root/.config/claude-auth/admin-token', token, 0o600)
    await lostBefore('bob', 'users: {ada: {tier: admin}, bob: }\n')
    t.equal((await killedApply(at, '0')).code, 0)
    const all = await living('bob')
    t.equal(all.length, 2)
    t.same(Object.values(await noted('bob')).sort(), all.sort(), 'each living token is noted')
    t.same(await at.steps(['plan']), [])
  },
)

t.test(
  'killed once a token is known, and run again after it can be opened no more: it is noted, and its user gets another',
  { skip: noOwnMachine },
  async t => {
    const at = await rosterMachine(t, { accounts: ['ada', 'bob'] })
    const { machine } = at
    const pendingFile = '/var/lib/claude-auth/roster.pending.json'
    await machine.write('/opt/killing.cjs', killing)
    const accessors = async (user: string) => {
      const noted = (await at.metadata(user))?.custom_metadata ?? {}
      return Object.entries(noted).flatMap(([key, value]) =>
        key.startsWith(`accessor_${at.host}`) ? [String(value)] : [],
      )
    }
    for (const [user, roster, holding] of [
      ['ada', 'users: {ada: {tier: admin}}\n', '"step":"mint-token"'],
      ['bob', 'users: {ada: {tier: admin}, bob: }\n', '"step":"note-accessor"'],
    ] as const) {
      at.commit(roster)
      t.equal((await killedApply(at, '0', holding)).code, 137)
      const kept = await machine.sh(`tail -n 1 ${pendingFile}`)
      const [, first = ''] = /"accessor":"([^"]+)"/.exec(kept) ?? []
      t.equal((await accessors(user)).includes(first), user === 'bob', 'it is noted, or not yet')
      await machine.sh(`sed -i 's/"endsAtMs":[0-9]*/"endsAtMs":1/' ${pendingFile}`)
      const next = await killedApply(at, '0')
      t.equal(next.code, 0, next.stdout + next.stderr)
      t.equal((await accessors(user))[0], first, 'the first is noted')
      t.equal((await accessors(user)).length, 2, 'and so is the second')
      t.equal((await at.site.tries(await at.token(user), user))[2], 200, 'which works')
      t.same(await at.steps(['plan']), [])
      t.equal(await machine.sh(`cat ${pendingFile}`), '{}\n')
    }

    // At a terminal, for who has no account here.
    at.commit('users: {ada: {tier: admin}, bob: , zoe: }\n')
    const line = (holding: string) =>
      `KILL_HOLDING='${holding}' script -qec "node --require /opt/killing.cjs ${program} roster apply --yes" /dev/null || true`
    t.notMatch(await machine.sh(line('"step":"note-accessor"')), /For zoe alone/)
    await machine.sh(`sed -i 's/"endsAtMs":[0-9]*/"endsAtMs":1/' ${pendingFile}`)
    t.match(await machine.sh(line('')), /For zoe alone; opens once/)
    t.equal((await accessors('zoe')).length, 2)
  },
)

t.test(
  'killed before its end, and the row is gone by the next one: who had come is cut',
  { skip: noOwnMachine },
  async t => {
    const at = await rosterMachine(t, { accounts: ['ada', 'bob'] })
    await at.machine.write('/opt/killing.cjs', killing)
    at.commit('users: {ada: {tier: admin}}\n')
    t.equal((await killedApply(at, '0')).code, 0)
    at.commit('users: {ada: {tier: admin}, bob: }\n')
    t.equal((await killedApply(at, '0', '"step":"place-token"')).code, 137)
    const token = await at.token('bob')
    t.equal((await at.site.tries(token, 'bob'))[2], 200)
    at.commit('users: {ada: {tier: admin}}\n', 'Bob does not come')
    t.same(await at.steps(['apply', '--yes']), ['roster write-roster done', 'bob cut done'])
    t.same(await at.site.tries(token, 'bob'), [403, 403, 403])
    t.same(await at.steps(['plan']), [])
  },
)
