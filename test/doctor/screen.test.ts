// The screen of doctor: whole screens at three widths, with and without colour, and what the program prints itself.

import { chmodSync } from 'node:fs'
import t from 'tap'
import { columnsOf } from '../../src/report/clean.js'
import { type ScreenCheck, screen } from '../../src/report/doctor-screen.js'
import { inkFor, plainInk } from '../../src/report/ink.js'
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
    message: 'No identity is configured; alice@example.com, seen first, is taken for yours.',
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

/** Never broken, so that they can be pasted. */
const commands = [
  'chmod 600 ~/.claude/.credentials.json',
  'npm install -g @anthropic-ai/claude-code',
]

for (const width of [60, 80, 120])
  for (const colour of [false, true])
    t.test(`${width} columns${colour ? ', in colour' : ''}`, async t => {
      const ink = colour ? await inkFor({ TERM: 'xterm' }, true) : plainInk
      const options = { width, ink, ascii: false, home: '/home/alice' }
      const lines = screen('attention', checks, options)
      t.matchSnapshot(`${lines.join('\n')}\n`)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control sequences
      const bare = lines.map(line => line.replace(/\u001b\[\d+m/g, ''))
      if (!colour) t.same(bare, lines, 'no colour')
      for (const line of bare)
        if (!commands.includes(line.trim())) t.ok(columnsOf(line) <= width, line)
      t.equal(bare[0], 'It works now; 2 things need care.', 'the verdict comes first')
    })

t.test('signs that every locale has; a path in quotes stays whole', async t => {
  const hint = "chmod 600 '/home/alice/my files/x'"
  const check: ScreenCheck = { ...checks[1], hint } as ScreenCheck
  const options = { width: 80, ink: plainInk, ascii: true, home: '/home/alice' }
  const text = screen('attention', [check], options).join('\n')
  t.match(text, '! warn login-mode')
  t.notMatch(text, /[^\n -~]/)
  t.match(text, hint)
})

t.test('not on a terminal: no colour, no question, no progress', async t => {
  const box = await healthy(t)
  const { stdout, stderr, code } = await box.command(['doctor', '--offline'])
  t.equal(code, 0)
  t.equal(stderr, '')
  t.match(stdout, /^All is well\.\n/)
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
  await until(() => at.shown().includes('Mend this now?'), 120_000)
  t.match(at.shown(), `login-mode: chmod 600 ${loginFile}`)
  t.notMatch(at.shown(), 'Mended')
  at.type('y\n')
  await until(() => /ended=\d/.test(at.shown()), 120_000)
  t.match(at.shown(), /Mended login-mode[\s\S]*All is well\.[\s\S]*ended=0/)
  at.type('exit\n')
  await at.end
})
