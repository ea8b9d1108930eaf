// A Node that is too old: every entry says so in one line with the way to a newer one, and none runs half.

import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { fetchPeers } from '../kit/real-clients.js'
import { run } from '../kit/run.js'
import { sandbox } from '../kit/sandbox.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const [old] = fetchPeers('node18')
if (old === undefined) throw new Error('unreachable')
const skip = old.skip
const node = old.path

const line =
  /^claude-auth: it takes Node\.js 20 or newer, this is v18\.\d+\.\d+: https:\/\/nodejs\.org\/en\/download, or .*\.deb.*\n$/

t.test('commands, as a program and by Node itself', { skip }, async t => {
  const box = await sandbox(t, { login: 'expired', node })
  const before = readFileSync(box.home.paths.loginFile, 'utf8')
  for (const args of [
    ['demo'],
    ['ensure'],
    ['install', '--yes'],
    ['status', '--json'],
    ['--help'],
  ]) {
    const ended = await box.command(args)
    t.match(ended, { code: 126, stdout: '', stderr: line }, args.join(' '))
    const typed = await box.run(join(root, 'bin/claude-auth'), args)
    t.match(typed, { code: 126, stdout: '', stderr: line }, `typed: ${args.join(' ')}`)
  }
  t.equal(readFileSync(box.home.paths.loginFile, 'utf8'), before)
  t.notOk(existsSync(join(box.home.path, '.local')))
  t.same(
    box.authority.requests.filter(({ path }) => /token/.test(path)),
    [],
  )
})

t.test('a launch says so and starts the client; a session is told', { skip }, async t => {
  const box = await sandbox(t, { login: 'expired', node })
  const launched = await box.launch(['--print', 'hello'])
  t.match(launched, { code: 0, stdout: /--print hello/ })
  t.match(
    launched.stderr,
    /^claude-auth: it takes Node\.js 20 or newer, .*launching without a check.*nodejs\.org.*\n$/,
  )
  const hooked = await box.run(join(root, 'bin/claude-auth'), ['hook', 'session-start'])
  t.equal(hooked.code, 0)
  t.match(JSON.parse(hooked.stdout), { systemMessage: /it takes Node\.js 20 or newer/ })
})

t.test('every script of a clone, before it does anything', { skip }, async t => {
  const env = { PATH: '/usr/bin:/bin', HOME: t.testdir() }
  const starts = ['package.json', '.ci/run'].map(name => readFileSync(join(root, name), 'utf8'))
  const entries = readdirSync(join(root, 'scripts'))
    .filter(name => name.endsWith('.mjs'))
    .filter(name => {
      const text = readFileSync(join(root, 'scripts', name), 'utf8')
      return text.includes('usage: ') || starts.some(each => each.includes(`scripts/${name}`))
    })
  t.ok(entries.length > 8, entries.join(' '))
  for (const name of entries)
    t.match(
      await run(node, [join(root, 'scripts', name)], { cwd: root, env }),
      {
        code: 126,
        stdout: '',
        stderr: line,
      },
      name,
    )
})

t.test('the commands that the README begins with, whatever the age of Node', { skip }, async t => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const folder = t.testdir({ bin: {} })
  mkdirSync(join(folder, 'bin'), { recursive: true })
  symlinkSync(node, join(folder, 'bin/node'))
  const env = { PATH: `${folder}/bin:/usr/bin:/bin`, HOME: folder }
  for (const name of ['predemo', 'pretest', 'prelint', 'prebench', 'build', 'package'])
    t.match(
      await run('/bin/sh', ['-c', scripts[name]], { cwd: root, env }),
      {
        code: 126,
        stderr: line,
      },
      name,
    )
})
