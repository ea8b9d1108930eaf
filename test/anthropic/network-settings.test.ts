// Proxies, authorities and the own certificate: by the client's order, and never as a project wants them.

import t from 'tap'
import { networkSettings } from '../../src/anthropic/network.js'
import { settingsOf } from '../login/settings-of.js'

const nothing = {
  proxy: null,
  noProxy: null,
  authorities: { bundled: true, system: true, file: null, folders: [], extraFile: null },
  ownCertificate: { certFile: null, keyFile: null, passphrase: null },
}

t.test('nothing set is nothing used', async t => {
  t.same(networkSettings({}, settingsOf()), nothing)
})

t.test(
  'of the proxies the first that is not empty counts, and without a scheme it is http',
  async t => {
    const cases: [Record<string, string>, string | null][] = [
      [{ https_proxy: 'http://a:1', HTTPS_PROXY: 'http://b:1' }, 'http://a:1'],
      [{ HTTPS_PROXY: 'http://b:1', http_proxy: 'http://c:1' }, 'http://b:1'],
      [{ http_proxy: 'http://c:1', HTTP_PROXY: 'http://d:1' }, 'http://c:1'],
      [{ HTTP_PROXY: 'http://d:1' }, 'http://d:1'],
      [{ https_proxy: '', HTTPS_PROXY: 'http://b:1' }, 'http://b:1'],
      [{ https_proxy: '', HTTPS_PROXY: ' ', http_proxy: '', HTTP_PROXY: '' }, null],
      [{ ALL_PROXY: 'http://e:1', all_proxy: 'http://e:1' }, null],
      [{ HTTPS_PROXY: 'proxy.example.com:8080' }, 'http://proxy.example.com:8080'],
      [{ HTTPS_PROXY: 'localhost:8080' }, 'http://localhost:8080'],
      [{ HTTPS_PROXY: 'HTTPS://proxy:8443' }, 'HTTPS://proxy:8443'],
    ]
    for (const [env, proxy] of cases)
      t.equal(networkSettings(env, settingsOf()).proxy, proxy, JSON.stringify(env))
  },
)

t.test('the settings replace the environment, managed ones those of the user', async t => {
  const settings = settingsOf(
    { scope: 'managed', env: { HTTPS_PROXY: 'http://managed:1' } },
    { scope: 'user', env: { HTTPS_PROXY: 'http://user:1', NODE_EXTRA_CA_CERTS: '/user.pem' } },
  )
  const env = { HTTPS_PROXY: 'http://env:1', NODE_EXTRA_CA_CERTS: '/env.pem' }
  t.match(networkSettings(env, settings), {
    proxy: 'http://managed:1',
    authorities: { extraFile: '/user.pem' },
  })
  t.equal(networkSettings({ https_proxy: 'http://env:1' }, settings).proxy, 'http://env:1')
  const empty = settingsOf({ scope: 'user', env: { HTTPS_PROXY: '' } })
  t.equal(networkSettings(env, empty).proxy, null)
})

t.test(
  'the stores of authorities, in any spelling; a word that names none changes nothing',
  async t => {
    const cases: [string, { bundled: boolean; system: boolean }][] = [
      ['', { bundled: true, system: true }],
      ['bundled', { bundled: true, system: false }],
      [' System ', { bundled: false, system: true }],
      ['system,bundled', { bundled: true, system: true }],
      ['bogus', { bundled: true, system: true }],
      ['bogus,system', { bundled: false, system: true }],
    ]
    for (const [CLAUDE_CODE_CERT_STORE, stores] of cases)
      t.match(networkSettings({ CLAUDE_CODE_CERT_STORE }, settingsOf()).authorities, stores)
  },
)

t.test('a project cannot put itself between a login and the server', async t => {
  const env = {
    https_proxy: 'http://evil:1',
    HTTPS_PROXY: 'http://evil:1',
    http_proxy: 'http://evil:1',
    HTTP_PROXY: 'http://evil:1',
    NO_PROXY: '*',
    NODE_EXTRA_CA_CERTS: '/evil.pem',
    SSL_CERT_FILE: '/evil.pem',
    SSL_CERT_DIR: '/evil',
    CLAUDE_CODE_CERT_STORE: 'system',
    CLAUDE_CODE_CLIENT_CERT: '/evil.pem',
    CLAUDE_CODE_CLIENT_KEY: '/evil.pem',
    CLAUDE_CODE_CLIENT_KEY_PASSPHRASE: 'x',
  }
  const settings = settingsOf({ scope: 'local', env }, { scope: 'project', env })
  t.same(networkSettings({}, settings), nothing)
})
