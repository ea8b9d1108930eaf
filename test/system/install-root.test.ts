// Into another root, with what may be odd there: each oddity has a sentence, and nothing is half done.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { run } from '../kit/run.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))
const env = { PATH: '/usr/bin:/bin', HOME: '/nonexistent' }

function tree(folder: string, files: Record<string, string>): string {
  const root = join(folder, 'root')
  mkdirSync(root)
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

const install = (root: string, ...words: string[]) =>
  run('node', [program, 'install', '--system', '--root', root, ...words], { cwd: '/', env })

t.test('no zsh, no fish, no systemd: nothing is made for them', async t => {
  const root = tree(t.testdir(), { 'etc/passwd': '' })
  const installed = await install(root)
  t.match(installed, { code: 0, stderr: '' })
  t.match(
    installed.stdout,
    new RegExp(`\nUndo: .*claude-auth uninstall --system --root ${root}\n$`),
  )
  t.same(readdirSync(join(root, 'etc')).sort(), [
    'claude-auth',
    'claude-code',
    'environment.d',
    'passwd',
    'profile.d',
    'skel',
  ])
})

t.test('what cannot be is said, and nothing is changed', async t => {
  const cases: [string, Record<string, string>, string[], RegExp][] = [
    ['no base folder', {}, ['--base', '/srv/base'], /base folder \/srv\/base is not there/],
    [
      'skel is not JSON',
      { 'etc/skel/.claude/settings.json': 'oops' },
      [],
      /settings\.json is not JSON/,
    ],
    [
      'a configuration that is no YAML',
      { 'etc/claude-auth/config.yaml': 'a: [' },
      [],
      /is not YAML/,
    ],
    ['a given one that is none', {}, ['--config', '/etc/passwd'], /passwd/],
  ]
  for (const [name, files, words, message] of cases) {
    const root = tree(t.testdir(), files)
    const { code, stderr } = await install(root, ...words)
    t.equal(code, 2, name)
    t.match(stderr, message, name)
    t.notOk(existsSync(join(root, 'usr')), name)
    t.notOk(existsSync(join(root, 'var')), name)
  }
})

t.test("an empty base, and another's process wrapper, are told and left alone", async t => {
  const other = '{"processWrapper": "/opt/theirs"}'
  const root = tree(t.testdir(), {
    'srv/base/readme': '',
    'etc/claude-code/managed-settings.json': other,
    'usr/local/bin/claude': '#!/bin/sh\n',
  })
  const { code, stderr } = await install(root, '--base', '/srv/base')
  t.equal(code, 0)
  t.match(stderr, /has none of skills, rules, agents, commands/)
  t.match(stderr, /sets processWrapper; it stays/)
  t.match(stderr, /\/usr\/local\/bin\/claude is the client itself and stays/)
  const dropIn = readFileSync(
    join(root, 'etc/claude-code/managed-settings.d/claude-auth.json'),
    'utf8',
  )
  t.same(Object.keys(JSON.parse(dropIn)), ['hooks'])
  t.equal(readFileSync(join(root, 'etc/claude-code/managed-settings.json'), 'utf8'), other)
})
