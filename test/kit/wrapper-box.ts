// A copy of the wrapper with a stand-in for Node's side: what the shell does, without the engine.

import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { configForm, launchConfigText } from '../../src/config/cache.js'
import type { Config } from '../../src/config/config.js'
import { type MarkFacts, writeMarks } from '../../src/login/marks.js'
import { loginPaths } from '../../src/system/paths.js'
import { endLeftovers, processesOf, type Run, type RunOptions, run } from './run.js'

export const shells = { dash: ['/bin/dash'], bash: ['/bin/bash'], ash: ['/bin/busybox', 'ash'] }
export type Shell = keyof typeof shells

const source = fileURLToPath(new URL('../../bin', import.meta.url))

/** Says what it was started with, one thing a line. */
const client = `#!/bin/sh
echo "client $0 pid=$$"
for arg; do printf '<%s>\\n' "$arg"; done
exit "\${CLIENT_EXIT:-0}"
`

export interface WrapperBox {
  folder: string
  root: string
  home: string
  paths: ReturnType<typeof loginPaths>
  /** The client's folder, first on PATH. */
  real: string
  systemConfig: string
  userConfig: string
  env: Record<string, string>
  /** Writes a file with its folders; an executable one by `mode`. */
  write(path: string, text: string, mode?: number): void
  /** What the stand-in for `claude-auth` does (sh); \`$@\` are its words. Each start is counted. */
  engine(script: string): void
  /** What the stand-in says of the configuration when the shell asks; that is no start. */
  configure(said: {
    mode?: Config['mode']
    client?: string
    waitMs?: number
    folders?: string[]
  }): void
  /** For the stand-in's script: it waits here, for a minute at most, until \`letGo\` is called. */
  untilLetGo: string
  letGo(): void
  holdAgain(): void
  /** One text a start of the engine: its words, and in brackets the client and the folder that its environment hands over. */
  engineStarts(): string[]
  /** Marks for the login as it is now, valid for an hour unless said otherwise. */
  mark(facts?: Partial<MarkFacts>): ReturnType<typeof writeMarks>
  /** The name of the first process, and the control group of the launch: a login session's, unless said otherwise. */
  bootedBy(name: string, group?: string): void
  /** Waits until the shells of launches and hooks have ended, also those left in the background; not for workers. */
  shellsEnd(): Promise<void>
  /** Moves a file's time to a whole second that many seconds from now. */
  age(path: string, seconds: number): void
  launch(shell: Shell, args?: string[], more?: Partial<RunOptions>): Promise<Run>
}

