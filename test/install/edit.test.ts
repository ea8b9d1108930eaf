// Lines in a shell's file, and the key in our own configuration: put in once, taken out without a trace.

import t from 'tap'
import { parseDocument } from 'yaml'
import type { Part } from '../../src/install/desired-state.js'
import { hasPart, isNothing, withoutPart, withPart } from '../../src/install/edit.js'

const lines: Part = { in: 'lines', lines: 'PATH=/x:$PATH\n' }
const sole: Part = { in: 'config', custody: 'sole' }
const custodyOf = (text: string) => parseDocument(text).get('custody')

t.test('lines stand once, between two comments, and go again', async t => {
  for (const text of ['', 'a=1\n', 'a=1', '\n\na=1\n\n']) {
    const edited = withPart(lines, text)
    t.ok(hasPart(lines, edited))
    t.equal(withPart(lines, edited), edited)
    t.equal(withoutPart(lines, edited, text).replace(/\n$/, ''), text.replace(/\n$/, ''))
    const later = withPart({ in: 'lines', lines: 'PATH=/y:$PATH\n' }, `${edited}b=2\n`)
    t.notOk(later.includes('/x'))
    t.match(withoutPart(lines, later, null), /b=2\n$/)
  }
  t.ok(isNothing(lines, withoutPart(lines, withPart(lines, ''), null)))
})

t.test('custody is set where nobody has chosen, and nothing else is touched', async t => {
  for (const text of [
    '',
    '# only a comment\n',
    'version: 1',
    'store: local # why\nrenewal: {at: 40%}\n',
  ]) {
    const edited = withPart(sole, text)
    t.equal(custodyOf(edited), 'sole')
    t.ok(edited.startsWith(text))
    t.equal(withPart(sole, edited), edited)
    t.equal(
      withoutPart(sole, `${edited}alerts: {}\n`, text),
      `${text}${text === 'version: 1' ? '\n' : ''}alerts: {}\n`,
    )
    t.equal(custodyOf(withPart({ in: 'config', custody: 'shared' }, edited)), 'shared')
  }
})

t.test('a configuration in braces gets the key inside them', async t => {
  const edited = withPart(sole, '{"version": 1, "store": "local"}')
  t.same(parseDocument(edited).toJS(), { version: 1, store: 'local', custody: 'sole' })
  t.equal(withPart(sole, edited), edited)
  t.same(parseDocument(withoutPart(sole, edited, '{"version": 1}')).toJS(), {
    version: 1,
    store: 'local',
  })
})

t.test("a person's own choice of custody, and what does not go with sole, stay", async t => {
  for (const text of [
    'custody: shared\n',
    'custody: sole # mine\n',
    'store: none\n',
    'renewal:\n  via: client\n',
  ]) {
    t.equal(withPart(sole, text), text)
    t.ok(hasPart(sole, text))
    t.equal(withoutPart(sole, text, text), text)
  }
})
