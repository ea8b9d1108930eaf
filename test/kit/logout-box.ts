// A home whose login has siblings in its file, as the logins of MCP servers are.

import { readFileSync, writeFileSync } from 'node:fs'
import type { Test } from 'tap'
import { type Sandbox, sandbox } from './sandbox.js'

export const custodies = ['shared', 'sole'] as const

const blank = '{"accessToken":"","refreshToken":"","expiresAt":0}'

/** The file's text: odd spacing and unknown keys, so that a change of any other byte is seen. */
export function fileWith(login: 'first' | 'blank' | string | null): string {
  const text = login === 'blank' ? blank : login
  const own = text === null ? '' : `"claudeAiOauth":${text},`
  return `{ ${own}"mcpOAuth" : {"jira|1":{"accessToken":"mcp-\\u0061"}},\n\t"later":[1,2 ]}\n`
}

/** Signed in as alice, looked at once unless `looked` is false. */
export async function loggedOutBox(
  t: Test,
  config: Record<string, unknown>,
  { looked = true } = {},
): Promise<Sandbox> {
  const box = await sandbox(t, { config })
  writeFileSync(box.home.paths.loginFile, fileWith(JSON.stringify(box.login())))
  if (looked) {
    const { outcome } = await box.ensure()
    t.match(outcome, { verdict: 'ok' })
  }
  return box
}

/** The text of the client's global config. */
export function clientConfigOf({ home }: Sandbox): string {
  return readFileSync(home.paths.clientConfig, 'utf8')
}
