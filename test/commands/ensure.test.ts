// The command `ensure`: its flags, and what a program that reads its output can rely on.

import { chmodSync, chownSync, existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { flagsOf } from '../../src/commands/ensure-flags.js'
import { sandbox } from '../kit/sandbox.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))

t.test('an asker that does not exist is a usage error', async t => {
  for (const known of ['launch', 'soon', 'hook', 'timer', 'sign-in'])
    t.equal(flagsOf(['--for', known]).for, known)
  t.throws(() => flagsOf(['--for', 'bogus']), { code: 'usage', message: /sign-in, not bogus/ })
  t.throws(() => flagsOf(['--bogus']), { code: 'usage' })
})

t.test('--json prints one object also when the run breaks', async t => {
  const box = await sandbox(t)
  chmodSync(box.home.configFile, 0o666)
  const ended = await box.ensure()
  t.equal(ended.code, 2)
  t.match(ended.stderr, /writable by others[^\n]*\n[^\n]*chmod/)
  t.same(ended.outcome, {
    schemaVersion: 1,
    verdict: 'broken',
    because: 'own-trouble',
    did: [],
    credential: 'none',
    custody: 'shared',
    identity: null,
    expiresAt: null,
    loginEndsAt: null,
    store: { kind: 'none', state: 'empty', version: null },
    steps: [],
    alert: 'off',
  })
})

t.test(
  'in somebody else’s home it does nothing, whatever their configuration says',
  { skip: process.geteuid?.() !== 0 },
  async t => {
    const box = await sandbox(t, { login: 'expired' })
    const { path, configFile, paths } = box.home
    for (const theirs of [path, paths.folder, paths.loginFile, configFile, dirname(configFile)])
      chownSync(theirs, 12345, 12345)
    const { code, outcome, stderr } = await box.ensure()
    t.same({ code, stderr }, { code: 0, stderr: '' })
    t.match(outcome, { verdict: 'ok', because: 'not-ours', did: [], alert: 'off' })
    t.notOk(existsSync(paths.state))
    t.equal(box.authority.requests.length, 0)
  },
)

t.test('what is known of the configuration stands in it', async t => {
  const box = await sandbox(t, { config: { custody: 'sole' } })
  // The gate can't be opened.
  mkdirSync(box.home.paths.gate, { recursive: true, mode: 0o700 })
  const { code, outcome } = await box.ensure()
  t.equal(code, 1)
  t.match(outcome, { verdict: 'broken', custody: 'sole', store: { kind: 'local' } })
})

t.test('a reader that has gone is no trouble, nor is a folder that was deleted', async t => {
  const box = await sandbox(t)
  await box.ensure()
  const gone = join(box.home.path, 'gone')
  const lines = [
    `mkdir '${gone}' && cd '${gone}' && rmdir '${gone}'`,
    `for words in 'log --json' log ensure 'ensure --json' --help; do`,
    `  node '${program}' $words 2>&1 >&3 3>&- | sed 's/^/said: /' >&2`,
    'done 3>&1 | true',
  ]
  const ended = await box.run('sh', ['-c', lines.join('\n')])
  t.equal(ended.stderr, '')
})
