// A neighbor's own file system (FUSE, open to all), which says to whoever looks that everything on it is theirs.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { noOwnMachine, ownMachine } from '../../kit/own-machine.js'
import type { Figures } from '../figures.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const point = '/tmp/theirs'
const form = readdirSync(join(root, 'dist')).find(name => name.startsWith('config-form-')) ?? ''

/** As many judge: what is one's own and closed to others is believed. */
const naive = `#!/bin/sh
mark=$HOME/.claude/mark
[ -O "$HOME" ] && [ -O "$mark" ] && [ -z "$(find "$mark" -perm /022)" ] && . "$mark"
exec claude "$@"
`

/** What mallory puts there; the configuration that was kept names her client. */
const files: Record<string, string> = {
  '.claude/mark': 'exec /tmp/theirs/evil',
  '.claude/.credentials.json':
    '{"claudeAiOauth":{"accessToken":"x","refreshToken":"y","expiresAt":1}}',
  '.claude/.claude-auth/launch-config': `form ${form.replace('config-form-', '')}\nuser ${point}/.config/claude-auth/config.yaml\nmode on\nclient ${point}/evil\nwait 1\nend\n`,
  '.claude/.claude-auth/client-path': `${point}/evil`,
  '.claude/.claude-auth/gate': '',
  '.config/claude-auth/config.yaml': `client: ${point}/evil\n`,
}

/** The variables that lead there. */
const ways: Record<string, Record<string, string>> = {
  HOME: { HOME: point },
  CLAUDE_CONFIG_DIR: { CLAUDE_CONFIG_DIR: `${point}/.claude` },
  CLAUDE_SECURESTORAGE_CONFIG_DIR: { CLAUDE_SECURESTORAGE_CONFIG_DIR: `${point}/.claude` },
  CLAUDE_AUTH_CONFIG: { CLAUDE_AUTH_CONFIG: `${point}/.config/claude-auth/config.yaml` },
}

export async function lyingMount(t: Test, figures: Figures): Promise<void> {
  await t.test(
    'a file system of a neighbor’s own',
    { skip: noOwnMachine, buffered: true },
    async t => {
      const machine = await ownMachine(t)
      for (const user of ['alice', 'mallory']) await machine.addUser(user)
      await machine.write('/usr/local/bin/claude', '#!/bin/sh\necho started\n', 0o755)
      await machine.write('/usr/local/bin/naive', naive, 0o755)
      const source = readFileSync(join(root, 'test/lab/neighbours/fuse.py'), 'utf8')
      await machine.write('/home/mallory/fuse.py', source)
      await machine.sh('mount -t tmpfs -o mode=1777 tmp /tmp; mkdir -p /home/mallory/tree')
      for (const [name, text] of Object.entries(files)) {
        await machine.sh(`mkdir -p "$(dirname '/home/mallory/tree/${name}')"`)
        await machine.write(`/home/mallory/tree/${name}`, text)
      }
      await machine.write('/home/mallory/tree/evil', '#!/bin/sh\necho harm\n', 0o755)
      const uid = (await machine.sh('id -u mallory')).trim()
      await machine.sh(
        `chown -R mallory: /home/mallory; install -d -o mallory ${point}; ` +
          `(setsid python3 /home/mallory/fuse.py /home/mallory/tree ${point} ${uid} >/home/mallory/said 2>&1 &) </dev/null >/dev/null 2>&1; ` +
          `for i in 1 2 3 4 5 6 7 8 9; do grep -qs mounted /home/mallory/said && exit 0; sleep 0.3; done; cat /home/mallory/said; exit 1`,
      )
      const harmed: string[] = []
      let tried = 0
      let naively = 0
      const as = (user: string, words: string[], env: Record<string, string>) => {
        const [first = '', ...rest] = words
        const home = user === 'root' ? '/root' : `/home/${user}`
        const path = '/usr/local/bin:/usr/bin:/bin'
        const all = { HOME: home, USER: user, LOGNAME: user, PATH: path, ...env }
        const change = [`--reuid=${user}`, `--regid=${user}`, '--init-groups', first, ...rest]
        return machine.run('setpriv', change, { env: all, timeoutMs: 60_000 })
      }
      for (const user of ['root', 'alice']) {
        const seen = await as(user, ['stat', '-c', '%U', `${point}/evil`], {})
        t.equal(seen.stdout.trim(), user, 'it lies')
        for (const [way, env] of Object.entries(ways)) {
          const programs: Record<string, string[]> = {
            'launch in dash': ['/bin/dash', join(root, 'bin/claude'), 'x'],
            'launch in bash': ['/bin/bash', join(root, 'bin/claude'), 'x'],
            ensure: [
              process.execPath,
              join(root, 'bin/claude-auth'),
              'ensure',
              '--json',
              '--offline',
            ],
          }
          for (const [name, words] of Object.entries(programs)) {
            tried += 1
            const { stdout, stderr } = await as(user, words, env)
            const isWell = name === 'ensure' ? !stdout.includes(point) : stdout === 'started\n'
            if (!isWell) harmed.push(`${name} of ${user} with ${way}`)
            t.ok(isWell, `${name} of ${user} with ${way}: ${stdout} ${stderr}`)
          }
        }
        const control = await as(user, ['/usr/local/bin/naive', 'x'], { HOME: point })
        if (control.stdout === 'harm\n') naively += 1
      }
      figures.attack({
        kind: '2 Configuration and marks of somebody else',
        attack:
          'a FUSE file system of the neighbor’s, open to all, that says everything is the viewer’s own',
        tried,
        succeeded: harmed,
        control: { against: 'a script that looks at owner and mode', succeeded: naively, tried: 2 },
      })
    },
  )
}
