// What may stand in the place of a file of the machine (/etc) that the program opens, for root and for a user, on a machine of its own.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { ownMachine } from './own-machine.js'

const program = fileURLToPath(new URL('../../bin', import.meta.url))
const managed = '/etc/claude-code'

/** Where each is, and the machine's configuration that names it. */
export const machinePlaces: Record<string, { path: string; config?: string }> = {
  'the machine’s configuration': { path: '/etc/claude-auth/config.yaml' },
  'the machine’s roster': {
    path: '/etc/claude-auth/roster.yaml',
    config: 'roster: /etc/claude-auth/roster.yaml',
  },
  'the machine’s webhook': {
    path: '/etc/claude-auth/slack-webhook',
    config: 'alerts: {slack: {webhookFile: /etc/claude-auth/slack-webhook}}',
  },
  'the machine’s key': {
    path: '/etc/claude-auth/key',
    config: 'local: {keyFile: /etc/claude-auth/key}',
  },
  'the machine’s Vault token': {
    path: '/etc/claude-auth/token',
    config:
      'store: vault\nvault: {address: "https://127.0.0.1:9", path: "c/{user}", timeout: 1s, auth: {method: token, tokenFile: /etc/claude-auth/token}}',
  },
  'managed settings': { path: `${managed}/managed-settings.json` },
  'a drop-in of managed settings': { path: `${managed}/managed-settings.d/10-site.json` },
  'the folder of drop-ins': { path: `${managed}/managed-settings.d` },
}

/** In sh; `$P` is the path, where nothing is. */
export const machineKinds: Record<string, string> = {
  'a pipe': 'mkfifo "$P"',
  'a link to /dev/zero': 'ln -s /dev/zero "$P"',
  'a link to /dev/random': 'ln -s /dev/random "$P"',
  'a socket':
    'perl -MIO::Socket::UNIX -e \'IO::Socket::UNIX->new(Local => $ENV{P}, Listen => 1) or die $!; kill KILL => $$\' || [ -S "$P" ]',
  'a folder': 'mkdir "$P"',
  'a sparse file of 10 GB': 'truncate -s 10G "$P"',
  'a link to itself': 'ln -s "$P" "$P"',
}

/** A command has an end; a launch waits for its worker for `launchWait`, 10 s, and 3 s more. */
const mostMs = 20_000

/** Puts each of `kinds` in the place, and asks each command as root and as a user: it ends, a launch starts the client, and it is named. */
export async function machineHoldsNobody(t: Test, name: string, kinds: string[]): Promise<void> {
  const place = machinePlaces[name]
  if (place === undefined) throw new Error(`no place ${name}`)
  const machine = await ownMachine(t)
  await machine.addUser('alice')
  await machine.write('/usr/local/bin/claude', '#!/bin/sh\necho client: "$@"\n', 0o755)
  const { path, config } = place
  const homes = { root: '/root', alice: '/home/alice' }
  for (const [user, home] of Object.entries(homes)) {
    const folder = `${home}/.claude`
    await machine.sh(
      `rm -rf ${folder} ${home}/.claude.json; install -d -o ${user} -m 700 ${folder}`,
    )
    const login = { accessToken: 'a', refreshToken: 'r', expiresAt: 1, scopes: ['user:inference'] }
    await machine.write(`${folder}/.credentials.json`, JSON.stringify({ claudeAiOauth: login }))
    await machine.sh(
      `chown ${user} ${folder}/.credentials.json; chmod 600 ${folder}/.credentials.json`,
    )
  }
  for (const kind of kinds) {
    const text = `version: 1\nendpoints: {oauth: "http://127.0.0.1:9", api: "http://127.0.0.1:9"}\n${config ?? ''}\n`
    await machine.sh(`rm -rf /etc/claude-auth ${managed}; mkdir -p /etc/claude-auth ${managed}`)
    await machine.write('/etc/claude-auth/config.yaml', text)
    await machine.sh(
      `P='${path}'; export P; rm -rf "$P"; mkdir -p "$(dirname "$P")"; ${machineKinds[kind]}`,
    )
    for (const user of Object.keys(homes)) {
      const said: string[] = []
      const entry = join(program, 'claude-auth')
      const words: Record<string, string[]> = {
        doctor: [process.execPath, entry, 'doctor', '--json', '--offline', '--verbose'],
        'doctor --system': [process.execPath, entry, 'doctor', '--system', '--json'],
        status: [process.execPath, entry, 'status', '--json'],
        'session-start': ['/bin/dash', entry, 'hook', 'session-start'],
        'launch in dash': ['/bin/dash', join(program, 'claude'), 'x'],
        'launch in bash': ['/bin/bash', join(program, 'claude'), 'x'],
        ensure: [process.execPath, entry, 'ensure', '--json', '--force'],
      }
      for (const [command, [first = '', ...rest]] of Object.entries(words)) {
        const more = { input: '{}', timeoutMs: 2 * mostMs }
        const ended =
          user === 'root'
            ? await machine.run(first, rest, more)
            : await machine.as(user, first, rest, more)
        said.push(ended.stdout, ended.stderr)
        const what = `${kind}, ${command} of ${user}`
        t.ok(ended.signal === null && ended.ms < mostMs, `${what} ends: ${Math.round(ended.ms)} ms`)
        if (command.startsWith('launch'))
          t.match(ended, { code: 0, stdout: /^client: x$/m }, `${what}: ${ended.stderr}`)
        if (command === 'session-start') t.equal(ended.code, 0, what)
      }
      // A folder is what has to stand there for drop-ins, and of none of its files anything is said.
      const isFine = kind === 'a folder' && path.endsWith('.d')
      t.ok(isFine || said.join('\n').includes(path), `${kind} as ${path} is named to ${user}`)
    }
  }
}
