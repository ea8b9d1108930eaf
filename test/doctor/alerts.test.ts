// doctor of the admin's side: watched repositories that could lose their history, and a base that others could change.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { baseState } from '../../src/base/state.js'
import { doctor, findsFault, healthy } from '../kit/doctor.js'

t.test('changes: a bare repository is asked whether git itself keeps its history', async t => {
  const box = await healthy(t)
  const bare = join(box.home.path, 'infra.git')
  execFileSync('git', ['init', '-q', '--bare', bare])
  const endpoints = { oauth: box.authority.url, api: box.authority.url }
  const config = { version: 1, endpoints, changes: [{ name: 'infra', repository: bare }] }
  box.writeConfig({ ...config, alerts: { command: ['/bin/true'] } })
  const open = await findsFault(t, box, 'changes', { fixable: false })
  t.match(open, { state: 'warn', message: 'infra: git itself accepts rewritten or deleted' })
  execFileSync('/bin/sh', ['-c', open.hint ?? ''])
  t.match((await doctor(box)).check('changes'), { state: 'note', message: 'infra has no guard' })
  writeFileSync(join(bare, 'hooks/pre-receive'), '#!/bin/sh\nexec claude-auth changes guard\n')
  chmodSync(join(bare, 'hooks/pre-receive'), 0o755)
  t.match((await doctor(box)).check('changes'), { state: 'ok' })
  box.writeConfig(config)
  t.match((await findsFault(t, box, 'changes', { fixable: false })).message, 'nobody is told')
  rmSync(bare, { recursive: true })
  t.match((await findsFault(t, box, 'changes', { fixable: false })).message, 'no git repository')
})

t.test('base: missing, empty, open to others, in order', async t => {
  const folder = join(t.testdir(), 'base')
  const uid = process.geteuid?.() ?? 0
  t.equal(baseState(null, uid), null)
  t.match(baseState(folder, uid), { kind: 'missing' })
  mkdirSync(join(folder, 'skills'), { recursive: true, mode: 0o755 })
  t.match(baseState(folder, uid), { kind: 'empty' })
  const file = join(folder, 'skills/a.md')
  writeFileSync(file, 'x', { mode: 0o644 })
  t.match(baseState(folder, uid), { kind: 'good', parts: ['skills'] })
  for (const [path, mode] of [
    [file, 0o646],
    [join(folder, 'skills'), 0o777],
    [folder, 0o757],
  ] as const) {
    chmodSync(path, mode)
    t.match(baseState(folder, uid), { kind: 'open', path, why: 'is writable by others' }, path)
    chmodSync(path, mode & 0o755)
  }
})
