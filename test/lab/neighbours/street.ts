// Two users on one machine, by number: the owner of a login, with the real program in a home, and a neighbour.

import {
  accessSync,
  chmodSync,
  constants,
  copyFileSync,
  cpSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { Run } from '../../kit/run.js'
import { type Wrapped, type WrappedOptions, wrapped } from '../../kit/wrapped.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
export const ownerUid = 41_001
export const neighbourUid = 41_002

/** Changing users needs root; a machine that builds for others has it. */
export const skip =
  process.geteuid?.() === 0 || process.env['CI'] === 'true' ? false : 'needs root, to be two users'

export interface Street {
  box: Wrapped
  /** A folder of the neighbour's own, open to all. */
  yard: string
  /** `claude-auth ensure` or the wrapper, as the owner, with no umask at all. */
  ensure(args?: string[]): Promise<Run>
  launch(args?: string[], env?: Record<string, string>): Promise<Run>
  /** A script as the neighbour; \`$H\` is the owner's home, \`$Y\` the yard. */
  neighbour(script: string, more?: { env?: Record<string, string>; input?: string }): Promise<Run>
  /** The same as the owner, to see that a script can succeed at all. */
  owner(script: string, env?: Record<string, string>): Promise<Run>
  /** Everything in the home belongs to the owner again. */
  settleIn(): Promise<void>
}

/** The home and what is above our own folders is open to readers (0755), as many machines have it. */
export async function street(t: Test, options: WrappedOptions = {}): Promise<Street> {
  const box = await wrapped(t, options)
  const home = box.home.path
  const yard = realpathSync(mkdtempSync(join(tmpdir(), 'claude-auth-yard-')))
  t.teardown(() => rmSync(yard, { recursive: true, force: true }))
  chmodSync(yard, 0o777)
  const program = join(home, 'program')
  rmSync(join(program, 'dist'))
  cpSync(join(root, 'dist'), join(program, 'dist'), { recursive: true })
  giveNode(box)

  const as = (uid: number, words: string[], more: Parameters<Wrapped['run']>[2] = {}) =>
    box.run('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...words], more)
  const open = 'umask 0; exec "$@"'
  const asOwner = (words: string[], env: Record<string, string> = {}) =>
    as(ownerUid, ['sh', '-c', open, 'sh', ...words], { env })
  const settleIn = async () => {
    await box.run('chown', ['-hR', `${ownerUid}:${ownerUid}`, home])
  }
  for (const folder of [home, box.home.paths.folder, ...above(box)]) chmodSync(folder, 0o755)
  await settleIn()
  return {
    box,
    yard,
    settleIn,
    ensure: (args = []) =>
      asOwner([
        join(box.home.tools, 'node'),
        join(program, 'bin/claude-auth'),
        ...['ensure', '--json', ...args],
      ]),
    launch: (args = [], env = {}) => asOwner([box.wrapper, ...args], env),
    neighbour: (script, { env = {}, input } = {}) =>
      as(neighbourUid, ['sh', '-c', script], {
        cwd: yard,
        env: { HOME: yard, H: home, Y: yard, ...env },
        input,
        timeoutMs: 60_000,
      }),
    owner: (script, env = {}) =>
      as(ownerUid, ['sh', '-c', script], { cwd: yard, env: { H: home, Y: yard, ...env } }),
  }
}

/** One that every user may start. */
function giveNode({ home }: Wrapped): void {
  const node = join(home.tools, 'node')
  const real = realpathSync(node)
  for (let folder = dirname(real); folder !== '/'; folder = dirname(folder))
    try {
      accessSync(folder, constants.X_OK)
    } catch {
      return
    }
  if (!real.startsWith('/root/')) return
  rmSync(node)
  copyFileSync(real, join(home.path, 'program/node'))
  symlinkSync(join(home.path, 'program/node'), node)
}

function above({ home }: Wrapped): string[] {
  return [dirname(home.configFile), dirname(dirname(home.configFile))]
}

/** The folders of a login, as the scripts name them. */
export function placesOf({ box: { home } }: Street) {
  return {
    L: home.paths.folder,
    S: home.paths.state,
    D: join(home.path, '.local/share/claude-auth'),
    C: join(home.path, '.config/claude-auth'),
  }
}

/** As the neighbour: files in home and yard that hold a secret. */
export async function grep({ box, neighbour }: Street): Promise<string[]> {
  const patterns = box.secrets().map(each => each.replace(/^sk-ant-o[ar]t01-/, '').slice(0, 40))
  const script = 'grep -rlF -f - "$H" "$Y" 2>/dev/null; true'
  return lines((await neighbour(script, { input: `${patterns.join('\n')}\n` })).stdout)
}

export function lines(text: string): string[] {
  return text.split('\n').filter(each => each !== '')
}
