// When the wrapper may say "fresh": every way a login can change behind its back, for every shell and every start.

import { execFileSync } from 'node:child_process'
import { chownSync, cpSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { run } from '../kit/run.js'
import { type Shell, shells, type WrapperBox, wrapperBox } from '../kit/wrapper-box.js'

interface Situation {
  /** What happens between the marks and the launch; returns variables for the launch. */
  change(box: WrapperBox): Promise<undefined> | Record<string, string> | undefined
  /** Seconds that the mark is still valid when the process starts. */
  validSeconds?: number
  isFresh?: true
  /** Another client than the one that the marks know. */
  startsOther?: true
  hideProc?: true
}

const files = (box: WrapperBox) => [
  box.paths.loginFile,
  ...['fresh', 'seen', 'usable'].map(name => join(box.paths.state, name)),
]

/** The login file replaced as the client and editors do it, with this age. */
function replaced(ageSeconds: number | null): Situation['change'] {
  return box => {
    const next = `${box.paths.loginFile}.next`
    box.write(next, '{"claudeAiOauth":{"accessToken":""}}')
    if (ageSeconds !== null) box.age(next, ageSeconds)
    renameSync(next, box.paths.loginFile)
    return undefined
  }
}

const situations: Record<string, Situation> = {
  'nothing happened': { change: () => undefined, isFresh: true },
  'something else in the home': {
    change: box => void box.write(join(box.home, 'unrelated'), ''),
    isFresh: true,
  },
  'the mark has expired meanwhile': {
    validSeconds: 1,
    change: () => sleep(2100, undefined),
  },
  'no client was found': {
    change: box => void box.mark({ client: null }),
    isFresh: true,
  },
  'a newer login': { change: replaced(null) },
  'a login with an older time': { change: replaced(-7200) },
  'a login within the tick of the mark': {
    change: box => {
      box.mark()
      writeFileSync(`${box.paths.loginFile}.next`, '{}')
      renameSync(`${box.paths.loginFile}.next`, box.paths.loginFile)
      return undefined
    },
  },
  'a copy of an earlier, sealed login put back': {
    change: box => {
      box.mark({ nowMs: Date.now() - 60_000 })
      const copy = `${box.paths.loginFile}.copy`
      cpSync(box.paths.loginFile, copy, { preserveTimestamps: true })
      box.write(box.paths.loginFile, '{"claudeAiOauth":{"accessToken":"next"}}')
      box.mark()
      renameSync(copy, box.paths.loginFile)
      return undefined
    },
  },
  'blanked in place': { change: box => void writeFileSync(box.paths.loginFile, '{}') },
  'login deleted': { change: box => void rmSync(box.paths.loginFile) },
  'login replaced by a folder': {
    change: box => {
      rmSync(box.paths.loginFile)
      box.write(join(box.paths.loginFile, 'x'), '')
      return undefined
    },
  },
  'the clock set back by an hour': {
    change: box => {
      for (const file of files(box)) box.age(file, 3600)
      box.age(join(box.paths.state, 'fresh'), 7200)
      return undefined
    },
  },
  'no /proc': { change: () => undefined, hideProc: true },
  'seen is gone': { change: box => void rmSync(join(box.paths.state, 'seen')) },
  'what is written in a mark: nobody reads it': {
    change: box => torn(box, 'touch "$HOME/bad"; exit 1'),
    isFresh: true,
  },
  'a mark of an earlier version': {
    change: box => {
      rmSync(join(box.paths.state, 'login'), { recursive: true })
      return torn(box, "ca_format='1'")
    },
  },
  'another folder': {
    change: box => {
      const other = join(box.home, 'other')
      execFileSync('cp', ['-a', box.paths.folder, other])
      box.configure({ folders: [other] })
      return { CLAUDE_CONFIG_DIR: other }
    },
  },
  'another folder for secrets, named empty': {
    change: () => ({ CLAUDE_SECURESTORAGE_CONFIG_DIR: '', CLAUDE_CONFIG_DIR: '/nowhere' }),
    isFresh: true,
  },
  'a credential in the environment': { change: () => ({ ANTHROPIC_API_KEY: 'x' }) },
  'a token by descriptor': { change: () => ({ CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR: '5' }) },
  'config changed': {
    change: box => void writeFileSync(box.userConfig, 'version: 1\nmode: on\n'),
  },
  'config replaced by an older one': {
    change: box => {
      box.write(`${box.systemConfig}.old`, 'mode: on\n')
      box.age(`${box.systemConfig}.old`, -9000)
      renameSync(`${box.systemConfig}.old`, box.systemConfig)
      return undefined
    },
  },
  'config vanished': { change: box => void rmSync(box.systemConfig) },
  'config vanished with its folder': {
    change: box => void rmSync(dirname(box.systemConfig), { recursive: true }),
  },
  'config appeared': {
    change: box => {
      rmSync(box.userConfig)
      box.mark({ configReadAtMs: Date.now() + 1000 })
      box.write(box.userConfig, 'mode: on\n')
      box.age(box.userConfig, -9000)
      return undefined
    },
  },
  'another config': {
    change: box => {
      const other = join(box.home, 'other/config.yaml')
      box.write(other, 'mode: on\n')
      for (const path of [other, join(box.home, 'other')]) box.age(path, -3600)
      return { CLAUDE_AUTH_CONFIG: other }
    },
  },
  'the client vanished': {
    startsOther: true,
    change: box => {
      box.env['PATH'] = `${box.real}:${dirname(otherClient(box))}:/usr/bin:/bin`
      box.mark()
      rmSync(join(box.real, 'claude'))
      return { PATH: `${box.env['PATH']}` }
    },
  },
  'another PATH: only the client is searched for anew': {
    change: box => ({ PATH: `/usr/sbin:${box.env['PATH']}` }),
    isFresh: true,
  },
  'another client by name: only the client changes': {
    change: box => ({ CLAUDE_AUTH_CLIENT: otherClient(box) }),
    isFresh: true,
    startsOther: true,
  },
  'a client of that name earlier on PATH': {
    change: box => ({ PATH: `${dirname(otherClient(box))}:${box.env['PATH']}` }),
    isFresh: true,
    startsOther: true,
  },
  'a login file that belongs to somebody else now': {
    change: box => {
      if (isRoot) chownSync(box.paths.loginFile, 12_345, 12_345)
      else rmSync(box.paths.loginFile)
      return undefined
    },
  },
  'signed out': { change: box => void box.write(box.paths.signedOut, '') },
}

function otherClient(box: WrapperBox): string {
  cpSync(box.real, join(box.folder, 'other'), { recursive: true })
  return join(box.folder, 'other/claude')
}

function torn(box: WrapperBox, text: string): undefined {
  box.write(join(box.paths.state, 'fresh'), text)
  box.age(join(box.paths.state, 'fresh'), 3600)
}

/** Waits for the go-ahead (and variables) from `$1`, then becomes the rest. */
const goAhead = '. "$1"; shift; exec "$@"'

/** How the wrapper comes to run, and whether that process is older than what happens to the login. */
const starts: Record<string, { command: string[]; isOld: boolean }> = {
  'new process': { command: ['sh', '-c', goAhead, 'start'], isOld: false },
  // Its entry in /proc is as old as the first look at it.
  'old process': {
    command: ['sh', '-c', `ps -p $$ >/dev/null; ls /proc/$$ >/dev/null; ${goAhead}`, 'start'],
    isOld: true,
  },
  // The first process of its own world.
  'container entrypoint': {
    command: [
      'unshare',
      '-pf',
      '--mount-proc',
      'sh',
      '-c',
      `ps -p 1 >/dev/null; ${goAhead}`,
      'start',
    ],
    isOld: true,
  },
}

const withoutProc = ['unshare', '-m', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'hide']
const isRoot = process.getuid?.() === 0

for (const shell of Object.keys(shells) as Shell[])
  for (const [startName, start] of Object.entries(starts))
    t.test(`${shell}, ${startName}`, async t => {
      if (start.command[0] === 'unshare' && !isRoot) return t.pass('# SKIP needs root')
      const rows = Object.entries(situations).filter(([, each]) => isRoot || !each.hideProc)
      await Promise.all(
        rows.map(async ([name, situation]) => {
          const box = wrapperBox(t)
          const { validSeconds = 3600 } = situation
          box.mark({ freshUntilMs: Date.now() + validSeconds * 1000, usableUntilMs: 0 })
          const go = join(box.folder, 'go')
          execFileSync('mkfifo', [go])
          const command = [
            ...start.command,
            go,
            ...(situation.hideProc ? withoutProc : []),
            ...shells[shell],
            join(box.root, 'bin/claude'),
          ]
          const launch = () =>
            run(command[0] ?? '', command.slice(1), { cwd: box.folder, env: { ...box.env } })
          const early = start.isOld ? launch() : null
          if (early) await sleep(300)
          const variables = { PATH: box.env['PATH'], ...(await situation.change(box)) }
          const late = early ?? launch()
          const lines = Object.entries(variables).map(
            ([key, value]) => `export ${key}='${quoted(value)}'\n`,
          )
          await writeFile(go, lines.join(''))
          const ended = await late
          const where = `${name}: ${ended.stderr}`
          t.equal(ended.code, 0, where)
          const folder = situation.startsOther ? 'other' : 'real'
          t.match(ended.stdout, new RegExp(`^client .*/${folder}/claude pid=\\d+\n$`), where)
          const expected = situation.isFresh ? [] : [/^ensure --for launch --gate-fd 9 .*\[\//]
          t.match(box.engineStarts(), expected, where)
          t.equal(box.engineStarts().length, expected.length, where)
        }),
      )
    })

function quoted(value: string | undefined): string {
  return (value ?? '').replaceAll("'", "'\\''")
}
