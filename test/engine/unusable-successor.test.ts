// A renewal that brings an access token and a refresh token of an unusable kind: what works is kept, and the doubt is told.

import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { doctor } from '../kit/doctor.js'
import { sandbox } from '../kit/sandbox.js'
import { custodies } from '../kit/wrapped.js'

for (const custody of custodies)
  for (const odd of [12_345, { token: 'x' }, 'with a space'])
    t.test(`${custody}: ${JSON.stringify(odd)}`, async t => {
      const box = await sandbox(t, { login: 'expired', config: { custody } })
      box.authority.fail('token', faults.changed({ refresh_token: odd }))
      await box.ensure()
      t.ok(box.authority.accepts(box.login()?.accessToken ?? ''), 'the access token is in place')
      t.ok(
        box.journal().some(({ detail }) => /no usable refresh token/.test(String(detail))),
        'the journal has it',
      )
      const { message, state } = (await doctor(box)).check('renewal')
      t.match({ message, state }, { message: /may be spent/, state: 'warn' })
      const posted = box.authority.counts().tokenRequests
      await box.ensure()
      t.equal(box.authority.counts().tokenRequests, posted, 'while it works nothing more is posted')
    })

t.test('without any refresh token in the answer the posted one stays good', async t => {
  const box = await sandbox(t, { login: 'expired' })
  box.authority.fail('token', faults.without('refresh_token'))
  await box.ensure()
  t.ok(box.authority.accepts(box.login()?.accessToken ?? ''))
  t.match((await doctor(box)).check('renewal'), { state: 'ok' })
})
