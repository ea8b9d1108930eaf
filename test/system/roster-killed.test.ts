// `roster apply` killed before each of its writes, and run again: the same end as of a run that nobody disturbed.

import t from 'tap'
import { noOwnMachine } from '../kit/own-machine.js'
import { program, type RosterMachine, rosterMachine } from '../kit/roster-machine.js'

/** Before every write, not each fifth: some minutes. */
const exhaustive = process.env['CLAUDE_AUTH_TEST_EXHAUSTIVE'] === '1'

/** Kills its process before the write of that number, or before the first that holds a text; tells at the end how many there were. */
const killing = `
const fs = require('node:fs')
const { writeFileSync } = fs
let count = 0
for (const name of ['writeSync', 'renameSync']) {
  const real = fs[name]
  fs[name] = (...given) => {
    const isHeld = process.env.KILL_HOLDING && String(given[1]).includes(process.env.KILL_HOLDING)
    if (++count === Number(process.env.KILL_BEFORE) || isHeld) process.kill(process.pid, 'SIGKILL')
    return real(...given)
  }
}
process.on('exit', () => writeFileSync('/var/count', String(count)))
`

t.test(
  'killed before any write, then again: who came works, who went is cut',
  { skip: noOwnMachine },
  async t => {
    const at = await rosterMachine(t, { accounts: ['ada'] })
    await at.machine.write('/opt/killing.cjs', killing)
    await at.machine.addUser('u0')
    at.commit('users: {ada: {tier: admin}, u0: }\n')
    t.equal((await apply(at, '0')).code, 0)
    await at.machine.addUser('u1')
    at.commit('users: {ada: {tier: admin}, u1: }\n')
    t.equal((await apply(at, '0')).code, 0)
    const count = Number(await at.machine.sh('cat /var/count'))
    t.ok(count > 15, `${count} writes`)
    await isAsListed(t, at, { here: 'u1', gone: 'u0' })

    let round = 1
    for (let nth = 1; nth <= count; nth += exhaustive ? 1 : 5)
      await t.test(`before write ${nth} of ${count}`, async t => {
        const [gone, here] = [`u${round}`, `u${++round}`]
        await at.machine.addUser(here)
        at.commit(`users: {ada: {tier: admin}, ${here}: }\n`)
        const killed = await apply(at, String(nth))
        t.equal(killed.code, 137, killed.stderr)
        const next = await apply(at, '0')
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
      t.equal((await apply(at, '0', '"wrapping"')).code, 137)
      t.equal((await living(user)).length, 1, 'a token is there, and no note of it')
      t.notOk(`accessor_${at.host}` in (await noted(user)))
    }

    await lostBefore('ada', 'users: {ada: {tier: admin}}\n')
    t.match(await at.steps(['plan']), ['ada note-lost to-do', 'ada mint-token to-do'])
    t.equal((await apply(at, '0')).code, 0)
    t.match(await noted('ada'), { [`lost_${at.host}`]: /^2\d{3}-/, [`accessor_${at.host}`]: /./ })
    t.same(await at.steps(['plan']), [])

    // Where the admin may list accessors, the token itself is found.
    await server.ask('POST', 'sys/policies/acl/lister', {
      policy: 'path "auth/token/accessors/" { capabilities = ["list", "sudo"] }',
    })
    const wide = await server.ask('POST', 'auth/token/create', {
      policies: ['claude-auth-admin', 'lister'],
    })
    const { client_token: token } = wide.body['auth'] as { client_token: string }
    await at.machine.write('/root/.config/claude-auth/admin-token', token, 0o600)
    await lostBefore('bob', 'users: {ada: {tier: admin}, bob: }\n')
    t.equal((await apply(at, '0')).code, 0)
    const all = await living('bob')
    t.equal(all.length, 2)
    t.same(Object.values(await noted('bob')).sort(), all.sort(), 'each living token is noted')
    t.same(await at.steps(['plan']), [])
  },
)

/** In a shell, which tells of the signal by its exit code. */
async function apply({ machine }: RosterMachine, before: string, holding = '') {
  const line = `node --require /opt/killing.cjs ${program} roster apply --yes; exit $?`
  return machine.run('/bin/sh', [
    '-c',
    `export KILL_BEFORE=${before} KILL_HOLDING='${holding}'; ${line}`,
  ])
}

async function isAsListed(
  t: Pick<typeof import('tap').default, 'equal' | 'same' | 'ok'>,
  at: RosterMachine,
  { here, gone }: { here: string; gone: string },
): Promise<void> {
  t.same(await at.steps(['plan']), [], 'nothing is left to do')
  const token = await at.token(here)
  t.equal((await at.site.tries(token, here))[2], 200, 'the token works')
  const { body } = await at.site.server.ask('GET', 'auth/token/lookup-self', undefined, token)
  const { accessor } = body['data'] as { accessor: string }
  const noted = Object.entries((await at.metadata(here))?.custom_metadata ?? {})
  t.ok(
    noted.some(([key, value]) => key.startsWith(`accessor_${at.host}`) && value === accessor),
    'its accessor is noted',
  )
  t.same(await at.site.tries(await at.token(gone), gone), [403, 403, 403], 'who went is cut')
  const told = await at.told()
  t.ok(told.includes(`${here} added`) && told.includes(`${gone} cut`), 'both were told of')
  const applied = await at.machine.sh('cat /var/lib/claude-auth/roster.applied.yaml')
  t.same(Object.keys(JSON.parse(applied).users), ['ada', here])
  t.equal(await at.machine.sh('cat /var/lib/claude-auth/roster.pending.json'), '{}\n')
}
