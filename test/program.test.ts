// The program that Node starts: which bundle it runs, what it keeps of it, and what comes of a command without an end.

import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { run } from './kit/run.js'

const program = fileURLToPath(new URL('../dist/claude-auth.cjs', import.meta.url))

/** A copy of the program in a folder with its own home, and the names of the bundles it runs. */
function copied(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'program-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const copy = join(folder, 'claude-auth.cjs')
  copyFileSync(program, copy)
  const text = readFileSync(program, 'utf8')
  const nameOf = (kind: string) => new RegExp(`${kind}-[0-9a-f]+\\.cjs`).exec(text)?.[0] ?? ''
  const env = { HOME: folder, PATH: '/usr/bin:/bin' }
  return {
    folder,
    engine: nameOf('engine'),
    status: nameOf('status'),
    main: nameOf('main'),
    help: nameOf('help'),
    exitCode: async (...words: string[]) =>
      (await run(process.execPath, [copy, ...words], { cwd: folder, env })).code,
  }
}

const bundleOf = (main: string) =>
  `(function (exports, require, module, __filename) {exports.main = ${main}})`

t.test('the exit code is what the command says, and no success without its word', async t => {
  const { folder, engine, main, exitCode } = copied(t)
  for (const [bundle, word] of [
    [engine, 'ensure'],
    [main, 'log'],
  ] as const) {
    const ends = (main: string) => {
      writeFileSync(join(folder, bundle), bundleOf(main))
      return exitCode(word)
    }
    t.equal(await ends('async () => 0'), 0, 'and an engine without its main is no failure')
    t.equal(await ends('async () => 5'), 5)
    t.equal(await ends('() => new Promise(() => {})'), 1, 'nothing is left to wait for')
  }
})

t.test(
  'each command runs from its bundle: the engine, status and words on the program have their own',
  async t => {
    const { folder, engine, status, main, help, exitCode } = copied(t)
    writeFileSync(join(folder, engine), bundleOf('async () => 10'))
    writeFileSync(join(folder, status), bundleOf('async () => 11'))
    writeFileSync(join(folder, main), bundleOf('async () => 20'))
    writeFileSync(join(folder, help), bundleOf('async () => 30'))
    t.equal(await exitCode('ensure', '--for', 'launch'), 10)
    t.equal(await exitCode('status'), 11)
    t.equal(await exitCode('log'), 20)
    t.equal(await exitCode('frobnicate'), 20)
    for (const words of [[], ['--help'], ['-h'], ['help', 'log'], ['--version'], ['-v']])
      t.equal(await exitCode(...words), 30, words.join(' '))
    for (const name of ['ensure', 'status', 'log']) {
      t.equal(await exitCode(name, '--help'), 30, name)
      t.equal(await exitCode(name, '-h'), 30, name)
    }
    t.notOk(existsSync(join(folder, '.cache/claude-auth', help)))
  },
)

t.test('a run of the engine keeps the code of three, another command that of none', async t => {
  const { folder, engine, status, main, help, exitCode } = copied(t)
  for (const name of [engine, main, help])
    writeFileSync(join(folder, name), bundleOf('async () => 0'))
  const glance = `exports.commands = { status: async () => async (argv, env, out) => {
    out.write('nobody reads this')
    require('node:fs').appendFileSync('glances', JSON.stringify(argv))
  } }`
  const text = bundleOf('async () => 0').replace(/\}\)$/, `;${glance}})`)
  writeFileSync(join(folder, status), text)
  for (const word of ['status', 'log']) await exitCode(word)
  await exitCode('ensure', '--help')
  t.notOk(existsSync(join(folder, '.cache')))
  await exitCode('ensure')
  const kept = readdirSync(join(folder, '.cache/claude-auth')).sort()
  t.same(
    kept.map(name => name.replace(/-v\d.*/, '')),
    [engine, main, status],
  )
  t.equal(readFileSync(join(folder, 'glances'), 'utf8'), '[]', 'of status what it needs')
})

t.test(
  'while somebody waits only the engine is kept, and a wrong command line keeps nothing',
  async t => {
    const { folder, engine, main, exitCode } = copied(t)
    writeFileSync(join(folder, main), bundleOf('async () => 0'))
    writeFileSync(join(folder, engine), bundleOf('async () => 2'))
    t.equal(await exitCode('ensure', '--bogus'), 2)
    t.notOk(existsSync(join(folder, '.cache')))
    writeFileSync(join(folder, engine), bundleOf('async () => 3'))
    t.equal(await exitCode('ensure', '--waited-for'), 3)
    const kept = readdirSync(join(folder, '.cache/claude-auth'))
    t.match(kept, [/^engine-/])
  },
)

t.test('output that cannot be written ends no run, and is no success', async t => {
  const { folder, engine, exitCode } = copied(t)
  const failing = (code: string) =>
    bundleOf(`async () => {
      process.stderr.emit('error', Object.assign(new Error('it failed'), { code: '${code}' }))
      await new Promise(resolve => setTimeout(resolve, 50))
      require('node:fs').writeFileSync('ended', '')
      return 0
    }`)
  for (const [code, exit] of [
    ['EPIPE', 0],
    ['EIO', 0],
    ['ENOSPC', 1],
  ] as const) {
    rmSync(join(folder, 'ended'), { force: true })
    writeFileSync(join(folder, engine), failing(code))
    t.equal(await exitCode('ensure'), exit, code)
    t.ok(existsSync(join(folder, 'ended')), code)
  }
})
