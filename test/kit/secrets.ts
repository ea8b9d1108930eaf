// Looks for tokens where none may be: in texts, and in every file of a folder.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fingerprint } from '../../src/demo/grants.js'

const marked = /^sk-ant-o[ar]t01-/

/** Fingerprints of the secrets that `text` holds, whole or cut short (20 characters are enough). */
export function secretsInText(text: string, secrets: string[]): string[] {
  return secrets
    .filter(secret => text.includes(secret.replace(marked, '').slice(0, 20)))
    .map(fingerprint)
}

/** `file: fingerprint` for every secret in any file below `folder`; what vanishes meanwhile holds none. */
export async function secretsInFolder(folder: string, secrets: string[]): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const found: string[] = []
  for (const entry of entries) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) found.push(...(await secretsInFolder(path, secrets)))
    if (!entry.isFile()) continue
    const text = await readFile(path, 'latin1').catch(() => '')
    for (const mark of secretsInText(text, secrets)) found.push(`${path}: ${mark}`)
  }
  return found
}
