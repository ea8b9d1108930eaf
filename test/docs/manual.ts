// The fenced blocks of a page of the manual, and what the tests of docs/vault.md share.

import { readFileSync } from 'node:fs'
import type { OpenBao } from '../kit/openbao.js'

export interface Block {
  /** The heading above it, without marks and number. */
  under: string
  /** The first word after the fence: `sh`, `hcl`, `yaml`. */
  language: string
  /** The second: who runs it (`root`, `admin`, `user`), or what it is (`policy`, `terraform`, `server`). */
  mark: string
  text: string
}

export function readManual(name: string): string {
  return readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')
}

/** All blocks in their order. */
export function blocksOf(manual: string): Block[] {
  let under = ''
  const parts = manual.matchAll(/^#+ (?:\d+\. )?([^\n]*)$|^```(\w*) ?(\w*)\n(.*?)^```$/gms)
  return [...parts].flatMap(([, heading, language = '', mark = '', text]) => {
    if (heading === undefined) return [{ under, language, mark, text: text ?? '' }]
    under = heading
    return []
  })
}

/** The file that a policy is to be saved as, from its first line; null: none. */
export function fileNameOf({ text }: Block): string | null {
  return /^# (\S+\.hcl)$/m.exec(text.slice(0, text.indexOf('\n')))?.[1] ?? null
}

/** The statuses of a write and a read of a user's document with `token`. */
export async function opens(server: OpenBao, token: string, document: string): Promise<number[]> {
  const path = `secret/data/workstation/claude-users/${document}`
  const wrote = await server.ask('POST', path, { data: { setup_token: '' } }, token)
  const patched = await server.ask('PATCH', path, { data: { backed_up_at: '' } }, token)
  const read = await server.ask('GET', path, undefined, token)
  return [wrote.status, patched.status, read.status]
}

/** The answers of `opens` for one's own document and for another's. */
export const own = [200, 200, 200]
export const closed = [403, 403, 403]

/** The policy on the page of onboarding by which a lost token is found; the test of a killed apply uses it. */
export const listsAccessors: string =
  blocksOf(readManual('onboarding.md')).find(({ language }) => language === 'hcl')?.text ?? ''
