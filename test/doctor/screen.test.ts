// The screen of doctor: whole screens at three widths, with and without color, and what the program prints itself.

import { chmodSync } from 'node:fs'
import t from 'tap'
import { type ScreenCheck, screen } from '../../src/doctor/screen.js'
import { columnsOf } from '../../src/text/clean.js'
import { inkFor, plainInk } from '../../src/text/terminal.js'
import { healthy } from '../kit/doctor.js'
import { terminal, until } from '../kit/terminal.js'

const good = { hint: null, fixable: false } as const
const checks: ScreenCheck[] = [
  { ...good, id: 'mode', group: 'Set-up', state: 'ok', message: 'claude-auth is on.' },
  {
    id: 'login-mode',
    group: 'Login',
    state: 'warn',
    message: 'Others may read or write your login file (mode 644).',
    hint: 'chmod 600 /home/alice/.claude/.credentials.json',
    fixable: true,
  },
  {
    ...good,
    id: 'identity',
    group: 'Login',
    state: 'note',
    message:
      'No identity is configured; alice@example.com, the first account seen, is assumed to be yours.',
  },
  {
    id: 'client',
    group: 'Launch',
    state: 'fail',
    message: 'Claude Code is not installed here, or only our wrapper is found.',
    hint: 'npm install -g @anthropic-ai/claude-code',
    fixable: false,
  },
]

t.test('a login that works again from the next launch does not work now', t => {
  const options = { width: 80, ink: plainInk, home: '/home/alice', isWhole: false }
  const headOf = (id: string, fixable: boolean) =>
    screen(
      'attention',
      [{ ...good, id, group: 'Login', state: 'warn', message: '', fixable }],
      options,
    )[0]
  for (const id of ['login-file', 'server', 'token'])
    t.equal(headOf(id, true), 'The next launch fixes the login; one thing needs care.')
  // A server that is silent.
  t.equal(headOf('server', false), 'It works now; one thing needs care.')
  t.equal(headOf('login-mode', true), 'It works now; one thing needs care.')
  t.end()
})

/** Never broken, so that they can be pasted. */
const commands = [
  'chmod 600 ~/.claude/.credentials.json',
  'npm install -g @anthropic-ai/claude-code',
]

const looks = [60, 80, 120].flatMap(width =>
  [false, true].flatMap(color => [false, true].map(isWhole => ({ width, color, isWhole }))),
)
for (const { width, color, isWhole } of looks) {
  const name = `${width} columns${color ? ', in color' : ''}${isWhole ? ', with --verbose' : ''}`
  t.test(name, async t => {
    const ink = color ? await inkFor({ TERM: 'xterm', LANG: 'C.UTF-8' }, true) : plainInk
    const options = { width, ink, home: '/home/alice', isWhole }
    const lines = screen('attention', checks, options)
    t.matchSnapshot(`${lines.join('\n')}\n`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colors are control sequences
    const bare = lines.map(line => line.replace(/\u001b\[\d+m/g, ''))
    if (!color) t.same(bare, lines, 'no color')
    for (const line of bare)
      if (!commands.includes(line.trim())) t.ok(columnsOf(line) <= width, line)
    t.equal(bare[0], 'It works now; 2 things need care.', 'the verdict comes first')
    for (const command of commands)
      t.ok(
        bare.some(line => line.trim() === command),
        command,
      )
  })
}

t.test('what is well is counted, a group a line', async t => {
  const options = { width: 80, ink: plainInk, home: '/home/alice', isWhole: false }
  const many: ScreenCheck[] = ['Set-up', 'Login', 'Launch'].flatMap(group =>
    ['a', 'b', 'c'].map(id => ({ ...good, id, group, state: 'ok', message: `${id} is well.` })),
  )
  const note = {
    ...good,
    id: 'd',
    group: 'Launch',
    state: 'note',
    message: 'To be known.',
  } as const
  t.same(screen('ok', [...many, note], options), [
    'All is well.',
    '',
    '✓ Set-up  3 checks',
    '✓ Login   3 checks',
    '✓ Launch  4 checks, 1 note',
    'Every check and note: claude-auth doctor --verbose',
  ])
  const off = {
    ...good,
    id: 'mode',
    group: 'Set-up',
    state: 'note',
    message: 'It is off.',
  } as const
  t.match(screen('ok', [off, ...many], options).join('\n'), /^All is well\.\n\n.*It is off/)
})

t.test('signs that every locale has; a path in quotes stays whole', async t => {
  const hint = "chmod 600 '/home/alice/my files/x'"
  const check: ScreenCheck = { ...checks[1], hint } as ScreenCheck
  const options = {
    width: 80,
    ink: await inkFor({ LANG: 'C' }, false),
    home: '/home/alice',
    isWhole: true,
  }
  const text = screen('attention', [check], options).join('\n')
  t.match(text, '! warn login-mode')
  t.notMatch(text, /[^\n -~]/)
  t.match(text, hint)
})

t.test('not on a terminal: no color, no question, no progress', async t => {
  const box = await healthy(t)
  const { stdout, stderr, code } = await box.command(['doctor', '--offline'])
  t.equal(code, 0)
  t.equal(stderr, '')
  t.match(stdout, /^All is well\.\n/)
  t.ok(stdout.split('\n').length < 16, stdout)
  const { checks } = JSON.parse((await box.command(['doctor', '--offline', '--json'])).stdout)
  const whole = (await box.command(['doctor', '--offline', '--verbose'])).stdout
  for (const { id } of checks) t.match(whole, new RegExp(` ${id}\\b`))
  t.ok(checks.length > 25)
  t.notMatch(stdout, '\u001b')
  const asked = await box.command(['doctor', '--fix'])
  t.equal(asked.code, 2)
  t.match(asked.stderr, 'asks on a terminal; elsewhere add --yes')
  const wrong = await box.command(['doctor', '--only', 'login-mod'])
  t.match(wrong, { code: 2, stderr: /no check "login-mod"; did you mean login-mode\?/ })
  t.match(await box.command(['doctor', '--nonsense']), { code: 2, stdout: '' })
})

t.test('on a terminal --fix shows what it would do, and asks', async t => {
  const box = await healthy(t)
  const { loginFile } = box.home.paths
  chmodSync(loginFile, 0o644)
  const at = terminal(box)
  const command = `${box.home.tools}/node ${process.cwd()}/bin/claude-auth doctor --fix --offline`
  at.type(`${command}; echo ended=$?\n`)
  await until(() => at.shown().includes('Fix this now?'), 120_000)
  t.match(at.shown(), `login-mode: chmod 600 ${loginFile}`)
  t.notMatch(at.shown(), 'Fixed')
  at.type('y\n')
  await until(() => /ended=\d/.test(at.shown()), 120_000)
  t.match(at.shown(), /Fixed login-mode[\s\S]*All is well\.[\s\S]*ended=0/)
  at.type('exit\n')
  await at.end
})
