// A Vault that answers, and whose document or answer is of no use.

import type { Place } from './settled.js'

/** A document that is there, and of no use: the sealed copy takes its place. */
export const damages: Record<string, (place: Place) => unknown> = {
  deleted: ({ bao, at }) => bao.ask('POST', at.place.replace('/data/', '/delete/'), newest),
  destroyed: ({ bao, at }) => bao.ask('POST', at.place.replace('/data/', '/destroy/'), newest),
  'of wrong types': ({ at }) =>
    at.put({
      claude_ai_oauth_json: 42,
      credential_expires_at_ms: 'soon',
      backed_up_at: {},
      claude_auth_chain: 'x',
      claude_auth_generation: '1',
      claude_auth_hosts: [1],
      claude_auth_intent: 'mine',
      team: { 'of others': [1, null] },
    }),
  'a login that is no JSON': ({ at }) =>
    at.put({ claude_ai_oauth_json: '{"accessToken":', team: { 'of others': [1, null] } }),
}
/** `settled` and `expire` make two or three versions; one that is not there is no error. */
const newest = { versions: [1, 2, 3, 4, 5, 6] }

/** What comes of a write that was carried out, instead of its answer. */
export const lost = {
  '500 after the write was applied': { status: 500, body: '{"errors":["internal error"]}' },
  'a write that was applied, and no answer in time': 'hang',
} as const
