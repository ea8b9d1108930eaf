// NO_PROXY: as the client reads it for its own servers, and with the usual wider forms for a site's.

import t from 'tap'
import { clientProxyFor, siteProxyFor } from '../../src/anthropic/network.js'

const proxy = 'http://proxy:1'
const url = 'https://platform.claude.com/v1/oauth/token'

/** `NO_PROXY`, and whether each rule goes directly then. */
const cases: [string | null, boolean, boolean][] = [
  [null, false, false],
  ['*', true, true],
  ['x,*', false, false],
  ['platform.claude.com', true, true],
  ['x PLATFORM.claude.COM,y', true, true],
  ['claude.com', false, true],
  ['.claude.com', true, true],
  ['.platform.claude.com', true, true],
  ['*.claude.com', false, true],
  ['laude.com', false, false],
  ['platform.claude.com:443', true, true],
  ['platform.claude.com:8443', false, false],
]

t.test('names', async t => {
  for (const [noProxy, client, site] of cases) {
    t.equal(clientProxyFor(url, { proxy, noProxy }) === null, client, `client: ${noProxy}`)
    t.equal(siteProxyFor(url, { proxy, noProxy }) === null, site, `site: ${noProxy}`)
  }
})

t.test('addresses and ranges of a site', async t => {
  const direct = (host: string, noProxy: string) =>
    siteProxyFor(`https://${host}:8200/v1`, { proxy, noProxy }) === null
  for (const noProxy of ['10.1.2.3', '10.0.0.0/8', 'x,10.1.2.0/24', '0.0.0.0/0'])
    t.ok(direct('10.1.2.3', noProxy), noProxy)
  for (const noProxy of ['10.1.2.4', '11.0.0.0/8', '10.0.0.0/33', '10.0.0.0/x', '::/0', 'a/8'])
    t.notOk(direct('10.1.2.3', noProxy), noProxy)
  t.ok(direct('[fd00::1]', 'fd00::/8'))
})

t.test('nothing but https goes through a proxy, and nothing without one', async t => {
  t.equal(clientProxyFor('http://127.0.0.1:1/', { proxy, noProxy: null }), null)
  t.equal(clientProxyFor(url, { proxy: null, noProxy: null }), null)
  t.equal(clientProxyFor('no url', { proxy, noProxy: null }), null)
})
