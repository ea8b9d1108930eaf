// The command table: what is made of it is current, and what it promises is what the commands take.

import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { manualPage } from '../../scripts/manual.js'
import { type CommandEntry, readFlags, shownFlags, typedFlag } from '../../src/cli/command.js'
import { commandNamed, commandTable, nearestCommand } from '../../src/cli/commands.js'
import { completionFor } from '../../src/cli/completion.js'
import { helpFor } from '../../src/cli/help.js'
import { completingShells } from '../../src/install/shells/table.js'
import { commands } from '../../src/main.js'
import { AuthError } from '../../src/system/trouble.js'
import { wordsOf } from '../kit/command-line.js'
import { run as runProgram } from '../kit/run.js'

const pages = fileURLToPath(new URL('../../scripts/command-pages.mjs', import.meta.url))
const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))

t.test('docs/commands.md and man/claude-auth.1 are up to date', async t => {
  t.doesNotThrow(() => execFileSync(process.execPath, [pages, '--check'], { stdio: 'pipe' }))
})

t.test('every command loads, and its examples are read by its own parser', async t => {
  for (const entry of commandTable) {
    t.type(await commands[entry.name](), 'function', entry.name)
    for (const example of entry.examples) {
      const [program, name, ...args] = wordsOf(example)
      t.same([program, name], ['claude-auth', entry.name], example)
      t.doesNotThrow(() => readFlags(entry, args), example)
    }
  }
})

t.test('every shown flag is in the help, and no hidden one is anywhere', async t => {
  const everywhere = [
    ...commandTable.map(({ name }) => helpFor(name)),
    ...completingShells.map(({ name }) => completionFor(name)),
    manualPage(),
  ].join('\n')
  for (const entry of commandTable) {
    for (const [name] of shownFlags(entry)) t.match(helpFor(entry.name), `  ${typedFlag(name)}`)
    t.match(helpFor(entry.name), /\nExample: claude-auth /)
    t.match(helpFor(null), `  ${entry.name}`)
  }
  for (const name of ['gate-fd', 'override', 'foreign', 'cwd'])
    t.notMatch(everywhere, new RegExp(`-${name}\\b`), name)
})

t.test('a typo is met with the nearest name', async t => {
  const cases = {
    statsu: 'status',
    stat: 'status',
    logut: 'logout',
    lgoin: 'login',
    ensrue: 'ensure',
  }
  for (const [typed, meant] of Object.entries(cases)) t.equal(nearestCommand(typed), meant, typed)
  t.equal(nearestCommand('frobnicate'), null)
  const home = t.testdir()
  const run = (...args: string[]) =>
    runProgram(process.execPath, [program, ...args], { cwd: home, env: { HOME: home } })
  t.match(await run('statsu'), {
    code: 2,
    stdout: '',
    stderr:
      'claude-auth: there is no command "statsu"; did you mean status?\nclaude-auth: hint: claude-auth status\n',
  })
  t.match(await run('log', '--folow'), {
    code: 2,
    stderr: /no flag --folow; did you mean --follow\?/,
  })
  // A token that was pasted in the wrong place.
  const token = `sk-ant-oat01-${'x'.repeat(20)}`
  for (const words of [[token], ['log', token], ['log', `--${token}`], ['completion', token]])
    for (const { code, stderr } of [await run(...words)]) {
      t.equal(code, 2)
      t.notMatch(stderr, 'sk-ant')
    }
  t.match(await run('completion', 'zs'), {
    code: 2,
    stderr: /SHELL is one of bash, zsh, fish, nushell, not zs/,
  })
  t.match(await run('help', 'nothing'), { code: 2 })
  t.match(await run('help', 'log'), { code: 0, stdout: helpFor('log') })
  t.match(await run('log', '--help'), { code: 0, stdout: helpFor('log') })
  t.match(await run(), { code: 0, stdout: helpFor(null) })
})

t.test('flags are read as the table says', async t => {
  const log = commandNamed('log') as CommandEntry
  t.same(readFlags(log, ['--since', '2d', '-n5', '--json']).flags, {
    since: '2d',
    n: '5',
    json: true,
  })
  t.same(readFlags(log, ['--since=2d']).flags, { since: '2d' })
  const ensure = commandNamed('ensure') as CommandEntry
  t.same(readFlags(ensure, ['--for', 'launch', '--gate-fd', '']).flags, {
    for: 'launch',
    'gate-fd': '',
  })
  const wrong: [string, string[]][] = [
    ['log', ['--since']],
    ['log', ['--since', '--json']],
    ['log', ['--json=no']],
    ['log', ['more']],
    ['log', ['-x']],
    ['ensure', ['--for', 'nobody']],
    ['completion', []],
    ['completion', ['bash', 'zsh']],
    ['status', ['--', '--json']],
  ]
  for (const [name, args] of wrong) {
    const caught = t.throws(
      () => readFlags(commandNamed(name) as CommandEntry, args),
      args.join(' '),
    )
    t.ok(caught instanceof AuthError && caught.code === 'usage')
  }
})

t.test('bash completes commands, words and flags', async t => {
  const complete = (...words: string[]) =>
    spawnSync(
      'bash',
      [
        '--norc',
        '-c',
        `${completionFor('bash')}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _claude_auth; printf '%s ' "\${COMPREPLY[@]}"`,
        '-',
        ...words,
      ],
      { encoding: 'utf8' },
    ).stdout.trim()
  t.equal(complete('claude-auth', 'log'), 'login logout log')
  t.equal(complete('claude-auth', 'completion', ''), 'bash zsh fish nushell --help')
  t.equal(complete('claude-auth', 'log', '--f'), '--follow')
  t.equal(complete('claude-auth', 'log', '--since', ''), '')
})

t.test('the manual page is one that man can show', async t => {
  const isHere = spawnSync('groff', ['-v']).status === 0
  if (!isHere) return t.pass('no groff here')
  const { status, stdout, stderr } = spawnSync('groff', ['-man', '-Tascii', '-ww'], {
    input: manualPage(),
    encoding: 'utf8',
  })
  t.equal(status, 0)
  t.equal(stderr, '')
  t.match(withoutOverstrike(stdout), 'claude-auth status [--json] [--short]')
})

/** Bold letters are typed twice by groff, with a backspace between. */
function withoutOverstrike(text: string): string {
  return text
    .split('\b')
    .map((piece, at, all) => (at < all.length - 1 ? piece.slice(0, -1) : piece))
    .join('')
}
