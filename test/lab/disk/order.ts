// The order of a renewal on disk, read from a trace: what has to be durable is so before what follows.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { sandbox } from '../../kit/sandbox.js'

const program = fileURLToPath(new URL('../../../bin/claude-auth', import.meta.url))
const calls = 'write,writev,pwrite64,fsync,rename,unlink'

/** Of what is made durable under another name first: the temporary file, its new name, the folder. */
const replaced = (file: string, folder: string): [string, RegExp][] => [
  [`fsync of the new ${file}`, new RegExp(`fsync\\(\\d+<[^>]*${file}\\.tmp\\.`)],
  [`rename to ${file}`, new RegExp(`rename\\(.*${file}"\\)? *=? *`)],
  [`fsync of its folder`, new RegExp(`fsync\\(\\d+<[^>]*${folder}>`)],
]

const before: [string, RegExp][] = [
  ...replaced('answer', '\\.claude-auth'),
  ['the request leaves', /write[v]?\(\d+<[^>]*>, .*POST \/v1\/oauth\/token/],
  ['the answer is written', /pwrite64\(\d+<[^>]*\/answer>/],
  ['fsync of the answer', /fsync\(\d+<[^>]*\/answer>/],
]
const after: Record<string, [string, RegExp][]> = {
  shared: [
    ...replaced('\\.credentials\\.json', '\\.claude'),
    ['the answer is erased', /unlink\(.*\/answer"/],
  ],
  sole: [
    ...replaced('default\\.jwe', 'claude-auth'),
    ...replaced('\\.credentials\\.json', '\\.claude'),
    ['the answer is erased', /unlink\(.*\/answer"/],
  ],
}

/** What is missing from the order, or out of it; none: all is as it must be. */
export async function outOfOrder(t: Test, custody: 'shared' | 'sole'): Promise<string[]> {
  const box = await sandbox(t, { login: 'expired', config: { custody } })
  const record = join(box.home.path, 'trace')
  const words = ['-f', '-qq', '-y', '-s', '200', '-o', record, '-e', `trace=${calls}`]
  await box.run('strace', [...words, 'node', program, 'ensure'])
  const lines = readFileSync(record, 'utf8').split('\n')
  const start = lines.findIndex(line => /fsync\(\d+<[^>]*\/answer\.tmp\./.test(line))
  let at = Math.max(start, 0)
  const missing: string[] = []
  for (const [what, sign] of [...before, ...(after[custody] ?? [])]) {
    const next = lines.findIndex((line, index) => index >= at && sign.test(line))
    if (next < 0) missing.push(what)
    else at = next + 1
  }
  return missing
}
