// What may stand in the place of a file that the program opens, where it opens one, and what each command makes of it.

import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { type Sandbox, sandbox } from './sandbox.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Each puts it at a path where nothing is. */
export const oddKinds: Record<string, (path: string) => void> = {
  'a pipe': path => execFileSync('mkfifo', [path]),
  'a link to /dev/zero': path => symlinkSync('/dev/zero', path),
  'a link to /dev/random': path => symlinkSync('/dev/random', path),
  'a socket': path => {
    const program =
      'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))'
    try {
      execFileSync(process.execPath, ['-e', program, path], { stdio: 'ignore', env: {} })
    } catch {
      // Killed, so that its socket stays.
    }
  },
  'a folder': path => mkdirSync(path),
  'a sparse file of 10 GB': path => {
    writeFileSync(path, '', { mode: 0o600 })
    truncateSync(path, 10 * 1024 ** 3)
  },
}

export interface OddPlace {
  path: (box: Sandbox) => string
  /** More configuration, which names it; `home` is the user's. */
  config?: (home: string) => Record<string, unknown>
  env?: (home: string) => Record<string, string>
}

const inState = (name: string): OddPlace => ({ path: box => join(box.home.paths.state, name) })
const inStore = (name: string): OddPlace => ({
  path: box => join(box.home.path, '.local/share/claude-auth', name),
})
const inHome = (name: string, more: Omit<OddPlace, 'path'> = {}): OddPlace => ({
  path: box => join(box.home.path, name),
  ...more,
})
const vault = (auth: Record<string, string>, more: Record<string, string> = {}) => ({
  store: 'vault',
  vault: { address: 'https://127.0.0.1:9', path: 'claude/{user}', timeout: '1s', auth, ...more },
})

const stateFiles = [
  'gate',
  'answer',
  'state.json',
  'journal.jsonl',
  'journal.1.jsonl',
  'locks.jsonl',
  'last.json',
  'config.json',
  'launch-config',
  'notice',
  'verdict',
  'verdict-other',
  'answered',
  'client-path',
  'short',
  'fresh',
  'seen',
  'owed',
]

/** Every file that wrapper, hooks or engine open in a home, by a name for the test. */
export const oddPlaces: Record<string, OddPlace> = {
  ...Object.fromEntries(stateFiles.map(name => [name, inState(name)])),
  ...Object.fromEntries(
    ['key', 'keys', 'default.jwe', 'default.previous.jwe'].map(name => [name, inStore(name)]),
  ),
  'the login': { path: box => box.home.paths.loginFile },
  'the owner of the client’s lock': inHome('.claude/.oauth_refresh.lock.owner'),
  'the client’s configuration': { path: box => box.home.paths.clientConfig },
  'the client’s settings': inHome('.claude/settings.json'),
  'the configuration': { path: box => box.home.configFile },
  'the roster': inHome('roster.yaml', { config: home => ({ roster: join(home, 'roster.yaml') }) }),
  'the webhook': inHome('webhook', {
    config: home => ({ alerts: { slack: { webhookFile: join(home, 'webhook') } } }),
  }),
  'a key elsewhere': inHome('elsewhere', {
    config: home => ({ local: { keyFile: join(home, 'elsewhere') } }),
  }),
  'the Vault token': inHome('token', {
    config: home => vault({ method: 'token', tokenFile: join(home, 'token') }),
  }),
  'the JWT of Vault': inHome('jwt', {
    config: home => vault({ method: 'jwt', jwtFile: join(home, 'jwt'), role: 'claude-auth' }),
  }),
  'the authority of Vault': inHome('ca.pem', {
    config: home =>
      vault({ method: 'token', tokenFile: join(home, 'none') }, { caCert: join(home, 'ca.pem') }),
  }),
  'the authorities of the environment': inHome('extra.pem', {
    env: home => ({ NODE_EXTRA_CA_CERTS: join(home, 'extra.pem') }),
  }),
}

/** A command has an end; a launch waits for its worker for `launchWait`, 10 s, and 3 s more. */
const commandMs = 20_000
const launchMs = 15_000

/**
 * Puts `kind` in the place of one file, and asks each command: it ends in time, the launch starts the client in both
 * shells, and doctor or a command names the file. `only`: a few of the commands.
 */
export async function holdsNobody(
  t: Test,
  name: string,
  kind: string,
  { only }: { only?: (command: string) => boolean } = {},
): Promise<void> {
  const place = oddPlaces[name]
  const put = oddKinds[kind]
  if (place === undefined || put === undefined) throw new Error(`no ${kind} as ${name}`)
  const box = await sandbox(t)
  const more = place.config?.(box.home.path) ?? {}
  await box.ensure()
  const endpoints = { oauth: box.authority.url, api: box.authority.url }
  box.writeConfig({ version: 1, endpoints, ...more })
  const path = place.path(box)
  const env = place.env?.(box.home.path) ?? {}
  const renew = () => {
    rmSync(path, { recursive: true, force: true })
    mkdirSync(dirname(path), { recursive: true })
    put(path)
  }
  const said: string[] = []
  const steps: [string, number, () => ReturnType<Sandbox['run']>][] = [
    [
      'doctor',
      commandMs,
      () => box.command(['doctor', '--json', '--offline'], { env, timeoutMs: 2 * commandMs }),
    ],
    [
      'status',
      commandMs,
      () => box.command(['status', '--json'], { env, timeoutMs: 2 * commandMs }),
    ],
    [
      'session-start',
      launchMs,
      () =>
        box.run('/bin/dash', [join(root, 'bin/claude-auth'), 'hook', 'session-start'], {
          env,
          input: '{}',
          timeoutMs: 2 * launchMs,
        }),
    ],
    ...['dash', 'bash'].map((shell): (typeof steps)[number] => [
      `launch in ${shell}`,
      launchMs,
      () =>
        box.run(`/bin/${shell}`, [join(root, 'bin/claude'), 'x'], { env, timeoutMs: 2 * launchMs }),
    ]),
    ['ensure', commandMs, () => box.ensure(['--force'], { env, timeoutMs: 2 * commandMs })],
  ]
  for (const [what, mostMs, begin] of steps) {
    if (only && !only(what)) continue
    renew()
    // Marks that say "fresh" would start the client at once.
    if (what.startsWith('launch'))
      rmSync(join(box.home.paths.state, 'login'), { recursive: true, force: true })
    const ended = await begin()
    said.push(ended.stdout, ended.stderr)
    t.ok(ended.signal === null && ended.ms < mostMs, `${what} ends: ${Math.round(ended.ms)} ms`)
    if (what.startsWith('launch')) t.match(ended, { code: 0, stdout: /^client: x$/m }, what)
    if (what === 'session-start') t.equal(ended.code, 0)
    await box.settle()
  }
  t.ok(said.join('\n').includes(path), `${path} is named`)
}
