// What unseats the wrapper in each shell is found, and the hint, typed as it is, seats it again.

import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { asInstalled, doctor, findsFault, healthy, wrappedPath } from '../kit/doctor.js'
import type { Sandbox } from '../kit/sandbox.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')
const shells = ['bash', 'zsh', 'fish', 'sh']

/** A home as install leaves it, and how a session in it is started; `put` adds to one of its files. */
async function installed(t: Test) {
  const box = await healthy(t)
  asInstalled(box)
  const at = (name: string) => join(box.home.path, name)
  const put = (name: string, line: string) => appendFileSync(at(name), `${line}\n`)
  return { box, more: { env: wrappedPath(box) }, at, put }
}

type Installed = Awaited<ReturnType<typeof installed>>

/** Types the hint of `id` in a shell, and looks again from that very shell. */
async function typed({ box, more }: Pick<Installed, 'box' | 'more'>, id: string): Promise<string> {
  const { hint } = (await doctor(box, ['--only', id], more)).check(id)
  const line = `${hint}\n${box.home.tools}/node ${program} doctor --json --only ${id}`
  const { stdout } = await box.run('/bin/sh', ['-c', line], more)
  return JSON.parse(stdout.slice(stdout.indexOf('{"schemaVersion'))).checks[0].state
}

/** As a version manager puts its own folder first. */
function otherClient(box: Sandbox): string {
  box.home.write(join(box.home.path, 'npm/claude'), '#!/bin/sh\n', 0o755)
  return 'PATH="$HOME/npm:$PATH"'
}

for (const [shell, file] of [
  ['bash', '.bashrc'],
  ['zsh', '.zshrc'],
  ['fish', '.config/fish/config.fish'],
] as const)
  t.test(`shell-${shell}: another claude comes first in ${file}`, async t => {
    const here = await installed(t)
    const line = otherClient(here.box)
    here.put(file, shell === 'fish' ? 'set -gx PATH $HOME/npm $PATH' : line)
    const { box, more } = here
    const found = await findsFault(t, box, `shell-${shell}`, { fixable: false, more })
    t.match(found.message, /`claude` is .*npm\/claude, found before the wrapper/)
    t.match(found.hint, here.at(file))
    t.equal(await typed(here, `shell-${shell}`), 'ok')
    t.same((await doctor(box, [], more)).faults, [])
  })

t.test('another claude comes first in every login: one command a shell', async t => {
  const here = await installed(t)
  const { box, at, put } = here
  const line = otherClient(box)
  for (const name of ['.profile', '.bash_profile', '.zprofile']) put(name, line)
  for (const name of ['.bashrc', '.zshrc', '.zshenv']) writeFileSync(at(name), '')
  rmSync(at('.config/fish'), { recursive: true })
  box.home.write(at('.local/share/fish/fish_history'), '- cmd: ls\n')
  const more = { env: { PATH: `${at('npm')}:${wrappedPath(box)['PATH']}` } }
  t.same(
    (await doctor(box, [], more)).faults,
    shells.map(name => `shell-${name}`),
  )
  for (const name of shells) t.equal(await typed({ box, more }, `shell-${name}`), 'ok', name)
  // And as after the next login.
  t.same((await doctor(box, [], { env: wrappedPath(box) })).faults, [])
})

t.test('a shell that this user does not use is a note, with the same words', async t => {
  const here = await installed(t)
  for (const name of ['.zshenv', '.zprofile', '.zshrc']) rmSync(here.at(name))
  rmSync(here.at('.config/fish'), { recursive: true })
  const { box, more } = here
  const unused = { env: { ...more.env, PATH: box.env['PATH'] ?? '', SHELL: '/bin/bash' } }
  const seen = await doctor(box, [], unused)
  for (const id of ['shell-zsh', 'shell-fish'])
    t.match(seen.check(id), { state: 'note', message: /there is no `claude`|found before/ })
  const used = await doctor(box, ['--only', 'shell-zsh'], {
    env: { ...unused.env, SHELL: '/bin/zsh' },
  })
  t.match(used.check('shell-zsh'), { state: 'warn' })
})

t.test('the last line of a start-up file need not be ended', async t => {
  const here = await installed(t)
  writeFileSync(here.at('.bashrc'), otherClient(here.box))
  t.equal(await typed(here, 'shell-bash'), 'ok')
})

t.test('shell-zsh: its files are where ZDOTDIR says', async t => {
  const here = await installed(t)
  here.put('.zshenv', 'ZDOTDIR="$HOME/.zsh"')
  here.box.home.write(here.at('.zsh/.zshrc'), otherClient(here.box))
  const found = (await doctor(here.box, ['--only', 'shell-zsh'], here.more)).check('shell-zsh')
  t.match(found.hint, here.at('.zsh/.zshrc'))
  t.equal(await typed(here, 'shell-zsh'), 'ok')
})

