// A disk that fails at a chosen call, by strace: what no real file system does on demand.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { jsonObject } from '../../../src/system/json.js'
import { sandbox } from '../../kit/sandbox.js'

const program = fileURLToPath(new URL('../../../bin/claude-auth', import.meta.url))

/**
 * Each as strace(1) takes it. `pwrite64` is only ever used for an answer that has arrived; `LATER` is the first
 * such call after its place was made that is not one of the refuge.
 */
export const injections: Record<string, string[]> = {
  'copy-on-write and full: what was reserved is refused': ['pwrite64:error=ENOSPC'],
  'an answer that can’t be synced': ['pwrite64:error=EIO', 'fdatasync:error=EIO'],
  'nothing can be made or renamed any more': [
    'pwrite64:error=EROFS',
    'rename:error=EROFS:when=LATER+',
    'mkdir:error=EROFS:when=LATER+',
  ],
  'over quota': [
    'pwrite64:error=EDQUOT',
    'ftruncate:error=EDQUOT',
    'rename:error=EDQUOT:when=LATER+',
  ],
  'each fsync takes half a second': ['fsync:delay_exit=500000'],
}

/**
 * Calls of the refuge, which is on other file systems: it renames once, and makes a folder where it may, which
 * /run/user/UID need not let it.
 */
const elsewhere: Record<string, number> = { rename: 1, mkdir: 2 }

/** Runs a renewal with it, and the next one without; tells what was wrong. */
export async function injected(t: Test, custody: string, injection: string[]): Promise<string[]> {
  const box = await sandbox(t, { login: 'expired', config: { custody } })
  const calls = injection.map(each => each.split(':')[0]).join(',')
  const words = ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${calls}`]
  const before = await callsBefore(t, custody)
  const injects = injection.flatMap(each => {
    const call = each.split(':')[0] ?? ''
    const later = (before[call] ?? 0) + (elsewhere[call] ?? 0) + 1
    return ['-e', `inject=${each.replace('LATER', String(later))}`]
  })
  await box.run('strace', [...words, ...injects, 'node', program, 'ensure'])
  const wrong: string[] = []
  const rotated = box.authority.counts().rotations
  await sleep(1100)
  const { outcome } = await box.ensure(['--force'])
  if (outcome?.verdict !== 'ok') wrong.push(`then ${outcome?.verdict} ${outcome?.because}`)
  const { tokenRequests, reuses } = box.authority.counts()
  if (rotated !== 1) wrong.push('it asked for nothing')
  if (rotated === 1 && tokenRequests !== 1) wrong.push(`${tokenRequests} requests`)
  if (reuses > 0) wrong.push(`${reuses} reuses`)
  if (!box.authority.accepts(box.login()?.accessToken ?? '')) wrong.push('the login is lost')
  const state = jsonObject(readFileSync(box.home.paths.stateFile, 'utf8'))
  if (JSON.stringify(state?.['maybeSpent']) !== '[]') wrong.push('maybe-spent')
  return wrong
}

/** How often each call is made until the answer has its place, in a run that nothing befalls. */
async function callsBefore(t: Test, custody: string): Promise<Record<string, number>> {
  const box = await sandbox(t, { login: 'expired', config: { custody } })
  const trace = join(box.home.path, 'trace')
  const words = ['-f', '-qq', '-s', '300', '-o', trace, '-e', 'trace=rename,mkdir']
  await box.run('strace', [...words, 'node', program, 'ensure'])
  const lines = readFileSync(trace, 'utf8').split('\n')
  const made = lines.findIndex(line => /rename\(.*\/answer"\)/.test(line))
  if (made < 0) throw new Error('no answer was given a place')
  const all = lines.slice(0, made + 1)
  const countOf = (call: string) => all.filter(line => line.includes(` ${call}(`)).length
  return { rename: countOf('rename'), mkdir: countOf('mkdir') }
}
