// The cut in Vault, on a real OpenBao with the admin's policy of the manual: entities, tokens without one, notes, the way back.

import t from 'tap'
import type { OffboardStep } from '../../src/offboard/step.js'
import { cutInVault, doVaultSteps } from '../../src/offboard/vault-actions.js'
import { userVaultFactsOf } from '../../src/offboard/vault-facts.js'
import { revokeSteps, undoSteps } from '../../src/offboard/vault-steps.js'
import { offboardSite } from '../kit/offboard-site.js'

const cause = { by: 'root@admin', why: 'left for another job', nowMs: 1_795_872_000_000 }
const of = (vaultName: string) => ({
  vaultName,
  uid: null,
  recordFolder: 'workstation/claude-fleet',
})

function statesOf(steps: OffboardStep[] | object): Record<string, string> {
  return Object.fromEntries((steps as OffboardStep[]).map(({ id, state }) => [id, state]))
}

t.test('a cut shuts out tokens and JWTs at once, and the way back opens both again', async t => {
  const site = await offboardSite(t)
  const { vault } = site
  const token = await site.user('alice')
  const jwt = await site.jwtUser('alice')
  const bob = await site.user('bob')
  t.same(await site.tries(token, 'alice'), [200, 200, 200])

  const dry = await cutInVault(vault, of('alice'), cause, { dryRun: true })
  t.same(statesOf(dry), {
    'entity:jwt': 'to-do',
    'entity:token': 'to-do',
    'note:workstation/claude-users/alice': 'to-do',
  })
  t.same(await site.tries(token, 'alice'), [200, 200, 200], 'a dry run changes nothing')

  const told: string[] = []
  const steps = await cutInVault(vault, of('alice'), cause, { onStep: ({ id }) => told.push(id) })
  t.same(statesOf(steps), {
    'entity:jwt': 'done',
    'entity:token': 'done',
    'note:workstation/claude-users/alice': 'done',
    mint: 'done',
  })
  t.equal(told.length, 3)
  for (const each of [token, jwt]) t.same(await site.tries(each, 'alice'), [403, 403, 403])
  t.same(await site.tries(bob, 'bob'), [200, 200, 200], 'nobody else')
  const again = await site.server.ask(
    'POST',
    'auth/jwt/login',
    {
      role: 'claude-auth',
      jwt: await site.issuer.sign(),
    },
    '',
  )
  t.not(again.status, 200, 'no new session by JWT')

  site.asked.length = 0
  const second = await cutInVault(vault, of('alice'), { ...cause, nowMs: cause.nowMs + 1e6 })
  t.same(statesOf(second), statesOf(steps), 'a second cut has nothing to do')
  t.notOk(site.asked.some(each => /^(?:PATCH|DELETE)|identity\/entity\/id/.test(each)))

  const facts = await userVaultFactsOf(vault, of('alice'))
  if ('kind' in facts) return t.fail(facts.trouble.cause)
  t.equal(facts.documents[0]?.note?.cutAtMs, cause.nowMs, 'since the first')
  await doVaultSteps(vault, 'alice', undoSteps(facts))
  for (const each of [token, jwt]) t.same((await site.tries(each, 'alice'))[0], 200)
  const back = await userVaultFactsOf(vault, of('alice'))
  if ('kind' in back) return t.fail(back.trouble.cause)
  t.equal(back.documents[0]?.note, null)
  t.equal(back.documents[0]?.accessors.length, 1, 'what the admin noted is still there')
})

t.test('a token without an entity is cut by its policy, which says what it was', async t => {
  const site = await offboardSite(t)
  const token = await site.legacyUser('lea')
  const steps = await cutInVault(site.vault, of('lea'), cause)
  t.match(statesOf(steps), { 'policy:workstation-claude-lea': 'done' })
  t.same((await site.tries(token, 'lea')).slice(0, 2), [403, 403])
  const facts = await userVaultFactsOf(site.vault, of('lea'))
  if ('kind' in facts) return t.fail(facts.trouble.cause)
  t.equal(facts.policy.state, 'cut')
  await doVaultSteps(site.vault, 'lea', undoSteps(facts))
  t.same((await site.tries(token, 'lea')).slice(0, 2), [200, 200])
})

t.test('where the admin may not write that policy, it is left to who may', async t => {
  const site = await offboardSite(t, { legacy: [] })
  await site.legacyUser('lea')
  const steps = await cutInVault(site.vault, of('lea'), cause)
  const policy = (steps as OffboardStep[]).find(({ id }) => id.startsWith('policy:'))
  t.match(policy, { state: 'left', command: 'bao policy delete workstation-claude-lea' })
})

t.test('noted tokens are revoked, each once', async t => {
  const site = await offboardSite(t)
  const token = await site.user('alice')
  await cutInVault(site.vault, of('alice'), cause)
  for (const expected of [
    ['to-do', 'to-do'],
    ['done', 'done'],
  ]) {
    const facts = await userVaultFactsOf(site.vault, of('alice'))
    if ('kind' in facts) return t.fail(facts.trouble.cause)
    const steps = revokeSteps(facts, cause)
    t.same(
      steps.map(({ state }) => state),
      expected,
    )
    await doVaultSteps(site.vault, 'alice', steps)
  }
  const { status } = await site.server.ask('GET', 'auth/token/lookup-self', undefined, token)
  t.equal(status, 403)
})

t.test('each way of being refused has its own words', async t => {
  const site = await offboardSite(t)
  await site.user('alice')
  const revoked = site.adminToken
  await site.server.ask('POST', 'auth/token/revoke', { token: revoked })
  const dead = await cutInVault(site.vault, of('alice'), cause)
  t.match(dead, { kind: 'denied', trouble: { cause: "Vault does not know the admin's token" } })
  await site.server.stop()
  const away = await cutInVault(site.vault, of('alice'), cause)
  t.match(away, { kind: 'unreachable' })
})

t.test('an admin who may not mint has not shown that nothing is minted', async t => {
  const site = await offboardSite(t)
  await site.user('alice')
  const at = 'sys/policies/acl/claude-auth-admin'
  const { body } = await site.server.ask('GET', at)
  const { policy } = body['data'] as { policy: string }
  const without = policy.replace('"auth/token/create/claude-users"', '"auth/token/create/none"')
  t.not(without, policy)
  await site.server.ask('PUT', at, { policy: without })
  const steps = (await cutInVault(site.vault, of('alice'), cause, {})) as OffboardStep[]
  t.match(statesOf(steps), { 'entity:token': 'done', mint: 'failed' })
  t.match(steps.find(({ id }) => id === 'mint')?.detail, /no policy for this.*claude-auth-admin/)
})
