// What in a shared file passes for a credential, and what skills and documents may say.

import t from 'tap'
import { secretIn } from '../../src/base/secret.js'

const found = (text: string) => secretIn(Buffer.from(text))

t.test('samples, names and words are no credentials', async t => {
  for (const text of [
    'see #global-configuration-and-settings and glossary-of-terms-and-abbreviations',
    'postgres://user:password@localhost:5432/mydb',
    'amqp://guest:guestguest@localhost',
    `sk-ant-api03-${'x'.repeat(24)}`,
    `https://hooks.slack.com/services/T00000000/B00000000/${'X'.repeat(24)}`,
  ])
    t.equal(found(text), null, text)
})

t.test('what was minted is', async t => {
  const random = 'q7Zt2LwV9sKd4RfXb8Nh'
  for (const [text, what] of [
    [`glpat-${random}`, 'a token of GitLab'],
    [`postgres://app:${random}@db.site.net/app`, 'a password in an address'],
    [`sk-ant-api03-${random}${random}`, 'a token of Anthropic'],
  ] as const)
    t.equal(found(text), what, what)
})
