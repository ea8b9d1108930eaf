// The renewing launch: the token is over, so the launch waits for a renewal, beside a bare Node that asks the same.

import { join } from 'node:path'
import { clientId } from '../../src/demo/endpoints.js'
import type { Place } from './place.js'
import { inTurn, table } from './timing.js'

const base = 'bare Node: POST and GET'

/** `vault`: a second place, whose logins are backed up in a Vault. */
export async function renewingLaunch(place: Place, vault: Place, rounds: number): Promise<string> {
  const { home, wrapper, timeServed, settle, expire, disk, authority } = place
  const node = join(home.tools, 'node')
  const bare = join(home.path, 'bare.cjs')
  const own = join(home.path, 'bare-login.json')
  home.write(bare, bareRenewal(authority.url, own))
  const first = disk.login()
  if (first === null) throw new Error('there is no login')
  // Its own login: the two must not spend each other's token.
  const { uuid, email } = { uuid: '00000000-0000-4000-8000-000000000000', email: 'b@example.com' }
  const user = { email, accountUuid: uuid, organizationUuid: uuid, organizationName: 'B' } as const
  home.write(own, JSON.stringify(authority.signIn({ user: { ...user, subscriptionType: 'team' } })))
  const timed = await inTurn(
    [
      { name: 'Node doing nothing', once: () => timeServed(node, ['-e', '0']) },
      { name: base, once: () => timeServed(node, [bare]) },
      {
        name: 'claude-auth, renewing',
        prepare: async () => {
          await settle()
          expire()
        },
        once: () => timeServed(wrapper),
      },
      {
        name: 'the same with Vault',
        prepare: async () => {
          await vault.settle()
          vault.expire()
        },
        once: () => vault.timeServed(vault.wrapper),
      },
    ],
    rounds,
  )
  await Promise.all([settle(), vault.settle()])
  const [here, there] = [authority.counts(), vault.authority.counts()]
  const rotations = here.rotations + there.rotations
  const reuses = here.reuses + there.reuses
  return `${table('A renewing launch, on loopback', timed, base)}\n  ${rotations} renewals, ${reuses} tokens used twice\n`
}

function bareRenewal(url: string, file: string): string {
  return `const { readFileSync, writeFileSync } = require('node:fs')
const { request } = require('node:http')
const ask = (path, options, body) =>
  new Promise((resolve, reject) => {
    const asked = request('${url}' + path, options, response => {
      let text = ''
      response.on('data', part => (text += part))
      response.on('end', () => (response.statusCode === 200 ? resolve(JSON.parse(text)) : reject(new Error(text))))
    })
    asked.on('error', reject)
    asked.end(body)
  })
const login = JSON.parse(readFileSync('${file}', 'utf8'))
const body = JSON.stringify({ grant_type: 'refresh_token', refresh_token: login.refreshToken, client_id: '${clientId}' })
const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
ask('/v1/oauth/token', { method: 'POST', headers }, body).then(async reply => {
  await ask('/api/oauth/profile', { headers: { authorization: 'Bearer ' + reply.access_token } })
  writeFileSync('${file}', JSON.stringify({ ...login, refreshToken: reply.refresh_token }), { mode: 0o600 })
})
`
}
