// nushell, the real one: installed for one person, asked by doctor, completing commands, and as it was after uninstall.

import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { completionFor } from '../../src/cli/completion.js'
import { asInstalled, doctor, findsFault, healthy, wrappedPath } from '../kit/doctor.js'
import { fetchPeers } from '../kit/real-clients.js'
import { sandbox } from '../kit/sandbox.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')
const [nu = { path: '', skip: 'no nushell' }] = fetchPeers('nushell')
const folder = dirname(nu.path)
const config = '.config/nushell/config.nu'
const id = 'shell-nushell'

/** As sshd starts it, and as a new window of a session: what `claude` is there. */
const manners = [
  ['--login', '-c', 'which claude | get path | first'],
  ['--login', '-e', 'print (which claude | get path | first); exit'],
  ['-e', 'print (which claude | get path | first); exit'],
]

t.test(
  'install puts the wrapper before the client, and uninstall leaves nothing',
  { skip: nu.skip },
  async t => {
    for (const before of [
      null,
      '',
      '$env.config.show_banner = false\n# the last line is not ended',
    ]) {
      const box = await sandbox(t)
      const file = join(box.home.path, config)
      if (before !== null) box.home.write(file, before)
      const more = { env: { PATH: `${folder}:${box.env['PATH']}` } }
      const installed = await box.command(['install', '--yes', '--custody', 'shared'], more)
      t.match(installed.stdout, /^Changed: /m, installed.stderr)
      for (const flags of manners) {
        const { stdout } = await box.run(nu.path, ['--no-history', ...flags], more)
        t.equal(stdout.trim(), join(box.home.path, '.local/bin/claude'), flags.join(' '))
      }
      const again = await box.command(['install', '--yes', '--custody', 'shared'], more)
      t.match(again.stdout, /^Changed: nothing/m)
      t.match(await doctor(box, ['--only', id], more), { faults: [] })
      t.equal((await box.command(['uninstall', '--yes'], more)).code, 0)
      t.equal(existsSync(file) ? readFileSync(file, 'utf8') : null, before)
      t.notOk(existsSync(join(box.home.path, '.local/share/nushell')))
      t.equal(existsSync(dirname(file)), before !== null)
    }
  },
)

t.test(
  'a configuration that cannot be edited stays, and stops nothing',
  { skip: nu.skip },
  async t => {
    const box = await sandbox(t)
    const file = join(box.home.path, config)
    mkdirSync(dirname(file), { recursive: true })
    symlinkSync('/nowhere/config.nu', file)
    const more = { env: { PATH: `${folder}:${box.env['PATH']}` } }
    const { code, stderr } = await box.command(['install', '--yes', '--custody', 'shared'], more)
    t.match(stderr, /config\.nu is no file of yours that can be edited/)
    t.notMatch(stderr, /nothing was changed/)
    t.not(code, 2)
  },
)

/** A home as install leaves it, in which nushell is used. */
async function used(t: Test) {
  const box = await healthy(t)
  asInstalled(box)
  const at = (name: string) => join(box.home.path, name)
  box.home.write(
    at(config),
    '$env.PATH = ($env.PATH | prepend ($env.HOME | path join .local/bin))\n',
  )
  const more = { env: { PATH: `${wrappedPath(box)['PATH']}:${folder}` } }
  return {
    box,
    at,
    more,
    put: (name: string, line: string) => appendFileSync(at(name), `${line}\n`),
  }
}

/** Types the hint in sh and in nushell; both times a new session finds the wrapper. */
async function mends(t: Test, { box, more, at }: Awaited<ReturnType<typeof used>>): Promise<void> {
  const found = await findsFault(t, box, id, { fixable: false, more })
  const autoload = at('.config/nushell/autoload/claude-auth.nu')
  t.match(found.hint, autoload)
  for (const shell of ['/bin/sh', nu.path]) {
    if (existsSync(autoload)) writeFileSync(autoload, '')
    t.match(await box.run(shell, ['-c', found.hint ?? ''], more), { code: 0, stderr: '' })
    t.match((await doctor(box, ['--only', id], more)).check(id), { state: 'ok' }, shell)
  }
}

