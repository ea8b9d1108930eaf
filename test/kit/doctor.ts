// `claude-auth doctor` in a sandbox: what it reports, which checks found a fault, and a picture of the home before and after.

import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { hookEvents } from '../../src/install/shipped.js'
import type { Run } from './run.js'
import { type Sandbox, type SandboxOptions, sandbox } from './sandbox.js'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')

export interface DoctorCheck {
  id: string
  state: 'ok' | 'note' | 'warn' | 'fail'
  message: string
  hint: string | null
  fixable: boolean
}

export interface Diagnosis extends Run {
  verdict: string
  checks: DoctorCheck[]
  /** The one with this id; throws when it is not there. */
  check(id: string): DoctorCheck
  /** The ids that warn or fail. */
  faults: string[]
}

/** A home in which one run has put everything in order. */
export async function healthy(t: Test, options: SandboxOptions = {}): Promise<Sandbox> {
  const box = await sandbox(t, options)
  const { code, stderr } = await box.ensure()
  if (code !== 0) throw new Error(`no healthy home: ${stderr}`)
  return box
}

type Doctored = Pick<Sandbox, 'command' | 'grepSecrets' | 'home'>
type More = Parameters<Sandbox['command']>[1]

/** `claude-auth doctor --json …`; no secret may be in what it says. */
export async function doctor(box: Doctored, args: string[] = [], more?: More): Promise<Diagnosis> {
  const ended = await box.command(['doctor', '--json', ...args], more)
  const leaked = await box.grepSecrets(`${ended.stdout}${ended.stderr}`)
  if (leaked.length > 0) throw new Error(`doctor tells a secret: ${leaked.join(' ')}`)
  let said: { schemaVersion?: number; verdict: string; checks: DoctorCheck[] }
  try {
    said = JSON.parse(ended.stdout)
  } catch {
    throw new Error(`no report (${ended.code}): ${ended.stdout}${ended.stderr}`)
  }
  const { verdict, checks } = said
  if (said.schemaVersion !== 1) throw new Error('another schema')
  return {
    ...ended,
    verdict,
    checks,
    check: id => {
      const found = checks.find(each => each.id === id)
      if (!found) throw new Error(`no check ${id}: ${checks.map(each => each.id).join(' ')}`)
      return found
    },
    faults: checks.filter(({ state }) => state === 'warn' || state === 'fail').map(({ id }) => id),
  }
}

/**
 * The fault is found by exactly the check `id`, and nothing was changed by looking; where the server's answer `isNews`, it is
 * remembered in our own folder. Where it offers to mend it, `--fix --yes` does, and the second look finds nothing.
 */
export async function findsFault(
  t: Test,
  box: Doctored,
  id: string,
  {
    fixable,
    more,
    args = [],
    isNews = false,
  }: { fixable: boolean; more?: More; args?: string[]; isNews?: boolean },
): Promise<DoctorCheck> {
  const seenIn = (folder: string) =>
    picture(folder).filter(line => !isNews || !line.startsWith('.claude/.claude-auth'))
  const before = seenIn(box.home.path)
  const seen = await doctor(box, args, more)
  t.same(
    seen.faults,
    [id],
    `${id} alone: ${JSON.stringify(seen.checks.filter(c => seen.faults.includes(c.id)))}`,
  )
  t.same(seenIn(box.home.path), before, 'looking changes nothing')
  const found = seen.check(id)
  t.equal(found.fixable, fixable, 'mendable')
  t.not(seen.code, 0)
  if (fixable) {
    const mended = await doctor(box, ['--fix', '--yes', ...args], more)
    t.same(
      mended.faults,
      [],
      `after --fix: ${mended.stderr}${JSON.stringify(mended.checks.filter(c => mended.faults.includes(c.id)))}`,
    )
    t.match(mended.stderr, /^claude-auth: Fixed /m)
    t.equal(mended.code, 0)
  }
  return found
}

/** Every path with its mode, time and bytes, except what the sandbox's own tools touch. */
export function picture(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map(name => {
      const about = lstatSync(join(folder, name))
      const bytes = about.isFile() ? readFileSync(join(folder, name)) : ''
      const sum = createHash('sha256').update(bytes).digest('hex').slice(0, 12)
      return `${name} ${about.mode.toString(8)} ${about.mtimeMs} ${sum}`
    })
}

/** As after `claude-auth install`: the wrapper's link, first on PATH in each shell, and the hooks. */
export function asInstalled({ home }: Pick<Sandbox, 'home'>): void {
  const bin = join(home.path, '.local/bin')
  mkdirSync(bin, { recursive: true, mode: 0o755 })
  symlinkSync(join(root, 'bin/claude'), join(bin, 'claude'))
  const line = 'PATH="$HOME/.local/bin:$PATH"\n'
  for (const name of ['.profile', '.bash_profile', '.bashrc', '.zshenv', '.zprofile', '.zshrc'])
    home.write(join(home.path, name), line, 0o644)
  home.write(join(home.path, '.config/fish/config.fish'), 'set -gx PATH $HOME/.local/bin $PATH\n')
  home.write(join(home.path, '.claude/settings.json'), JSON.stringify({ hooks: hooksOf(root) }))
}

/** The hooks of the client's settings for the program in `program`. */
export function hooksOf(program: string): Record<string, unknown[]> {
  const word = (event: string) =>
    event.replace(/(?<=[a-z])[A-Z]/g, letter => `-${letter}`).toLowerCase()
  return Object.fromEntries(
    hookEvents.map(event => [
      event,
      [{ hooks: [{ type: 'command', command: `${program}/bin/claude-auth hook ${word(event)}` }] }],
    ]),
  )
}

/** `PATH` of a session in which the wrapper is found first. */
export function wrappedPath({ home, env }: Pick<Sandbox, 'home' | 'env'>): Record<string, string> {
  return { PATH: `${join(home.path, '.local/bin')}:${env['PATH']}` }
}
