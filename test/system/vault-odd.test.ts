// Vault that answers oddly: a damaged document is mended, a write whose answer was lost is recognized, a healthy launch does not ask.

import t from 'tap'
import { openBao } from '../kit/openbao.js'
import {
  client,
  firsts,
  isEverywhere,
  isPlainLine,
  launch,
  passTime,
  pendingOf,
  settled,
} from '../kit/settled.js'
import { damages, lost } from '../kit/vault-damages.js'

const bao = await openBao(t)
t.jobs = 2

for (const [name, damage] of Object.entries(damages))
  for (const [first, { prepare }] of Object.entries(firsts))
    t.test(`the document ${name}, ${first}`, { buffered: true }, async t => {
      const place = await settled(t, 'sole', { bao })
      const { box, at } = place
      await prepare(place)
      await damage(place)
      const ended = await launch(place)
      t.match(ended, client)
      t.ok(ended.stderr.split('\n').length <= 2, ended.stderr)
      await box.settle()
      await isEverywhere(t, place)
      if (name.startsWith('of') || name.startsWith('a '))
        t.same((await at.document())?.data['team'], { 'of others': [1, null] })
      const well = await box.ensure()
      t.match(well.outcome, { verdict: 'ok', store: { state: 'current' } })
    })

for (const [name, answer] of Object.entries(lost))
  for (const patch of [true, false])
    t.test(`${name}, ${patch ? '' : 'no '}patch`, { buffered: true }, async t => {
      const place = await settled(t, 'sole', { bao })
      const { box, at, gateway } = place
      await at.allow(['create', 'read', 'update', ...(patch ? ['patch'] : [])])
      const before = (await at.document())?.version ?? 0
      box.writeLogin(box.signIn())
      let answers = 0
      gateway.after = ({ method }) => {
        const isFirst = method !== 'GET' && answers === 0
        if (isFirst && method === 'PATCH' && !patch) return null
        if (isFirst) answers += 1
        return isFirst ? answer : null
      }
      t.match(await launch(place), { ...client, stderr: '' })
      await box.settle()
      t.equal(answers, 1)
      t.equal((await at.document())?.version, before + 1, 'it is known by its write id')
      await isEverywhere(t, place)
    })

t.test('an answer that is lost each time, while nothing can be read', async t => {
  const place = await settled(t, 'sole', { bao })
  const { box, at, gateway } = place
  const before = (await at.document())?.version ?? 0
  box.writeLogin(box.signIn())
  let written = false
  gateway.after = ({ method }) => {
    written ||= method === 'PATCH'
    return written ? { status: 500, body: '{"errors":["internal error"]}' } : null
  }
  const ended = await launch(place)
  t.match(ended, client)
  isPlainLine(t, ended.stderr, /Vault failed/)
  await box.settle()
  t.not(pendingOf(place), null)
  gateway.after = null
  passTime(place)
  t.match(await launch(place), client)
  await box.settle()
  await isEverywhere(t, place)
  t.equal((await at.document())?.version, before + 1, 'what was written is not written again')
})

t.test('a healthy launch makes no connection to Vault', async t => {
  for (const custody of ['shared', 'sole']) {
    const place = await settled(t, custody, { bao })
    const { gateway, box } = place
    const before = gateway.connections
    t.ok(before > 0)
    for (let launches = 0; launches < 5; launches++)
      t.match(await launch(place), { ...client, stderr: '' })
    await box.settle()
    t.equal(gateway.connections, before)
  }
})
