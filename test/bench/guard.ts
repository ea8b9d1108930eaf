// What the guard of a repository adds to a push of 100 commits, beside git's own time for it: to a folder, and over ssh.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { program, type WatchedPlace, watchedRepository } from '../kit/watched-repository.js'
import { leftOut, type Row, type Section, times, told } from './row.js'
import type { Bench } from './scene.js'
import { inTurn, type Timed } from './timing.js'

const commits = 100
const sshd = '/usr/sbin/sshd'

export async function guard(bench: Bench): Promise<Section[]> {
  const folder = mkdtempSync(join(tmpdir(), 'claude-auth-bench-'))
  bench.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const place = watchedRepository(folder, { bob: { git: 'bob' } }, { files: 200 })
  writeFileSync(hookOf(place), `#!/bin/sh\nexec ${program} changes guard\n`, { mode: 0o755 })
  commitMany(place)
  // As on a server, where they were written some time ago.
  for (const name of ['roster.yaml', '.config/claude-auth', '.config/claude-auth/config.yaml', '.'])
    utimesSync(join(place.home, name), 1, 1)
  // The same push again and again: into a copy of the repository as it was before.
  const before = join(folder, 'before.git')
  cpSync(place.bare, before, { recursive: true })
  const anew = (isGuarded: boolean) => {
    rmSync(place.bare, { recursive: true })
    cpSync(before, place.bare, { recursive: true })
    if (!isGuarded) renameSync(hookOf(place), `${hookOf(place)}.off`)
  }
  const push = (to: string, refs: string) => () => {
    const beganMs = performance.now()
    const env = { ...place.env, GL_USER: 'bob', GIT_SSH_COMMAND: sshCommand(folder) }
    const { status, stderr } = spawnSync('git', ['push', '-q', to, refs], {
      cwd: place.work,
      env,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(stderr)
    return performance.now() - beganMs
  }
  const waysTo = (to: string, by: string) =>
    [
      {
        name: `git push of 100 commits${by}`,
        prepare: () => anew(false),
        once: push(to, 'HEAD:master'),
      },
      {
        name: `the same with the guard${by}`,
        prepare: () => anew(true),
        once: push(to, 'HEAD:master'),
      },
      {
        name: `with the guard, judged by Node${by}`,
        prepare: () => anew(true),
        once: push(to, 'merged:master'),
      },
    ] as const
  const rounds = bench.rounds(15, 3)
  const local = await inTurn(waysTo('origin', ''), rounds)
  const rows = rowsOf(local, '')
  const timed: Timed[] = [...local]
  const address = bench.quick ? null : await overSsh(bench, folder, place)
  const by = ' over ssh'
  if (address === null)
    rows.push(leftOut(`guard: a push of ${commits} commits${by}`, '', '≤ 2 ×', 'no sshd'))
  else {
    const remote = await inTurn(waysTo(address, by), rounds)
    rows.push(...rowsOf(remote, by))
    timed.push(...remote)
  }
  return [{ title: 'A guarded repository', rows, timed, base: local[0].name }]
}

function rowsOf([bare, guarded, judged]: readonly [Timed, Timed, Timed], by: string): Row[] {
  return [
    times(`guard: a push of ${commits} commits${by}`, guarded, bare, 2),
    told(`guard: the same with a merge, which Node judges${by}`, judged, bare),
  ]
}

function hookOf({ bare }: WatchedPlace): string {
  return join(bare, 'hooks/pre-receive')
}

/** On top of the branch; `merged` is the same and a merge. */
function commitMany(place: WatchedPlace): void {
  const stream = Array.from({ length: commits }, (_, at) => {
    const text = `Change ${at}\n\nIt was wanted for the reason of number ${at}.\n`
    const from = at === 0 ? 'from refs/heads/master^0\n' : ''
    const file = `M 100644 inline change/${at}\ndata ${String(at).length}\n${at}\n`
    return `commit refs/heads/master\ncommitter bob <b@x> ${at} +0000\ndata ${text.length}\n${text}${from}${file}`
  }).join('')
  execFileSync('git', ['fast-import', '--quiet'], { cwd: place.work, input: stream })
  place.git('reset', '-q', '--hard')
  place.git('switch', '-q', '-c', 'merged')
  place.commit('One more\n\nIt was forgotten.')
  place.git('switch', '-q', '-C', 'other', 'HEAD~1')
  place.commit('Another\n\nIt was forgotten, too.')
  place.git('switch', '-q', 'merged')
  place.git('merge', '-q', '--no-ff', '-m', 'Merge the other', 'other')
  place.git('switch', '-q', 'master')
}

function sshCommand(folder: string): string {
  return `ssh -F none -i ${folder}/key -o IdentitiesOnly=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`
}

/** An sshd on the loopback for this user alone; the address of the repository there. Null where none can be had. */
async function overSsh(bench: Bench, folder: string, place: WatchedPlace): Promise<string | null> {
  if (!existsSync(sshd)) return null
  for (const name of ['key', 'host'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)])
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  const options = [
    `ListenAddress=127.0.0.1:${port}`,
    `HostKey=${folder}/host`,
    `AuthorizedKeysFile=${folder}/key.pub`,
    ...['UsePAM=no', 'PidFile=none', 'StrictModes=no', 'PermitRootLogin=yes'],
    `SetEnv=HOME=${place.home} GL_USER=bob GIT_CONFIG_NOSYSTEM=1`,
  ]
  const words = [sshd, '-D', '-f', '/dev/null', ...options.flatMap(each => ['-o', each])]
  // As root it wants a folder that a machine without its service does not have.
  const inOwnRun = [
    ...['unshare', '-m', 'sh', '-c'],
    'mount -t tmpfs none /run && mkdir -m 755 /run/sshd && exec "$0" "$@"',
  ]
  const isWanting = process.geteuid?.() === 0 && !existsSync('/run/sshd')
  const [command = '', ...args] = isWanting ? [...inOwnRun, ...words] : words
  const child = spawn(command, args, { stdio: 'ignore' })
  bench.teardown(() => child.kill())
  const address = `ssh://${userInfo().username}@127.0.0.1:${port}${place.bare}`
  for (let turn = 0; turn < 50; turn++) {
    const asked = spawnSync('git', ['ls-remote', address], {
      cwd: place.work,
      env: { ...place.env, GIT_SSH_COMMAND: sshCommand(folder) },
    })
    if (asked.status === 0) return address
    await sleep(100)
  }
  return null
}
