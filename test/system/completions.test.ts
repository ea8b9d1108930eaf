// The completions in the shells that take them: zsh and fish as they are installed.

import { spawnSync } from 'node:child_process'
import t from 'tap'
import { completionFor } from '../../src/cli/completion.js'

for (const shell of ['zsh', 'fish'] as const) {
  const isHere = spawnSync(shell, ['-c', 'true']).status === 0
  t.test(`${shell} takes its completions`, { skip: isHere ? false : `no ${shell}` }, async t => {
    const before = shell === 'zsh' ? 'autoload -U compinit && compinit -D -u\n' : ''
    const after =
      shell === 'zsh' ? 'print $_comps[claude-auth]' : 'complete -C "claude-auth log --f"'
    const { status, stdout, stderr } = spawnSync(
      shell,
      [shell === 'zsh' ? '-fc' : '-c', `${before}${completionFor(shell)}${after}`],
      { encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: t.testdir() } },
    )
    t.equal(stderr, '')
    t.equal(status, 0)
    t.match(stdout, shell === 'zsh' ? '_claude_auth' : /^--follow\t/)
  })
}
