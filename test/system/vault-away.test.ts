// Vault that can't be used, in every way: Claude starts in time, one plain line says why, and what is new is delivered later.

import t, { type Test } from 'tap'
import { openBao } from '../kit/openbao.js'
import {
  client,
  expire,
  firsts,
  isEverywhere,
  isPlainLine,
  launch,
  passTime,
  pendingOf,
  settled,
} from '../kit/settled.js'
import { type Trouble, troubles } from '../kit/vault-troubles.js'

const shared = await openBao(t)
t.jobs = 2

/** A launch may take so long, with what a slow machine adds. */
const longestMs = 10_000 + 10_000

async function serverOf(t: Test, { bao, direct = false }: Trouble) {
  return { bao: (await bao?.(t)) ?? shared, direct }
}

for (const [name, trouble] of Object.entries(troubles))
  for (const [first, { prepare }] of Object.entries(firsts))
    t.test(`${name}, ${first}`, { buffered: true }, async t => {
      const place = await settled(t, 'sole', await serverOf(t, trouble))
      const { box } = place
      await prepare(place)
      await trouble.begin(place)
      const ended = await launch(place)
      t.match(ended, client)
      t.ok(ended.ms < longestMs, `launched in ${Math.round(ended.ms)} ms`)
      isPlainLine(t, ended.stderr, trouble.says)
      await box.settle()
      const login = box.login()
      t.ok(box.authority.accepts(login?.accessToken ?? ''), 'a live login in the file')
      t.equal(login?.refreshToken, null, 'the refresh token is in the sealed copy only')

      const json = await box.ensure(['--force'])
      t.match(json.outcome, {
        verdict: 'attention',
        store: { kind: 'vault', state: trouble.state },
      })
      t.equal(json.code, 4)
      t.same(await box.grepSecrets(ended.stderr + json.stdout + json.stderr), [])
      if (prepare === expire) {
        const plain = await box.command(['ensure'])
        t.equal(plain.code, 4)
        t.match(plain.stdout + plain.stderr, trouble.says)
        t.notMatch(plain.stdout + plain.stderr, /…/, 'nothing is cut off')
      }
      t.not(pendingOf(place), null)

      await trouble.end(place)
      passTime(place)
      t.match(await launch(place), client)
      await box.settle()
      await isEverywhere(t, place)
    })

for (const name of ['hung (SIGSTOP)', 'not there'])
  t.test(`${name}, a new sign-in in shared custody`, { buffered: true }, async t => {
    const trouble = troubles[name]
    if (!trouble) throw new Error(name)
    const place = await settled(t, 'shared', await serverOf(t, trouble))
    const { box } = place
    box.writeLogin(box.signIn())
    await trouble.begin(place)
    t.match(await launch(place), { ...client, stderr: '' }, 'a good login does not wait for Vault')
    await box.settle()
    t.not(pendingOf(place), null)
    const { outcome, code } = await box.ensure()
    // On a slow machine the pause is over by now, and Vault was asked once more.
    t.match(outcome, { verdict: 'attention', store: { state: /^(?:pending|unreachable)$/ } })
    t.equal(code, 4)
    await trouble.end(place)
    passTime(place)
    t.match(await launch(place), client)
    await box.settle()
    await isEverywhere(t, place)
  })

t.test('two sign-ins while Vault is away: both are taken into custody at once', async t => {
  const place = await settled(t, 'sole', { bao: shared })
  const { box, gateway } = place
  await gateway.shut()
  for (const _ of [1, 2]) {
    box.writeLogin(box.signIn())
    t.match(await launch(place), client)
    await box.settle()
    t.equal(box.login()?.refreshToken, null)
    t.same(await box.grepSecrets(box.home.path, 'refresh'), [])
  }
  await gateway.open()
  passTime(place)
  await launch(place)
  await box.settle()
  await isEverywhere(t, place)
})
