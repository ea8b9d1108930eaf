// Sealing: what was sealed opens with the same key only, and not when a bit of it has changed.

import { randomBytes } from 'node:crypto'
import t from 'tap'
import { open, seal, sealingKey } from '../../src/store/seal.js'

const key = sealingKey(Buffer.from('key file\n'))

t.test('it opens as it was', async t => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('{"a":"ü"}'), randomBytes(100_000)]) {
    const text = await seal(key, bytes)
    t.match(text, /^[\w-]+\.[\w.-]*$/)
    t.ok((await open(key, text))?.equals(bytes))
  }
})

t.test('twice sealed is not twice the same', async t => {
  t.not(await seal(key, Buffer.from('x')), await seal(key, Buffer.from('x')))
})

t.test('another key, another form or a changed character opens nothing', async t => {
  const text = await seal(key, Buffer.from('secret'))
  t.equal(await open(sealingKey(Buffer.from('key file')), text), null)
  const [head = '', ...rest] = text.split('.')
  const forms = [
    '',
    'x',
    '....',
    text.slice(0, -1),
    `${text}A`,
    [head, ...rest.slice(0, 3)].join('.'),
  ]
  const none = Buffer.from('{"alg":"none"}').toString('base64url')
  for (const form of [...forms, [none, ...rest].join('.')]) t.equal(await open(key, form), null)
  for (let at = head.length + 2; at < text.length - 2; at += 1) {
    if (text[at] === '.') continue
    const other = text[at] === 'A' ? 'B' : 'A'
    const changed = `${text.slice(0, at)}${other}${text.slice(at + 1)}`
    const opened = await open(key, changed)
    if (opened !== null) t.fail(`character ${at}`)
  }
})
