// The health record: what is written fits every store, and what is read may be anything.

import fc from 'fast-check'
import t from 'tap'
import {
  type HealthRecord,
  readRecord,
  recordKey,
  recordMaxBytes,
  recordText,
  recordVerdicts,
} from '../../src/fleet/record.js'
import { cases } from '../kit/cases.js'

const record: HealthRecord = {
  at: 1795872000000,
  verdict: 'sign-in',
  because: 'grant-refused',
  since: 1795860000000,
  expiresAt: 1795872000000,
  loginEndsAt: 1798300000000,
  credential: 'login',
  custody: 'sole',
  store: 'current',
  identity: 'expected',
  version: '0.2.0',
  client: '2.1.330',
}
const text =
  '{"v":1,"at":1795872000000,"verdict":"sign-in","because":"grant-refused","since":1795860000000,"expiresAt":1795872000000,"loginEndsAt":1798300000000,"credential":"login","custody":"sole","store":"current","identity":"expected","version":"0.2.0","client":"2.1.330"}'
const said = JSON.parse(text)
const saying = (members: object) => JSON.stringify({ ...said, ...members })

t.test('a record is one line of JSON, and is read as it was written', async t => {
  t.equal(recordText(record), text)
  t.same(readRecord(text), record)
})

t.test('what is no record of version 1 is none', async t => {
  const none: [string, unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['a number', 1],
    ['an object', said],
    ['an empty text', ''],
    ['broken JSON', text.slice(0, -1)],
    ['a list', `[${text}]`],
    ['a JSON text of it', JSON.stringify(text)],
    ['deep nesting', '{"a":'.repeat(900)],
    ['more than anybody writes', saying({ more: 'x'.repeat(5_000) })],
    ['no version', saying({ v: undefined })],
    ['version 2', saying({ v: 2 })],
    ['a version as text', saying({ v: '1' })],
    ['no time', saying({ at: null })],
    ['a time as text', saying({ at: '1795872000000' })],
    ['a time without end', text.replace('"at":1795872000000', '"at":9e99')],
    ['a time beyond all numbers', text.replace('"at":1795872000000', '"at":9e999')],
    ['a time before the epoch', saying({ at: -1 })],
    ['half a millisecond', saying({ at: 1.5 })],
    ['a verdict that is none', saying({ verdict: 'fine' })],
    ['a verdict of markup', saying({ verdict: '<img src=x onerror=alert(1)>' })],
    ['a member of every object as verdict', saying({ verdict: 'constructor' })],
    ['a list as verdict', saying({ verdict: ['ok'] })],
    ['a reason with an escape sequence', saying({ because: '\u001b[2Jfresh' })],
    ['a reason with markup', saying({ because: '<b>' })],
    ['an endless reason', saying({ because: 'a'.repeat(33) })],
    ['a version with a quote', saying({ version: '0.2.0"' })],
    ['a custody that is none', saying({ custody: 'both' })],
    ['a store that is none', saying({ store: 'here' })],
    ['a credential that is none', saying({ credential: 'sk-ant-oat01-x' })],
  ]
  for (const [what, value] of none) t.equal(readRecord(value), null, what)
})

t.test('what need not be there is null where it says nothing that can be read', async t => {
  t.same(readRecord(saying({ expiresAt: 'soon', loginEndsAt: 9e99, client: '\u001b]0;x\u0007' })), {
    ...record,
    expiresAt: null,
    loginEndsAt: null,
    client: null,
  })
  t.same(readRecord(saying({ identity: 7 })), { ...record, identity: 'unknown' })
})

t.test('what a later version says besides is left out', async t => {
  t.same(readRecord(saying({ more: '<script>', __proto__: 1, toString: 'x' })), record)
  t.same(readRecord(saying({ because: 'a-new-reason' }))?.because, 'a-new-reason')
})

const word = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('ok', 'login'))
const anyValue = fc.oneof(word, fc.double(), fc.anything(), fc.constant(1795872000000))

t.test('anything at all can be read, and what comes of it can be written', async t => {
  const anyText = fc.oneof(
    word,
    fc.json(),
    fc.dictionary(fc.constantFrom(...Object.keys(said)), anyValue).map(saying),
  )
  fc.assert(
    fc.property(fc.oneof(anyText, fc.anything()), value => {
      const found = readRecord(value)
      return found === null || readRecord(recordText(found)) !== null
    }),
    { numRuns: cases },
  )
  t.pass()
})

t.test('whatever a run says, what is written is short, plain ASCII and of the shape', async t => {
  const time = fc.oneof(fc.nat({ max: 8.64e15 }), fc.double(), fc.constant(null))
  const anyRecord = fc.record({
    at: time,
    verdict: fc.constantFrom(...recordVerdicts),
    because: word,
    since: time,
    expiresAt: time,
    loginEndsAt: time,
    credential: fc.constantFrom('login', 'long-lived', 'other', 'none', 'a@b.example'),
    custody: fc.constantFrom('shared', 'sole'),
    store: fc.constantFrom('unreachable', 'none'),
    identity: fc.constantFrom('expected', 'a@b.example'),
    version: fc.oneof(word, fc.constant(`999999.999999.999999-${'x'.repeat(24)}`)),
    client: fc.oneof(word, fc.constant(`999999.999999.999999-${'x'.repeat(24)}`)),
    email: fc.constant('a@b.example'),
  })
  fc.assert(
    fc.property(anyRecord, value => {
      const line = recordText(value as unknown as HealthRecord)
      if (line === null) return true
      const isPlain = /^[ -~]*$/.test(line) && !/[@/<>]/.test(line)
      return isPlain && line.length <= recordMaxBytes && readRecord(line) !== null
    }),
    { numRuns: cases },
  )
  t.pass()
})

t.test('the longest record fits', async t => {
  const longest = {
    ...record,
    at: 8.64e15,
    since: 8.64e15,
    expiresAt: 8.64e15,
    loginEndsAt: 8.64e15,
    verdict: 'attention',
    because: 'a'.repeat(32),
    credential: 'long-lived',
    custody: 'shared',
    store: 'unreachable',
    version: `999999.999999.999999-${'x'.repeat(24)}`,
    client: `999999.999999.999999-${'x'.repeat(24)}`,
  } as const
  const line = recordText(longest)
  t.same(readRecord(line), longest)
  t.ok((line ?? '').length <= recordMaxBytes, `${line?.length}`)
})

t.test('a host has a key of its own that no store refuses', async t => {
  t.equal(recordKey('build-7'), 'build-7')
  t.equal(recordKey('build-7', 'default'), 'build-7')
  t.equal(recordKey('build-7', 'work'), 'build-7/work')
  const odd = ['', '../../x', 'a'.repeat(65), 'ä', 'a b', 'a\u0000b', 'a\u202eb', '__proto__', '-a']
  const keys = odd.map(each => recordKey(each))
  t.equal(new Set(keys).size, odd.length)
  for (const key of keys) t.match(key, /^[a-z0-9][a-z0-9-]{0,63}$/)
})
