// After an installation for the machine, a new user's `claude` on every way to start it: wrapper or hook, never neither.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noOwnMachine, type OwnMachine, ownMachine } from '../kit/own-machine.js'
import { fetchPeers, realClient } from '../kit/real-clients.js'
import type { Run } from '../kit/run.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const docs = join(root, 'docs/install.md')
const bundled = '/opt/editor/claude'
const hookLog = '/var/tmp/hooks'
const client = realClient('new')
const [nu = { path: '', skip: 'no nushell' }] = fetchPeers('nushell')

/** Says whether the wrapper was before it. */
const saying = `#!/bin/sh
echo "met \${CLAUDE_AUTH_GUARD:+the wrapper} $*"
`

interface Way {
  name: string
  start(machine: OwnMachine): Promise<Run>
}

const ask = 'claude -p hi'
const inShell = (shell: string, kind: string, flags: string[], line = ask): Way => ({
  name: `${shell}, ${kind}`,
  start: machine => machine.as('alice', `/usr/bin/${shell}`, [...flags, line]),
})
const withPath = (name: string, path: string): Way => ({
  name: `${name} (\`PATH=${path}\`)`,
  start: machine =>
    machine.as('alice', '/bin/sh', ['-c', ask], { env: { SHELL: '/bin/sh', PATH: path } }),
})
const ways: Way[] = [
  ...['bash', 'zsh', 'dash', 'fish'].flatMap(shell => [
    inShell(shell, 'login', ['-l', '-c']),
    inShell(shell, 'interactive', ['-i', '-c']),
    inShell(shell, '`-c`', ['-c']),
  ]),
  inShell('nu', 'login', ['-l', '-e'], `${ask}; exit`),
  inShell('nu', 'interactive', ['-e'], `${ask}; exit`),
  inShell('nu', '`-c`', ['-c']),
  {
    name: '`sudo -iu USER`',
    start: machine => machine.run('sudo', ['-iu', 'alice', 'claude', '-p', 'hi']),
  },
  { name: '`su - USER`', start: machine => machine.run('su', ['-', 'alice', '-c', ask]) },
  { name: 'ssh, a command', start: overSsh(ask) },
  { name: 'ssh, a login shell', start: overSsh(`bash -l -c '${ask}'`) },
  { name: 'tmux', start: inTmux },
  withPath('a systemd unit', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin'),
  withPath('cron', '/usr/bin:/bin'),
  {
    name: '`claude-wrap CLIENT`',
    start: machine => machine.as('alice', 'claude-wrap', ['/usr/bin/claude', '-p', 'hi']),
  },
  {
    name: 'an editor’s bundled client',
    start: machine => machine.as('alice', bundled, ['-p', 'hi'], { input: '' }),
  },
]

t.test('every way is covered', { skip: noOwnMachine || client.skip || nu.skip }, async t => {
  const machine = await ownMachine(t)
  await machine.write('/usr/bin/claude', saying, 0o755)
  await machine.sh(
    `mkdir /opt/editor && touch ${bundled} && mount --bind ${client.path} ${bundled}`,
  )
  await machine.sh(`touch /usr/bin/nu && mount --bind ${nu.path} /usr/bin/nu`)
  const program = join(root, 'bin/claude-auth')
  const installed = await machine.run('node', [program, 'install', '--system'])
  t.equal(installed.code, 0, installed.stderr)
  await recordHooks(machine)
  await machine.addUser('alice')
  await machine.write('/home/alice/.claude.json', '{"hasCompletedOnboarding": true}', 0o600)
  await machine.sh('chown alice: /home/alice/.claude.json')
  await startSshd(machine)

  const rows: string[] = []
  for (const { name, start } of ways) {
    await machine.write(hookLog, '', 0o666)
    const { stdout, stderr } = await start(machine)
    const isWrapped = /met the wrapper -p hi/.test(stdout)
    const hooks = await machine.sh(`cat ${hookLog}`)
    // A client that is a mere script calls no hooks: the real one is asked in its place.
    const isBare = /met {2}-p hi/.test(stdout)
    const by = isWrapped ? 'the wrapper' : isBare || /session-start/.test(hooks) ? 'the hook' : ''
    t.ok(by, `${name}\n${stdout}\n${stderr}`)
    if (isWrapped) t.match(stderr, /claude-auth: You have not signed in/, name)
    rows.push(`| ${name} | ${by} | yes |`)
  }
  const table = ['| start | met by | covered |', '| --- | --- | --- |', ...rows].join('\n')
  if (process.env['CLAUDE_AUTH_WRITE_DOCS']) writeDocs(table)
  t.ok(
    existsSync(docs) && plain(readFileSync(docs, 'utf8')).includes(plain(table)),
    `docs/install.md has\n${table}`,
  )
})

/** Whatever the hooks do, that they are called is what is looked at here. */
async function recordHooks(machine: OwnMachine): Promise<void> {
  const bin = '/usr/local/lib/claude-auth/current/bin'
  await machine.sh(`mv ${bin}/claude-auth ${bin}/claude-auth-itself`)
  // For the shell and for Node, as the program itself.
  const recorder = `#!/bin/sh
':' //; if [ "$1" = hook ]; then echo "$2" >>${hookLog}; fi
':' //; exec ${bin}/claude-auth-itself "$@"
require('../dist/claude-auth.cjs')
`
  await machine.write(`${bin}/claude-auth`, recorder, 0o755)
}

function overSsh(command: string): Way['start'] {
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/root/known']
  const words = ['-q', '-i', '/root/key', '-p', '2299', ...options.flatMap(each => ['-o', each])]
  return machine => machine.run('ssh', [...words, 'alice@127.0.0.1', command])
}

async function startSshd(machine: OwnMachine): Promise<void> {
  await machine.sh(`mkdir -p /run/sshd /home/alice/.ssh && ssh-keygen -q -t ed25519 -N '' -f /root/key &&
    ssh-keygen -q -t ed25519 -N '' -f /root/host && cp /root/key.pub /home/alice/.ssh/authorized_keys &&
    chown -R alice: /home/alice/.ssh &&
    touch /root/sshd_config && /usr/sbin/sshd -f /root/sshd_config -p 2299 -h /root/host -o ListenAddress=127.0.0.1 -o PidFile=/run/sshd.pid`)
}

async function inTmux(machine: OwnMachine): Promise<Run> {
  const out = '/home/alice/out'
  const tmux = 'tmux -S /home/alice/socket'
  const line = `${tmux} new-session -d '${ask} >${out} 2>${out}.err; ${tmux} wait-for -S done' && ${tmux} wait-for done`
  const env = { SHELL: '/bin/bash' }
  const ended = await machine.as('alice', '/bin/bash', ['-c', line], { env })
  const [stdout, stderr] = [await machine.sh(`cat ${out}`), await machine.sh(`cat ${out}.err`)]
  return { ...ended, stdout, stderr }
}

/** As it is without the padding of a formatter. */
function plain(text: string): string {
  return text.replace(/ +/g, ' ').replace(/-{3,}/g, '---')
}

function writeDocs(table: string): void {
  const text = readFileSync(docs, 'utf8')
  writeFileSync(
    docs,
    text.replace(/\| start +\| met by [\s\S]*?\n(?!\|)/, () => `${table}\n`),
  )
}
