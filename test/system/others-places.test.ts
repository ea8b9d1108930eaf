// Variables that `sudo -E` and `su` leave behind, and a missing HOME: nothing of another user's is read or written, and the client starts.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noOwnMachine, type OwnMachine, ownMachine } from '../kit/own-machine.js'

const bin = fileURLToPath(new URL('../../bin', import.meta.url))
const theirs = '/home/mallory/prepared'
const path = `${join(process.execPath, '..')}:/usr/local/bin:/usr/bin:/bin`

/** Each leads into the places that mallory prepared, which anybody may read and write. */
const variables: Record<string, string> = {
  HOME: theirs,
  CLAUDE_CONFIG_DIR: `${theirs}/.claude`,
  CLAUDE_SECURESTORAGE_CONFIG_DIR: `${theirs}/.claude`,
  CLAUDE_AUTH_CONFIG: `${theirs}/.config/claude-auth/config.yaml`,
  XDG_CONFIG_HOME: `${theirs}/.config`,
  XDG_DATA_HOME: `${theirs}/.local/share`,
  XDG_CACHE_HOME: `${theirs}/.cache`,
  XDG_STATE_HOME: `${theirs}/.local/state`,
  XDG_RUNTIME_DIR: `${theirs}/run`,
  TMPDIR: `${theirs}/tmp`,
}

const files: Record<string, string> = {
  '.claude/.credentials.json':
    '{"claudeAiOauth":{"accessToken":"x","refreshToken":"y","expiresAt":1}}',
  '.claude/settings.json': '{"env":{"HTTPS_PROXY":"http://127.0.0.1:9"}}',
  '.claude/.claude.json': '{"primaryApiKey":"x"}',
  '.claude.json': '{"primaryApiKey":"x"}',
  ...Object.fromEntries(
    [
      'fresh',
      'seen',
      'usable',
      'client-path',
      'state.json',
      'config.json',
      'launch-config',
      'gate',
    ].map(name => [`.claude/.claude-auth/${name}`, '']),
  ),
  '.config/claude-auth/config.yaml': 'client: /bin/false\n',
  '.config/anthropic/active_config': 'default',
  '.config/anthropic/configs/default.json': '{"authentication":{"type":"oidc_federation"}}',
  '.config/fish/config.fish': 'touch /tmp/never',
  '.local/share/claude-auth/key': 'x'.repeat(43),
  '.local/share/claude-auth/default.jwe': 'x',
  '.local/state/claude-auth/manifest.json': '{}',
  '.cache/claude-auth/x': 'x',
  'run/bus': 'x',
  'tmp/x': 'x',
}

/** On a file system that notes each reading. */
async function prepare(machine: OwnMachine) {
  for (const user of ['alice', 'mallory']) await machine.addUser(user)
  await machine.sh('mkdir -p /etc/claude-auth')
  const nobody = 'http://127.0.0.1:9'
  const config = `endpoints: {oauth: "${nobody}", api: "${nobody}"}\nrenewal: {launchWait: 1s}\n`
  await machine.write('/etc/claude-auth/config.yaml', config)
  await machine.write('/usr/local/bin/claude', '#!/bin/sh\necho started\n', 0o755)
  await machine.sh(`mkdir ${theirs} && mount -t tmpfs -o strictatime,mode=777 theirs ${theirs}`)
  const lines = Object.entries(files).map(
    ([name, text]) => `mkdir -p "$(dirname '${name}')" && printf '%s' '${text}' >'${name}'`,
  )
  await machine.sh(
    `cd ${theirs} && ${lines.join(' && ')} && chown -R mallory:mallory . && chmod -R a+rwX .`,
  )
}

/** What was read, changed or made there since it was last asked. */
async function touched(machine: OwnMachine): Promise<string[]> {
  const found = await machine.sh(
    `find ${theirs} \\( -newerat 2002-01-01 -o -newermt 2002-01-01 \\) -printf '%P '; find ${theirs} -exec touch -d 2001-01-01 {} +`,
  )
  return found.split(' ').filter(name => name !== '')
}

function as(
  machine: OwnMachine,
  user: 'root' | 'alice',
  env: Record<string, string>,
  words: string[],
) {
  const setpriv = [`--reuid=${user}`, `--regid=${user}`, '--init-groups', ...words]
  return machine.run('/usr/bin/setpriv', setpriv, { env, input: '{}' })
}

const commands: Record<string, string[]> = {
  launch: [join(bin, 'claude'), 'x'],
  hook: [join(bin, 'claude-auth'), 'hook', 'session-start'],
  ensure: [join(bin, 'claude-auth'), 'ensure', '--json', '--offline'],
}

for (const user of ['root', 'alice'] as const)
  t.test(`${user} with places of mallory’s`, { skip: noOwnMachine }, async t => {
    const machine = await ownMachine(t)
    await prepare(machine)
    const own = { HOME: user === 'root' ? '/root' : '/home/alice', PATH: path, LOGNAME: user }
    await touched(machine)
    t.same(await touched(machine), [], 'looking touches nothing')
    await as(machine, user, own, ['cat', `${theirs}/tmp/x`])
    t.same(await touched(machine), ['tmp/x'], 'a reading is seen')
    for (const [name, value] of Object.entries(variables))
      for (const [what, words] of Object.entries(commands)) {
        const ended = await as(machine, user, { ...own, [name]: value }, words)
        t.same(await touched(machine), [], `${what} with ${name}`)
        if (what === 'launch') t.equal(ended.stdout, 'started\n', `${name}: ${ended.stderr}`)
        else if (what === 'hook') t.equal(ended.code, 0, name)
        else t.ok(ended.stdout.startsWith('{') || ended.stderr !== '', `${name}: it says why`)
      }
    const {
      HOME: _,
      CLAUDE_CONFIG_DIR: __,
      CLAUDE_SECURESTORAGE_CONFIG_DIR: ___,
      ...rest
    } = variables
    const { CLAUDE_AUTH_CONFIG: ____, ...left } = rest
    for (const command of [['doctor', '--json', '--offline'], ['status'], ['log']]) {
      await as(machine, user, { ...own, ...left }, [join(bin, 'claude-auth'), ...command])
      t.same(await touched(machine), [], command.join(' '))
    }
  })

t.test('without HOME, the home is the password database’s', { skip: noOwnMachine }, async t => {
  const machine = await ownMachine(t)
  await prepare(machine)
  // Root's own is another one here: a folder mounted over it.
  await machine.sh('mkdir -p /var/roots && mount --bind /var/roots /root')
  for (const [user, home] of [
    ['root', '/root'],
    ['alice', '/home/alice'],
  ] as const) {
    const env = { PATH: path, LOGNAME: user }
    await machine.sh(`install -d -o ${user} -g ${user} -m 700 ${home}/.claude`)
    const launched = await as(machine, user, env, commands['launch'] ?? [])
    t.equal(launched.stdout, 'started\n', launched.stderr)
    t.notMatch(launched.stderr, /no home folder/)
    const { stdout } = await as(machine, user, env, commands['ensure'] ?? [])
    t.match(JSON.parse(stdout), { credential: 'none' }, user)
    await machine.sh(`test -O ${home} || test -d ${home}/.claude/.claude-auth`)
    t.equal(await machine.sh(`stat -c %U ${home}/.claude/.claude-auth`), `${user}\n`)
    for (const word of ['status', 'log', 'doctor']) {
      const words = [join(bin, 'claude-auth'), word, ...(word === 'doctor' ? ['--offline'] : [])]
      const { stderr } = await as(machine, user, env, words)
      t.notMatch(stderr, /HOME|no home/, `${user} ${word}`)
    }
  }
})
