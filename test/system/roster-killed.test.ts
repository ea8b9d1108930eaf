// `roster apply` killed between two of its writes, and run again: the same end as of a run that nobody disturbed.

import t from 'tap'
import { listsAccessors } from '../docs/manual.js'
import { isAsListed, killedApply, killing } from '../kit/killed-apply.js'
import { noOwnMachine } from '../kit/own-machine.js'
import { rosterMachine } from '../kit/roster-machine.js'

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
