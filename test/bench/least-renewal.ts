// The least that a due launch can be: the wrapper's own gate, the locks, the writes of a renewal in their order, one POST, the
// marks; and nothing is looked at or decided. What a due launch costs beyond it is our own code.

import { writeFileSync } from 'node:fs'
import { clientId } from '../../src/demo/endpoints.js'
import type { Teardown } from '../kit/sandbox.js'
import { makePlace } from './place.js'
import type { Contestant } from './timing.js'

/** Launches by the wrapper of a place of its own, where another program stands in the engine's place. */
export async function leastRenewal(t: Teardown): Promise<Contestant> {
  const place = await makePlace(t)
  const { home, authority, user } = place
  const login = `${home.path}/least-login.json`
  home.write(login, JSON.stringify(authority.signIn({ user })))
  // Its marks never say that the login is good: each launch is due.
  writeFileSync(place.program, textOf(authority.url, login, home.paths.state))
  return {
    name: 'the writes and the POST alone',
    once: () => place.timeServed(place.wrapper),
  }
}

function textOf(url: string, login: string, state: string): string {
  return `const fs = require('node:fs')
const { createHash, randomBytes } = require('node:crypto')
const { request } = require('node:http')
const login = JSON.parse(fs.readFileSync('${login}', 'utf8'))
createHash('sha256').update(login.refreshToken).digest('hex')
const synced = path => {
  const file = fs.openSync(path, 'r')
  fs.fsyncSync(file)
  fs.closeSync(file)
}
const put = (path, bytes, isDurable) => {
  const temporary = path + '.tmp.' + randomBytes(8).toString('hex')
  fs.writeFileSync(temporary, bytes, { flag: 'wx', mode: 0o600, flush: isDurable })
  fs.renameSync(temporary, path)
  if (isDurable) synced('${state}')
}
const locks = ['first', 'second'].map(name => '${state}/' + name + '.lock')
for (const lock of locks) fs.mkdirSync(lock)
put('${state}/answer', Buffer.alloc(65536), true)
const body = JSON.stringify({ grant_type: 'refresh_token', refresh_token: login.refreshToken, client_id: '${clientId}' })
const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
const asked = request('${url}/v1/oauth/token', { method: 'POST', headers }, response => {
  let text = ''
  response.on('data', part => (text += part))
  response.on('end', () => {
    if (response.statusCode !== 200) throw new Error(text)
    fs.writeFileSync('${state}/answer', text, { flag: 'r+', flush: true })
    const successor = { ...login, refreshToken: JSON.parse(text).refresh_token }
    put('${login}', JSON.stringify(successor), true)
    put('${state}/memory', Buffer.alloc(3000), true)
    fs.unlinkSync('${state}/answer')
    for (const lock of locks) fs.rmdirSync(lock)
    for (const mark of ['first', 'second', 'third', 'fourth']) put('${state}/' + mark, '', false)
    fs.writeSync(1, 'launch\\n.\\n')
  })
})
asked.end(body)
`
}
