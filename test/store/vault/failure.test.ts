// Every way in which a request to Vault fails has words of its own.

import t from 'tap'
import type { StoreTrouble } from '../../../src/store/store.js'
import type { VaultReply } from '../../../src/store/vault/client.js'
import { noPolicy, troubleOf, wrongVersion } from '../../../src/store/vault/failure.js'
import { jsonObject } from '../../../src/system/json.js'
import { told, whatOf } from '../../kit/told.js'

const place = 'secret/data/workstation/claude-users/alice'
const at = 'https://vault.example.com:8200'

function reply(status: number, text: string): VaultReply {
  const body = jsonObject(text)
  const errors = (body?.['errors'] ?? []) as string[]
  return { kind: 'reply', status, body, text, serverNowMs: null, retryAfterMs: null, errors }
}
const failed = (status: number, ...errors: string[]) => reply(status, JSON.stringify({ errors }))
const notSent = (what: string, tls = false): VaultReply => ({
  kind: 'not-sent',
  what: `${at}: ${what}`,
  tls,
})
const cut = (what: string): VaultReply => ({ kind: 'cut', what: `${at}: ${what}` })

const cases: [string, VaultReply, StoreTrouble['kind'], RegExp][] = [
  ['nobody listens', notSent('ECONNREFUSED'), 'unreachable', /can't be reached .*ECONNREFUSED/],
  ['an unknown name', notSent('ENOTFOUND'), 'unreachable', /name of Vault is not found/],
  ['no connection in time', notSent('no answer in time'), 'unreachable', /did not answer in time/],
  ['no route', notSent('ETIMEDOUT'), 'unreachable', /did not answer in time/],
  ['no answer in time', cut('no answer in time'), 'unreachable', /did not answer in time/],
  ['a torn answer', cut('ECONNRESET'), 'unreachable', /no whole answer .*ECONNRESET/],
  ['an unknown authority', notSent('SELF_SIGNED_CERT_IN_CHAIN', true), 'denied', /vault\.caCert/],
  ['an expired certificate', notSent('CERT_HAS_EXPIRED', true), 'denied', /has expired/],
  [
    'a certificate for another',
    notSent('ERR_TLS_CERT_ALTNAME_INVALID', true),
    'denied',
    /another name .*vault\.address/,
  ],
  ['no TLS', notSent('ERR_SSL_WRONG_VERSION_NUMBER'), 'denied', /no TLS is spoken/],
  ['http', notSent('not https'), 'denied', /vault\.address may not be used/],
  ['sealed', failed(503, 'Vault is sealed'), 'unreachable', /is sealed/],
  ['a gateway without Vault', reply(503, '<html>'), 'unreachable', /not available \(503\)/],
  ['a quota', failed(429, 'quota'), 'unreachable', /no more requests for now/],
  ['a standby', failed(473), 'unreachable', /standby \(473\)/],
  ['a standby of a replica', failed(472), 'unreachable', /standby \(472\)/],
  ['a redirect', reply(307, ''), 'unreachable', /elsewhere \(307\): it is not followed/],
  ['a fault', failed(500, 'internal error'), 'unreachable', /Vault failed \(500\)/],
  ['a bad gateway', reply(502, '<html>'), 'unreachable', /Vault failed \(502\)/],
  ['a proxy’s refusal', reply(403, '<html>'), 'unreachable', /not Vault refused .*\(403 for/],
  ['no policy', failed(403, 'permission denied'), 'denied', /has no policy for .*alice/],
  [
    'HTML with 200',
    reply(200, '<html>'),
    'denied',
    /is not Vault's \(200 for .*alice\): see vault\.address/,
  ],
  ['JSON of another', reply(200, '{"hello":1}'), 'denied', /is not Vault's/],
  ['HTML with 404', reply(404, '<html>'), 'denied', /is not Vault's \(404 for/],
  ['JSON with 404 of another', reply(404, '{}'), 'denied', /is not Vault's \(404 for/],
  [
    'no mount',
    failed(404, 'no handler for route "x"'),
    'denied',
    /no engine at this path .*vault\.mount/,
  ],
  ['no namespace', failed(404, 'namespace not found'), 'denied', /no such namespace/],
  ['KV version 1', failed(405, 'unsupported operation'), 'denied', /not KV version 2/],
  ['another refusal', failed(400, 'odd'), 'denied', /refused the request \(400 for/],
]

for (const [name, reply, kind, words] of cases)
  t.test(name, async t => {
    const trouble = troubleOf(reply, place)
    t.match(told(trouble), { kind, what: words })
    t.notMatch(whatOf(trouble), /\.$|undefined|null/)
    if (kind === 'denied') t.match(whatOf(trouble), /; type: claude-auth ensure --force$/)
    else t.notMatch(whatOf(trouble), /type:/)
  })

t.test('the words of a server are never handed on', async t => {
  for (const status of [200, 307, 400, 403, 404, 405, 429, 500, 503])
    for (const text of ['{"errors":["hvs.secret namespace sealed"]}', 'hvs.secret'])
      t.notMatch(whatOf(troubleOf(reply(status, text), place)), /hvs/)
})

t.test('a missing policy and another engine name the path', async t => {
  t.match(told(noPolicy(place)), { kind: 'denied', what: new RegExp(place) })
  t.match(told(wrongVersion(place)), { kind: 'denied', what: new RegExp(place) })
})
