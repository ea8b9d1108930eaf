// What is pasted in the place of a long-lived token is told by its looks, and none of it is repeated.

import t from 'tap'
import { whyNoToken } from '../../src/cli/login-long-lived.js'

const token = `sk-ant-oat01-${'aB3-_'.repeat(19)}`

t.test('a long-lived token is one', async t => {
  t.equal(whyNoToken(token), null)
})

const others: [string, string, RegExp][] = [
  ['an API key', `sk-ant-api03-${'x'.repeat(90)}`, /an API key/],
  ['a refresh token', `sk-ant-ort01-${'x'.repeat(90)}`, /the refresh token of a login/],
  ['a session key', `sk-ant-sid01-${'x'.repeat(90)}`, /the session key of a browser/],
  ['another generation of tokens', `sk-ant-oat02-${'x'.repeat(90)}`, /begin with sk-ant-oat01-/],
  ['a Vault token', `hvs.${'x'.repeat(90)}`, /begin with sk-ant-oat01-/],
  ['a sentence', 'Your token: sk-ant-oat01-x', /begin with sk-ant-oat01-/],
  ['a letter no header takes', `${token}é`, /begin with sk-ant-oat01-/],
  ['a part of one', token.slice(0, 39), /only a part/],
  ['two', `${token}${token}`, /more than one/],
  ['a flood', `${token}${'x'.repeat(20_000)}`, /more than one/],
]

for (const [name, text, words] of others)
  t.test(`${name} is none`, async t => {
    const why = whyNoToken(text) ?? ''
    t.match(why, words)
    t.notMatch(why, text.slice(14, 40))
  })
