// The client of the guided demo: the real one where it is installed, else a stand-in that asks the same question.

import { symlinkSync, writeFileSync } from 'node:fs'
import { findClient } from '../host/client.js'
import type { Env } from '../host/paths.js'
import type { Ran } from './run-program.js'

export interface DemoClient {
  kind: 'real' | 'stand-in'
  /** For people: `Claude Code 2.1.330 (/usr/bin/claude)`. */
  label: string
  /** Where it is in the throwaway home. */
  file: string
}

/** Puts a client at `file`: the one that `env` leads to, or the stand-in, which asks `authority`. */
export async function putClient(
  file: string,
  env: Env,
  authority: string,
  run: (command: string, args: string[]) => Promise<Ran>,
): Promise<DemoClient> {
  const found = findClient(env, null)
  if (found === null) {
    writeFileSync(file, standIn(authority), { mode: 0o700 })
    return { kind: 'stand-in', label: 'a small stand-in (Claude Code is not installed here)', file }
  }
  symlinkSync(found, file)
  const { stdout } = await run(file, ['--version'])
  const version = /\d+\.\d+\.\d+/.exec(stdout)?.[0] ?? ''
  return { kind: 'real', label: `Claude Code ${version} (${found})`, file }
}

/** Does with the login file what counts here: takes the access token, asks the server, says what came of it. */
function standIn(authority: string): string {
  return `#!/usr/bin/env node
if (process.argv.includes('--version')) {
  console.log('1.0 (stand-in client)')
  process.exit(0)
}
const { readFileSync } = require('node:fs')
const { request } = require('node:http')
const end = words => {
  console.log(words)
  process.exit(1)
}
let token = ''
try {
  token = JSON.parse(readFileSync(process.env.HOME + '/.claude/.credentials.json', 'utf8')).claudeAiOauth.accessToken
} catch {}
if (!token) end('Stand-in client: there is no login in the login file.')
const headers = { authorization: 'Bearer ' + token, 'content-type': 'application/json' }
const asked = request('${authority}/v1/messages', { method: 'POST', headers }, response => {
  let text = ''
  response.on('data', part => (text += part))
  response.on('end', () => {
    if (response.statusCode !== 200) end('Stand-in client: the server refuses this login (' + response.statusCode + ').')
    console.log(JSON.parse(text).content[0].text)
  })
})
asked.on('error', error => end('Stand-in client: no answer (' + error.code + ').'))
asked.end('{}')
`
}