t.test('shell-sh: its login has another PATH', async t => {
  const here = await installed(t)
  const { box, more, at } = here
  writeFileSync(at('.profile'), 'PATH=/usr/bin:/bin\n')
  const found = await findsFault(t, box, 'shell-sh', { fixable: false, more })
  t.match(found.message, /In sh \(a login shell\), there is no `claude`/)
  t.equal(await typed(here, 'shell-sh'), 'ok')
})

t.test('an alias or function that adds arguments ends in the wrapper, and is no fault', async t => {
  const { box, more, put } = await installed(t)
  const alias = "alias claude='claude --dangerously-skip-permissions'"
  put('.bashrc', alias)
  put('.zshrc', "alias claude='DISABLE_TELEMETRY=1 claude --continue'")
  put('.config/fish/config.fish', alias)
  put(
    '.profile',
    'claude() { command claude --continue "$@"; }\nalias claude="~/.local/bin/claude -c"',
  )
  t.same((await doctor(box, [], more)).faults, [])
  // It is no better than what it ends in.
  put('.bashrc', otherClient(box))
  const found = await findsFault(t, box, 'shell-bash', { fixable: false, more })
  t.match(found.message, /npm\/claude, found before the wrapper/)
})

t.test('an alias or function for something else is named by file and line', async t => {
  const cases: [shell: string, file: string, line: string][] = [
    ['bash', '.bashrc', 'alias claude="$HOME/.claude/local/claude"'],
    ['bash', '.bashrc', 'claude() { echo no; }'],
    ['zsh', '.zshrc', "alias claude='npx claude'"],
    ['fish', '.config/fish/config.fish', "alias claude='npx claude'"],
    ['fish', '.config/fish/functions/claude.fish', 'function claude; echo no; end'],
    ['sh', '.profile', "alias claude='npx claude'"],
  ]
  for (const [shell, file, line] of cases) {
    const { box, more, at } = await installed(t)
    const before = file.includes('functions') ? '' : readFileSync(at(file), 'utf8')
    box.home.write(at(file), `${before}${line}\n`)
    const found = await findsFault(t, box, `shell-${shell}`, { fixable: false, more })
    t.match(found.message, /an alias or function named claude hides the wrapper \(.*, line \d\)/)
    t.equal(found.hint, `vi +${before === '' ? 1 : 2} ${at(file)}`)
  }
})

t.test('one made in a file that nobody would look for is undone at the end', async t => {
  const makings = { alias: "alias claude='npx claude'", function: 'function claude { echo no; }' }
  for (const [shell, file] of [
    ['bash', '.bashrc'],
    ['zsh', '.zshrc'],
  ] as const)
    for (const making of Object.values(makings)) {
      const here = await installed(t)
      here.box.home.write(here.at('team/aliases'), `${making}\n`)
      here.put(file, '. ~/team/aliases')
      await findsFault(t, here.box, `shell-${shell}`, { fixable: false, more: here.more })
      t.equal(await typed(here, `shell-${shell}`), 'ok', `${shell}: ${making}`)
    }
  const here = await installed(t)
  here.box.home.write(here.at('team/aliases.fish'), `${makings.alias}\n`)
  here.put('.config/fish/config.fish', 'source ~/team/aliases.fish')
  t.equal(await typed(here, 'shell-fish'), 'ok')
})

t.test('wrapper: the client itself stands in its place', async t => {
  const here = await installed(t)
  const { box, more, at } = here
  rmSync(at('.local/bin/claude'))
  box.home.write(at('.local/bin/claude'), '#!/bin/sh\necho 2.1.330\n', 0o755)
  const seen = await doctor(box, [], more)
  t.match(seen.check('wrapper'), { state: 'note', message: /is the client itself/, hint: null })
  t.same(
    seen.faults,
    shells.map(name => `shell-${name}`),
  )
  for (const name of shells) t.equal(await typed(here, `shell-${name}`), 'ok', name)
  t.match((await doctor(box, ['--only', 'wrapper'], more)).check('wrapper'), { state: 'ok' })
})

t.test('a start-up file that prints and leaves a process behind does no harm', async t => {
  const { box, more, put } = await installed(t)
  put('.bashrc', 'echo welcome; sleep 300 &')
  const seen = await doctor(box, ['--only', 'shell-bash'], more)
  t.same(seen.faults, [])
  t.match(seen.check('shell-bash'), { state: 'ok' })
})
