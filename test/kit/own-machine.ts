// A machine of a test's own: this one's files under a layer that vanishes, with its own processes, users and /etc.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Run, type RunOptions, run } from './run.js'

export interface OwnMachine {
  /** Runs a program as root of this machine, with the environment of a bare login. */
  run(command: string, args: string[], more?: Partial<RunOptions>): Promise<Run>
  /** A line of sh as root; throws when it fails, gives what it printed. */
  sh(line: string): Promise<string>
  write(path: string, text: string, mode?: number): Promise<void>
  /** Runs a program as a user, with the environment and folder of their home. */
  as(user: string, command: string, args: string[], more?: Partial<RunOptions>): Promise<Run>
  /** Adds a user from /etc/skel. */
  addUser(name: string, shell?: string): Promise<void>
}

const layered = ['/etc', '/usr', '/var', '/home', '/root', '/opt']

// What has the name of an init lets workers outlive a launch. It buries what is orphaned.
const begin = `set -e
mount -t tmpfs -o mode=755 layers "$0"
for each in ${layered.join(' ')}; do
  mkdir -p "$0$each/upper" "$0$each/work"
  mount -t overlay layer -o "lowerdir=$each,upperdir=$0$each/upper,workdir=$0$each/work" "$each"
done
mount -t tmpfs -o mode=755 run /run
cp /bin/dash "$0/init"
exec "$0/init" -c 'echo ready; while :; do sleep 1 & wait $!; done'
`

/** For tap's `skip`. A run for all (`CI=true`) is root's, and there it has to work. */
export const noOwnMachine: string | false = whyNot()

function whyNot(): string | false {
  const words = ['--mount', '--pid', '--fork', '--propagation', 'private', 'true']
  const why = process.geteuid?.() === 0 ? 'namespaces are not allowed here' : 'it takes root'
  if (process.geteuid?.() === 0 && spawnSync('unshare', words).status === 0) return false
  if (process.env['CI'] === 'true') throw new Error(`no machine of our own: ${why}`)
  return why
}

/** Starts one; it ends with the test, and nothing of it is left. */
export async function ownMachine(t: Pick<Test, 'teardown'>): Promise<OwnMachine> {
  const layers = mkdtempSync(join(tmpdir(), 'claude-auth-machine-'))
  const own = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
  const child = spawn('unshare', [...own, '--propagation', 'private', 'sh', '-c', begin, layers], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
  })
  let trouble = ''
  child.stderr.setEncoding('utf8').on('data', text => (trouble += text))
  const closed = once(child, 'close').then(() => null)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await closed
    removeWhenFree(layers)
  })
  if ((await Promise.race([once(child.stdout, 'data'), closed])) === null)
    throw new Error(`no machine of our own: ${trouble}`)
  const init = childOf(child.pid ?? 0)

  const inside: OwnMachine['run'] = (command, args, more = {}) => {
    const words = Object.entries(more.env ?? rootEnv).map(([name, value]) => `${name}=${value}`)
    const enter = ['-t', String(init), '--mount', '--pid', '--wd=/', 'env', '-i', ...words]
    return run('/usr/bin/nsenter', [...enter, command, ...args], {
      cwd: '/',
      timeoutMs: 120_000,
      ...more,
      env: { PATH: '/usr/bin:/bin' },
    })
  }
  const machine: OwnMachine = {
    run: inside,
    sh: async line => {
      const ended = await inside('/bin/sh', ['-c', line])
      if (ended.code !== 0) throw new Error(`${line}: ${ended.code} ${ended.stderr}`)
      return ended.stdout
    },
    write: async (path, text, mode = 0o644) => {
      const line = `cat >"$1" && chmod ${mode.toString(8)} "$1"`
      const { code, stderr } = await inside('/bin/sh', ['-c', line, 'sh', path], { input: text })
      if (code !== 0) throw new Error(`${path}: ${stderr}`)
    },
    as: (user, command, args, more = {}) =>
      inside(
        '/usr/bin/setpriv',
        [
          `--reuid=${user}`,
          `--regid=${user}`,
          '--init-groups',
          ...['sh', '-c', 'cd && exec "$@"', 'sh'],
          command,
          ...args,
        ],
        { ...more, env: { ...userEnv(user), ...more.env } },
      ),
    addUser: async (name, shell = '/bin/bash') => {
      await machine.sh(`useradd -m -s ${shell} ${name} && usermod -p '*' ${name}`)
    },
  }
  return machine
}

const rootEnv = {
  HOME: '/root',
  USER: 'root',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
}

/** What sshd and su begin with. */
function userEnv(user: string): Record<string, string> {
  return {
    HOME: `/home/${user}`,
    USER: user,
    LOGNAME: user,
    TERM: 'dumb',
    PATH: '/usr/local/bin:/usr/bin:/bin:/usr/games',
  }
}

function childOf(pid: number): number {
  for (const name of readdirSync('/proc').filter(each => /^\d+$/.test(each))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8')
      if (Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid) return Number(name)
    } catch {
      // It ended in the meantime.
    }
  }
  throw new Error('the first process of the machine is not there')
}

/** Nothing but an empty folder in /tmp could be left. */
function removeWhenFree(folder: string): void {
  try {
    rmdirSync(folder)
  } catch {
    // The last process still holds it.
  }
}
