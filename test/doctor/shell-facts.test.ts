// What a shell's answer means: read from its output, and followed to the program it ends in.

import t from 'tap'
import { endOf, readAnswer, type ShellAnswer } from '../../src/doctor/shell-facts.js'

const below = '/home/alice/.local/bin/claude'
const said = (is: string, text = '') =>
  ['welcome', `--claude-auth-is--${is}`, `--claude-auth-text--${text}`]
    .concat(`--claude-auth-below--${below}`, '--claude-auth-folder--', '--claude-auth-end--')
    .join('\n')

t.test('an answer is told from what start-up files print', async t => {
  const kinds: [is: string, kind: ShellAnswer['kind'], text: string][] = [
    ['/usr/bin/claude', 'program', '/usr/bin/claude'],
    ['', 'none', ''],
    ['claude', 'function', ''],
    ["alias claude='claude -c'", 'alias', 'claude -c'],
    ['alias claude=npx', 'alias', 'npx'],
  ]
  for (const [is, kind, text] of kinds)
    t.match(readAnswer(said(is)), { kind, text, below, folder: '' }, is)
  t.match(readAnswer(said('claude', 'claude ()\n{\n  echo no\n}')), { text: /echo no/ })
  t.equal(readAnswer('welcome'), null)
  t.equal(readAnswer(said('/usr/bin/claude').replace('--claude-auth-end--', '')), null, 'cut off')
})

t.test('an alias or function is followed to the program it ends in', async t => {
  const table: [kind: ShellAnswer['kind'], text: string, end: string | null][] = [
    ['alias', 'claude --continue', below],
    ['alias', 'A=1 B=2 command claude', below],
    ['alias', '~/.local/bin/claude -c', below],
    ['alias', '$HOME/x/claude', '/home/alice/x/claude'],
    ['alias', 'npx claude', null],
    ['alias', '', null],
    ['function', 'claude () { command claude -c "$@" }', below],
    ['function', 'claude () { npx claude "$@" }', null],
  ]
  for (const [kind, text, end] of table)
    t.equal(endOf({ kind, text, below, folder: '' }, '/home/alice'), end, text)
})
