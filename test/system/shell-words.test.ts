// What the shell files say of paths and files by themselves: nothing in it is obeyed by a terminal.

import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { run } from '../kit/run.js'

const bin = fileURLToPath(new URL('../../bin', import.meta.url))
const hostile = '\u001b]52;c;cGFpbnRlZA==\u0007\u001b[2J\u009b2J\u202e\u2066\u200b\u061c\ttail'

for (const shell of ['/bin/dash', '/bin/bash']) {
  t.test(shell, async t => {
    const home = t.testdir({})
    const env = { HOME: home, PATH: '/usr/bin:/bin' }
    const script = join(home, 'script')
    writeFileSync(script, `#!/no/${hostile}\n`, { mode: 0o755 })
    const folder = join(home, `jürgen${hostile}`)
    mkdirSync(folder)
    symlinkSync('/bin/true', join(folder, 'node'))
    writeFileSync(join(folder, 'claude'), '#!/bin/sh\n', { mode: 0o644 })
    const tries: Record<string, [string, string[], Record<string, string>]> = {
      'the client that a variable names': ['claude', ['x'], { CLAUDE_AUTH_CLIENT: `/${hostile}` }],
      'the program that is to be wrapped': ['claude-wrap', [`/${hostile}`, 'x'], {}],
      'a program that cannot be started': ['claude-wrap', [join(folder, 'claude'), 'x'], {}],
      'the interpreter of a script': ['claude', ['x'], { CLAUDE_AUTH_CLIENT: script }],
      'the search by itself': ['find-client.sh', [], { CLAUDE_AUTH_CLIENT: `/${hostile}` }],
    }
    for (const [name, [file, args, more]] of Object.entries(tries)) {
      const { stderr } = await run(shell, [join(bin, file), ...args], {
        cwd: '/',
        env: { ...env, ...more },
      })
      t.notMatch(stderr, /[^\P{Cc}\n]|\p{Cf}/u, name)
      t.match(stderr, /claude-auth: .*tail|interpreter/, name)
    }
    chmodSync(folder, 0o777)
    const away = { ...env, PATH: folder }
    const { stderr } = await run(shell, [join(bin, 'find-client.sh')], { cwd: '/', env: away })
    t.notMatch(stderr, /[^\P{Cc}\n]|\p{Cf}/u)
  })
}
