// The view of a site in a real OpenBao: who is listed meets what is there, whatever the capitals and the batch.

import t from 'tap'
import type { ExpectedUser } from '../../src/fleet/finding.js'
import { loginsOf, viewOfVault } from '../../src/fleet/view.js'
import { lookPolicy, lookWith, putRecords, recordsFolder, tokenWith } from '../kit/fleet-site.js'
import { openBao } from '../kit/openbao.js'

function row(user: string, vaultName = user): ExpectedUser {
  return { user, vaultName, isEnrolled: true, isParked: false, leftOn: null }
}

t.test(
  'names that differ in capitals alone are one user, in whichever batch they come',
  async t => {
    const bao = await openBao(t)
    // A record of bob ends the first batch before erin and fay.
    await putRecords(bao, 'bob', { ws1: {} })
    await putRecords(bao, 'fay', { ws1: {} })
    for (const user of ['bob', 'erin', 'Fay']) await bao.put(user, { claude_login: 'secret' })
    const vault = await lookWith(t, bao.address, await tokenWith(bao, lookPolicy()))
    const rules = { nowMs: Date.now(), silentAfterMs: 3_600_000 }
    const roster = [row('erin', 'Erin'), row('bob', 'BOB'), row('fay')]
    const view = await viewOfVault(vault, recordsFolder, { ...rules, roster })
    if ('kind' in view) throw new Error(view.trouble.cause)
    t.same(
      [...loginsOf(view)].map(({ user, host, state }) => `${user}@${host ?? ''}: ${state}`),
      ['bob@ws1: ok', 'erin@: ok', 'fay@ws1: ok'],
    )
    t.same([...view.backedUpAtMs.keys()].sort(), ['bob', 'erin', 'fay'])
  },
)

t.test('a backup that was deleted has no time', async t => {
  const bao = await openBao(t)
  for (const user of ['ada', 'bob']) await bao.put(user, { claude_login: 'secret' })
  await bao.ask('POST', 'secret/delete/workstation/claude-users/ada', { versions: [1] })
  const vault = await lookWith(t, bao.address, await tokenWith(bao, lookPolicy()))
  const rules = { nowMs: Date.now(), silentAfterMs: 3_600_000, roster: [row('ada'), row('bob')] }
  const view = await viewOfVault(vault, recordsFolder, rules)
  if ('kind' in view) throw new Error(view.trouble.cause)
  t.same([...view.backedUpAtMs.keys()], ['bob'])
  t.match([...loginsOf(view)][0], { user: 'ada', state: 'silent', because: 'backup-deleted' })
})