t.test('doctor: another claude comes first', { skip: nu.skip }, async t => {
  for (const name of [
    config,
    '.config/nushell/login.nu',
    '.local/share/nushell/vendor/autoload/npm.nu',
  ]) {
    const here = await used(t)
    const { box, at } = here
    box.home.write(at('npm/claude'), '#!/bin/sh\n', 0o755)
    const before = existsSync(at(name)) ? readFileSync(at(name), 'utf8') : ''
    box.home.write(
      at(name),
      `${before}$env.PATH = ($env.PATH | prepend ($env.HOME | path join npm))\n`,
    )
    t.match((await doctor(box, ['--only', id], here.more)).check(id), {
      state: 'warn',
      message: /In nushell .*`claude` is .*npm\/claude, found before the wrapper/,
    })
    await mends(t, here)
  }
})

t.test(
  'doctor: an alias or function ends in the wrapper, or is named',
  { skip: nu.skip },
  async t => {
    const harmless = [
      'alias claude = claude --continue',
      'alias claude = ^claude --continue',
      'def --wrapped claude [...rest] { ^claude --continue ...$rest }',
      'extern claude [--continue]',
    ]
    const { box, at, more } = await used(t)
    const before = readFileSync(at(config), 'utf8')
    for (const line of harmless) {
      writeFileSync(at(config), `${before}${line}\n`)
      t.match((await doctor(box, ['--only', id], more)).check(id), { state: 'ok' }, line)
    }
    for (const line of ['alias claude = ^npx claude', 'def claude [] { echo no }']) {
      writeFileSync(at(config), `${before}${line}\n`)
      const found = (await doctor(box, ['--only', id], more)).check(id)
      t.match(
        found.message,
        /an alias or function named claude hides the wrapper \(.*, line 2\)/,
        line,
      )
      t.equal(found.hint, `vi +2 ${at(config)}`)
    }
    // One that is made where nobody would look for it.
    for (const line of ['alias claude = ^npx claude', 'def claude [] { echo no }']) {
      const here = await used(t)
      here.box.home.write(here.at('team/claude.nu'), `${line}\n`)
      here.put(config, 'source ~/team/claude.nu')
      await mends(t, here)
    }
  },
)

t.test('doctor asks without a trace, and knows who uses it', { skip: nu.skip }, async t => {
  const box = await healthy(t)
  asInstalled(box)
  const more = { env: { PATH: `${box.env['PATH']}:${folder}`, SHELL: '/bin/bash' } }
  const seen = await doctor(box, ['--only', id], more)
  t.match(seen.check(id), { state: 'note', message: /You do not seem to use nushell/ })
  t.notOk(existsSync(join(box.home.path, '.config/nushell')))
  const { check } = await doctor(box, ['--only', id], { env: { ...more.env, SHELL: nu.path } })
  t.match(check(id), { state: 'warn' })
})

t.test(
  'it takes its completions, and what it does not know goes to the command',
  { skip: nu.skip },
  async t => {
    const home = t.testdir({ bin: {}, 'completion.nu': completionFor('nushell') })
    writeFileSync(join(home, 'bin/claude-auth'), '#!/bin/sh\necho "got: $*"\n', { mode: 0o755 })
    const run = (...args: string[]) =>
      spawnSync(nu.path, ['--no-history', ...args], {
        encoding: 'utf8',
        cwd: home,
        env: { HOME: home, PATH: `${home}/bin:/usr/bin:/bin` },
      })
    const complete = (line: string) => {
      const text = `${completionFor('nushell')}${line}`
      writeFileSync(join(home, 'line.nu'), text)
      const { stdout } = run('--ide-complete', String(Buffer.byteLength(text)), 'line.nu')
      return JSON.parse(stdout).completions
    }
    t.same(complete('claude-auth lo'), [
      'claude-auth log',
      'claude-auth login',
      'claude-auth logout',
    ])
    t.same(complete('claude-auth log --f'), ['--follow'])
    t.same(complete('claude-auth completion n'), ['nushell'])
    t.ok(complete('claude-auth help ').includes('status'))
    for (const words of [
      'log --since 2d -n 20',
      'ensure --every 15m',
      'status --help',
      '--help',
      'ensure --for launch',
      'doctor --only hooks',
    ])
      t.match(run('-c', `source ${home}/completion.nu; claude-auth ${words}`), {
        stdout: `got: ${words}\n`,
        stderr: '',
      })
    const { stdout } = spawnSync(program, ['completion', 'nushell'], { encoding: 'utf8' })
    t.equal(stdout, completionFor('nushell'))
  },
)
