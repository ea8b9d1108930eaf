// What an authority can do to a request: each fault with what it did to the refresh token, for the laboratory's table.

import { gzipSync } from 'node:zlib'
import type { Authority } from '../../../src/demo/authority.js'
import type { Endpoint } from '../../../src/demo/endpoints.js'
import { type Fault, faults } from '../../../src/demo/faults.js'
import type { Engine } from '../../kit/engine.js'

/**
 * What became of the token that was posted. `kept`: it still works. `taken`: its successor arrived.
 * `gone`: it is spent, and no successor arrived. `refused`: it is dead, and that was said.
 */
export type Fate = 'kept' | 'taken' | 'gone' | 'refused'

export interface Row {
  fate: Fate
  fault: (at: Engine) => Fault
  /** How many requests meet it; all of them if not given. */
  times?: number
  /** Endpoints that fail with it; the token endpoint if not given. */
  endpoints?: Endpoint[]
  /** Takes the 30 s of a request: only in the whole laboratory. */
  slow?: true
  /** Its bytes need their turns within 30 s: no other cell in this process meanwhile. */
  alone?: true
}

const kept = (fault: Fault | ((at: Engine) => Fault), more: Partial<Row> = {}): Row => ({
  fate: 'kept',
  fault: typeof fault === 'function' ? fault : () => fault,
  ...more,
})
const taken = (fault: Fault, more: Partial<Row> = {}): Row => ({
  fate: 'taken',
  fault: () => fault,
  ...more,
})
const gone = (fault: Fault, more: Partial<Row> = {}): Row => ({
  fate: 'gone',
  fault: () => fault,
  times: 1,
  ...more,
})
const { answer } = faults
const large = 'x'.repeat(1024 * 1024)
const everywhere: Endpoint[] = ['token', 'profile', 'roles', 'revoke']

export const table: Record<string, Row> = {
  '400 invalid_request': kept(answer(400, { error: 'invalid_request' })),
  '400 invalid_client': kept(answer(400, { error: 'invalid_client' })),
  '400 invalid_scope': kept(answer(400, { error: 'invalid_scope' })),
  '400 unauthorized_client': kept(answer(400, { error: 'unauthorized_client' })),
  '400 unsupported_grant_type': kept(answer(400, { error: 'unsupported_grant_type' })),
  '400 of nothing': kept(answer(400, '')),
  '400 with a list': kept(answer(400, [{ error: 'invalid_grant' }])),
  '400 invalid_grant as text': kept(answer(400, 'invalid_grant')),
  '400 invalid_grant in an object': kept(answer(400, { error: { type: 'invalid_grant' } })),
  '400 invalid_grant in the description': kept(
    answer(400, { error: 'invalid_request', error_description: 'invalid_grant' }),
  ),
  '401': kept(answer(401, { error: { type: 'authentication_error' } })),
  '401 invalid_grant': kept(answer(401, { error: 'invalid_grant' })),
  '401 on everything for ever': kept(answer(401, { error: { type: 'authentication_error' } }), {
    endpoints: everywhere,
  }),
  '403 block page': kept(faults.blockPage()),
  '403 invalid_grant': kept(answer(403, { error: 'invalid_grant' })),
  '403 on everything': kept(faults.blockPage(), { endpoints: everywhere }),
  '404': kept(answer(404, { error: 'not_found' })),
  '429': kept(answer(429, { error: { type: 'rate_limit_error' } })),
  '429 Retry-After 30': kept(faults.retryAfter(30)),
  '429 Retry-After of a day': kept(faults.retryAfter(86_400)),
  '429 Retry-After of nonsense': kept(answer(429, {}, { 'retry-after': '-1e99 soon' })),
  '500': kept(answer(500, { error: 'invalid_grant' })),
  '502 page': kept(faults.blockPage(502)),
  '503 Retry-After 120': kept(faults.retryAfter(120, 503)),
  '529': kept(answer(529, { error: { type: 'overloaded_error' } })),
  'redirect to itself': kept(({ authority }) => faults.redirect(tokenUrl(authority))),
  'redirect elsewhere': kept(faults.redirect('https://example.invalid/v1/oauth/token')),
  '200 block page': kept(faults.blockPage(200)),
  '200 of nothing': kept(answer(200, ''), { times: 2 }),
  '200 empty object': kept(answer(200, {}), { times: 2 }),
  '200 with empty tokens': kept(answer(200, { access_token: '', refresh_token: '' }), { times: 2 }),
  '1 MB error': kept(answer(500, large)),
  '1 MB of 400': kept(answer(400, { error: 'invalid_request', padding: large })),
  'connection dropped before': kept(faults.drop(), { times: 2 }),
  'hang before': kept(faults.hang(), { times: 1, slow: true }),
  // A server that does not rotate: the old refresh token stays.
  'no refresh_token, not rotated': kept(
    at => answer(200, { access_token: at.signIn().accessToken, expires_in: 28_800 }),
    { times: 1 },
  ),
  'no expires_in': taken(faults.without('expires_in'), { times: 1 }),
  'no account': taken(faults.without('account', 'organization')),
  'narrower scope': taken(faults.changed({ scope: 'user:inference' })),
  'wrong types beside the tokens': taken(
    faults.changed({
      expires_in: '8h',
      scope: { a: 1 },
      account: [],
      organization: 7,
      refresh_token_expires_in: -1e308,
      token_type: null,
    }),
  ),
  'odd numbers': taken(faults.changed({ expires_in: 1e308, refresh_token_expires_in: 0 })),
  '1 MB answer': taken(faults.huge()),
  'an answer behind a byte order mark': taken(faults.text(text => `\uFEFF${text}`)),
  'an answer nested 5000 levels deep beside the tokens': taken(
    faults.text(text => text.replace('{', `{"x":${'['.repeat(5000)}${']'.repeat(5000)},`)),
  ),
  'an answer packed by a middlebox': taken(faults.packed(gzipSync, 'gzip')),
  'an answer that drips': taken(faults.drip(0), { alone: true }),
  'an answer with a clock of last year': taken(faults.clock(-365 * 86_400_000)),
  'answer lost after the rotation': gone(faults.lost()),
  'answer cut in its middle': gone(faults.cut()),
  'tokens of wrong types after the rotation': gone(
    faults.changed({ access_token: 7, refresh_token: { value: 'x' } }),
  ),
  'no refresh_token, though it rotated': gone(faults.without('refresh_token')),
  '3 MB answer': gone(faults.huge(3 * 1024 * 1024)),
  'answer hangs after the rotation': gone(faults.lostHanging(), { slow: true }),
  invalid_grant: {
    fate: 'refused',
    fault: () => answer(400, { error: 'invalid_grant' }),
  },
}

function tokenUrl({ url }: Authority): string {
  return `${url}/v1/oauth/token`
}
