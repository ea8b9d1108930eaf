// The note of an offboarding: it fits into Vault whatever the reason, and what is no note is none.

import t from 'tap'
import { noteText, readNote } from '../../src/offboard/note.js'

t.test('a note fits into Vault whatever the reason, and is read back', async t => {
  const hard = `"é\u202e\\${'ü'.repeat(400)}`
  const text = noteText({ cutAtMs: 1, revokedAtMs: null, by: 'root@h', why: hard })
  t.ok(Buffer.byteLength(text) <= 512, `${text.length}`)
  t.match(text, /^[\x20-\x7e]+$/)
  t.match(readNote(text), { cutAtMs: 1, revokedAtMs: null, by: 'root@h' })
  for (const not of [undefined, 1, '', '{', '[]', '{"cutAt":"1"}', '{"cutAt":9e999}'])
    t.equal(readNote(not), null)
})
