// Which addresses may see a token.

import t from 'tap'
import { endpointOrigin, serverAddress } from '../../src/system/endpoint.js'

t.test('https anywhere and http on loopback are endpoints', async t => {
  const table = {
    'https://platform.claude.com': 'https://platform.claude.com',
    'https://api.example.com:8443/': 'https://api.example.com:8443',
    'http://localhost:1': 'http://localhost:1',
    'http://127.9.9.9:80': 'http://127.9.9.9',
    'http://[::1]:4100': 'http://[::1]:4100',
    'http://127.1:4100': 'http://127.0.0.1:4100',
  }
  for (const [text, origin] of Object.entries(table)) t.equal(endpointOrigin(text), origin, text)
})

const refused = [
  '',
  'platform.claude.com',
  'ftp://127.0.0.1',
  'http://platform.claude.com',
  'http://10.0.0.1',
  'http://128.0.0.1',
  'http://127.0.0.1.example.com',
  'http://localhost.example.com',
  'http://127.0.0.1@evil.example',
  'http://[::2]',
  'http://[::ffff:127.0.0.1]',
  'http://0.0.0.0',
  'https://user@api.example.com',
  'https://:secret@api.example.com',
  'https://api.example.com/?a=1',
  'https://api.example.com/#a',
  'https://api.example.com#',
  'https://api.example.com?',
  'https:\\\\api.example.com',
  'https://api.example.com\n',
  'file:///etc/passwd',
]

t.test('all else is refused', async t => {
  for (const text of refused) {
    t.equal(endpointOrigin(text), null, text)
    t.equal(serverAddress(text), null, text)
  }
})

t.test('only a server behind a gateway may have a path', async t => {
  t.equal(endpointOrigin('https://example.com/v1'), null)
  t.equal(serverAddress('https://example.com/vault/'), 'https://example.com/vault')
})