/** Unless said otherwise, its home has a name that a careless shell would trip over. */
export function wrapperBox(t: Test, homeName = `it's a "home" $(touch pwned) \\ *`): WrapperBox {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'claude-auth-wrapper-')))
  const root = join(folder, 'root')
  const home = join(folder, homeName)
  const real = join(folder, 'real')
  const systemConfig = join(folder, 'etc/config.yaml')
  const userConfig = join(home, '.config/claude-auth/config.yaml')
  const paths = loginPaths(join(home, '.claude'), {}, home)
  const starts = join(folder, 'starts')
  const configAnswer = join(folder, 'config-answer')
  const released = join(folder, 'let-go')
  t.teardown(async () => {
    await endLeftovers(home)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  })

  function write(path: string, text: string, mode = 0o600): void {
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
    writeFileSync(path, text)
    chmodSync(path, mode)
  }

  cpSync(source, join(root, 'bin'), { recursive: true })
  const firstProcess = join(folder, 'comm')
  const controlGroup = join(folder, 'cgroup')
  for (const name of ['claude', 'find-client.sh', 'gate.sh']) {
    const text = readFileSync(join(source, name), 'utf8')
      .replaceAll('/etc/claude-auth/config.yaml', systemConfig)
      .replaceAll('/proc/1/comm', firstProcess)
      .replaceAll('/proc/self/cgroup', controlGroup)
    write(join(root, 'bin', name), text, 0o755)
  }
  // As a build leaves it.
  write(join(root, 'dist', `config-form-${configForm}`), '')
  // In the place of Node: it runs the stand-in faster than Node would start.
  symlinkSync('/bin/sh', join(root, 'node'))
  const env: Record<string, string> = { HOME: home, PATH: `${real}:/usr/bin:/bin` }
  const box: WrapperBox = {
    folder,
    root,
    home,
    paths,
    real,
    systemConfig,
    userConfig,
    env,
    write,
    engine: script => {
      const answer = `case $* in 'ensure --for shell'*) /bin/cat '${configAnswer}'; exit ;; esac`
      const client = `\${CLAUDE_AUTH_LAUNCH_CLIENT:+ [$CLAUDE_AUTH_LAUNCH_CLIENT]}`
      const place = `\${CLAUDE_AUTH_LAUNCH_FOLDER:+ [in $CLAUDE_AUTH_LAUNCH_FOLDER]}`
      const count = `printf '%s\\n' "$*${client}${place}" >>'${starts}'`
      write(join(root, 'bin/claude-auth'), `${answer}\n${count}\n${script}\n`, 0o755)
    },
    configure: ({ mode = 'on', client = null, waitMs = 2000, folders = [] }) => {
      const profiles = folders.map(each => ({ name: each, folder: each }))
      const renewal = { launchWaitMs: waitMs } as Config['renewal']
      const files = { systemConfig, userConfig, roster: null, left: join(root, 'left') }
      const said = { mode, off: null, client, renewal, profiles }
      write(configAnswer, launchConfigText(said, files) ?? '')
    },
    untilLetGo: `turns=0; until [ -e '${released}' ] || [ $turns = 600 ]; do sleep 0.1; turns=$((turns + 1)); done`,
    letGo: () => write(released, ''),
    holdAgain: () => rmSync(released, { force: true }),
    engineStarts: () =>
      existsSync(starts) ? readFileSync(starts, 'utf8').split('\n').slice(0, -1) : [],
    mark: facts => {
      const nowMs = Date.now()
      return writeMarks(paths, {
        contentHash: createHash('sha256').update(readFileSync(paths.loginFile)).digest('hex'),
        freshUntilMs: nowMs + 3_600_000,
        usableUntilMs: nowMs + 7_200_000,
        retryAtMs: null,
        client: join(real, 'claude'),
        isClientChosen: false,
        isClientConfigured: false,
        systemConfig,
        userConfig,
        configReadAtMs: nowMs,
        nowMs,
        nonce: 'test',
        ...facts,
      })
    },
    bootedBy: (name, group = '0::/user.slice/user-1000.slice/session-3.scope') => {
      write(firstProcess, `${name}\n`)
      write(controlGroup, `${group}\n`)
    },
    shellsEnd: async () => {
      const isShell = (pid: number) => /\/bin\/(?:claude|entry)\0/.test(commandLine(pid))
      while ((await processesOf(home)).some(isShell))
        await new Promise(resolve => setTimeout(resolve, 50))
    },
    age: (path, seconds) => {
      const at = Math.floor(Date.now() / 1000) + seconds
      utimesSync(path, at, at)
    },
    launch: (shell, args = [], more = {}) => {
      const [program = '', ...before] = shells[shell]
      return run(program, [...before, join(root, 'bin/claude'), ...args], {
        cwd: folder,
        env,
        ...more,
      })
    },
  }
  write(join(real, 'claude'), client, 0o755)
  write(paths.loginFile, '{"claudeAiOauth":{}}')
  write(systemConfig, 'version: 1\n', 0o644)
  write(userConfig, 'version: 1\n')
  for (const each of [systemConfig, userConfig])
    for (const path of [each, dirname(each)]) box.age(path, -3600)
  box.bootedBy('systemd')
  box.configure({})
  box.engine('echo launch')
  return box
}

/** Empty for one that has ended. */
function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1')
  } catch {
    return ''
  }
}
