// Proxy and extra authorities: the environment first, then settings that a project cannot write.

import t from 'tap'
import { networkSettings } from '../../src/host/network-settings.js'
import { settingsOf } from './settings-of.js'

const nothing = { httpsProxy: null, noProxy: null, extraCaFile: null }

t.test('nothing set is nothing used', async t => {
  t.same(networkSettings({}, settingsOf()), nothing)
})

t.test('the environment is used, lower case first', async t => {
  const env = {
    https_proxy: 'http://lower:1',
    HTTPS_PROXY: 'http://upper:1',
    NO_PROXY: '.example.com',
    NODE_EXTRA_CA_CERTS: '/ca.pem',
  }
  t.same(
    networkSettings(env, settingsOf({ scope: 'user', env: { HTTPS_PROXY: 'http://user:1' } })),
    {
      httpsProxy: 'http://lower:1',
      noProxy: '.example.com',
      extraCaFile: '/ca.pem',
    },
  )
})

t.test('else the settings, managed before user', async t => {
  const settings = settingsOf(
    { scope: 'managed', env: { HTTPS_PROXY: 'http://managed:1' } },
    { scope: 'user', env: { HTTPS_PROXY: 'http://user:1', NODE_EXTRA_CA_CERTS: '/user.pem' } },
  )
  t.match(networkSettings({}, settings), {
    httpsProxy: 'http://managed:1',
    extraCaFile: '/user.pem',
  })
})

t.test('set but empty means none', async t => {
  const settings = settingsOf({ scope: 'user', env: { HTTPS_PROXY: 'http://user:1' } })
  t.same(networkSettings({ HTTPS_PROXY: '' }, settings), nothing)
})

t.test('a project cannot put itself between a login and the server', async t => {
  const env = { HTTPS_PROXY: 'http://evil:1', NODE_EXTRA_CA_CERTS: '/evil.pem' }
  const settings = settingsOf(
    { scope: 'local', env },
    { scope: 'project', env },
    { scope: 'user', env: { HTTPS_PROXY: 'http://user:1' } },
  )
  t.same(networkSettings({}, settings), { ...nothing, httpsProxy: 'http://user:1' })
})
