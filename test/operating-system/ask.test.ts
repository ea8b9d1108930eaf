// A question has an end, whoever sits there.

import { PassThrough } from 'node:stream'
import t from 'tap'
import { askYes } from '../../src/system/ask.js'

const at = () => ({ input: new PassThrough(), output: new PassThrough() })

for (const [typed, said] of [
  ['\n', true],
  ['y\n', true],
  ['YES\n', true],
  ['n\n', false],
  ['yesterday\n', false],
] as const)
  t.test(`${JSON.stringify(typed)} is ${said ? 'yes' : 'no'}`, async t => {
    const streams = at()
    streams.input.write(typed)
    t.equal(await askYes('Go on? ', streams), said)
    t.match(String(streams.output.read()), 'Go on? ')
  })

t.test('the end of the input is no', async t => {
  const streams = at()
  streams.input.end()
  t.equal(await askYes('Go on? ', streams), false)
})

t.test('no answer in time is no', async t => {
  t.equal(await askYes('Go on? ', { ...at(), withinMs: 50 }), false)
})
