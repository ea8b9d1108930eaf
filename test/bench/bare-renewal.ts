// What a due launch is compared with: a bare Node that posts one refresh grant and asks once whose token it is.

import { join } from 'node:path'
import { clientId } from '../../src/demo/endpoints.js'
import type { Place } from './place.js'

/** Writes the program into the home of `place`, with a login of its own, and gives its path. */
export function bareRenewal(place: Place): string {
  const { home, authority } = place
  const program = join(home.path, 'bare.cjs')
  const login = join(home.path, 'bare-login.json')
  home.write(program, textOf(authority.url, login))
  // Another person's: the two must not spend each other's token.
  const user = { ...place.user, email: 'bob@example.com', accountUuid: 'bob' }
  home.write(login, JSON.stringify(authority.signIn({ user })))
  return program
}

function textOf(url: string, login: string): string {
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
const login = JSON.parse(readFileSync('${login}', 'utf8'))
const body = JSON.stringify({ grant_type: 'refresh_token', refresh_token: login.refreshToken, client_id: '${clientId}' })
const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
ask('/v1/oauth/token', { method: 'POST', headers }, body).then(async reply => {
  await ask('/api/oauth/profile', { headers: { authorization: 'Bearer ' + reply.access_token } })
  writeFileSync('${login}', JSON.stringify({ ...login, refreshToken: reply.refresh_token }), { mode: 0o600 })
})
`
}
