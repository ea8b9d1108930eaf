// Who came and who went, as lines: one for each, and of very many the number of the others.

import t from 'tap'
import type { ToldPerson } from '../../src/alerts/memory.js'
import type { Markup } from '../../src/alerts/sink.js'
import { peopleLines } from '../../src/alerts/site-news.js'

const plain: Markup = { text: text => text, command: text => text, link: url => url }
const person = (user: string): ToldPerson => ({ user, what: 'added', why: 'They begin' })
const many = Array.from({ length: 19_999 }, (_, at) => person(`u${at}`))

t.test('one line for each', async t => {
  t.same(peopleLines({ by: 'root@ws1', people: [person('ada'), person('bob')] }, plain), [
    'claude-auth: ada was added by root@ws1. Reason: They begin',
    'claude-auth: bob was added by root@ws1. Reason: They begin',
  ])
  t.equal(peopleLines({ by: 'r', people: [person('ada'), ...many.slice(0, 39)] }, plain).length, 40)
})

t.test('a whole site at once still fits into one message', async t => {
  const lines = peopleLines({ by: 'r', people: [person('ada'), ...many] }, plain)
  t.equal(lines.length, 40)
  t.match(lines.at(-1), /^… and 19961 more/)
})
