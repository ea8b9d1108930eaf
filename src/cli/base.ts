// `claude-auth base`: the skills, rules, agents and commands that all users share are replaced as a whole, or not at all.

import { basename, dirname, join, resolve } from 'node:path'
import { type BasePlan, planUpdate } from '../base/difference.js'
import { readTree, realFolder } from '../base/tree.js'
import { clearLeftovers, mountInTheWay, placesOf, replaceBase } from '../base/update.js'
import { appendAdminJournal } from '../offboard/admin-journal.js'
import { exitCodes } from '../policy/outcome.js'
import { askYes } from '../system/ask.js'
import { enterGate } from '../system/gate.js'
import { type Env, ownPaths } from '../system/paths.js'
import { AuthError, quoted } from '../system/trouble.js'
import { requireTrustedWay } from '../system/trusted-path.js'
import { currentFolder } from '../system/users.js'
import { clean, cleanLine, jsonText } from '../text/clean.js'
import { linePrefix } from '../text/terminal.js'
import { adminContext } from './admin-context.js'
import { type CommandEntry, readFlags } from './command.js'

export const entry = {
  name: 'base',
  group: 'admin',
  summary: 'replace the skills, rules, agents and commands that all users share',
  about:
    'update compares the shared folder (`base.folder` in the configuration) with another one, refuses what would do harm, and then replaces it in one step; the one before stays as .previous.',
  operands: [{ name: 'WHAT', choices: ['update'] }],
  flags: {
    from: { value: 'DIR', completes: 'file', says: 'the folder that is to be shared from now on' },
    'dry-run': { says: 'shows what would change, and changes nothing' },
    'max-delete': {
      value: 'N',
      says: 'so many files may be deleted, even if that is half of all',
    },
    yes: { short: 'y', says: 'do not ask (it asks only at a terminal)' },
    json: { says: 'one JSON object' },
  },
  notes: [
    'Refused are an empty source, one without a part that the base has, too many deletions, credentials, settings files, links that lead out, set-uid files, special files, and files that others may write.',
    'Exit code: 0 in place (or shown), 1 refused or failed, 2 usage or configuration.',
  ],
  examples: [
    'claude-auth base update --from /srv/infra/claude --dry-run',
    'claude-auth base update --from /srv/infra/claude',
  ],
} as const satisfies CommandEntry

const waitMs = 60_000
/** Many thousand files on a slow disk. */
const mostMs = 10 * 60_000
const mostShown = 20

export async function base(argv: string[], env: Env): Promise<number> {
  const { flags } = readFlags(entry, argv)
  if (flags.from === undefined) throw usage('--from is missing: the folder that is to be shared')
  const said = flags['max-delete'] === undefined ? null : countOf(flags['max-delete'])
  const { person, config, now } = await adminContext(env)
  const { folder, maxDelete } = config.base
  if (folder === null)
    throw new AuthError('config-invalid', 'the configuration names no `base.folder`', {
      hint: 'vi /etc/claude-auth/config.yaml   (base: {folder: /srv/claude-base})',
    })
  const source = sourceOf(resolve(currentFolder(), flags.from), folder)
  requireTrustedWay(folder, person.uid)
  requireNoMount(folder)
  const isDry = flags['dry-run'] === true
  // A user other than root updates a base of their own.
  const state = person.uid === 0 ? '/var/lib/claude-auth' : ownPaths(env, person.home).localStore
  const gate = isDry ? null : enterGate(join(state, 'base.gate'), null, waitMs, { mostMs })
  try {
    if (!isDry) clearLeftovers(folder)
    const tree = readTree(source, true)
    if (tree === null) throw noSource(source)
    const limits = { maxDelete: said ?? maxDelete, isSaid: said !== null }
    const plan = planUpdate(tree, readTree(folder, false), limits)
    const isRefused = plan.refusals.length > 0
    const isSame = plan.added.length + plan.changed.length + plan.deleted.length === 0
    if (!flags.json) show(plan, folder, source)
    let did = isRefused ? 'refused' : isSame ? 'nothing' : 'shown'
    if (
      !isRefused &&
      !isSame &&
      !isDry &&
      (await isWanted(flags.yes === true, flags.json === true))
    ) {
      const counts = `${plan.added.length} added, ${plan.changed.length} changed, ${plan.deleted.length} deleted`
      const journal = (result: string) =>
        appendAdminJournal(
          {
            at: new Date(now()).toISOString(),
            who: `${env['SUDO_USER'] ? `${env['SUDO_USER']} as ` : ''}${person.user}@${person.host}`,
            command: 'base update',
            step: `replace ${folder} from ${source}`,
            why: counts,
            result,
          },
          join(state, 'admin.jsonl'),
        )
      journal('begun')
      try {
        replaceBase(source, tree, folder)
      } catch (error) {
        journal('failed')
        throw error
      }
      journal('done')
      did = 'updated'
      if (!flags.json)
        print([
          `Replaced: ${clean(folder, 200)} (${counts}); the one before is ${clean(placesOf(folder).previous, 200)}.`,
        ])
    }
    const code = isRefused || (did === 'shown' && !isDry) ? exitCodes.broken : exitCodes.ok
    if (flags.json)
      print([
        jsonText({
          schemaVersion: 1,
          verdict: code === 0 ? 'ok' : 'broken',
          did,
          folder,
          from: source,
          ...plan,
        }),
      ])
    return code
  } finally {
    gate?.leave()
  }
}

function sourceOf(source: string, folder: string): string {
  const real = realFolder(source)
  if (real === null) throw noSource(source)
  const target = realFolder(folder) ?? folder
  const isInside = (one: string, other: string) => `${one}/`.startsWith(`${other}/`)
  if (isInside(real, target) || isInside(target, real))
    throw usage(`${clean(source, 200)} and the base ${clean(folder, 200)} lie in each other`)
  return real
}

function requireNoMount(folder: string): void {
  const mount = mountInTheWay(whereItIs(folder))
  if (mount === null) return
  throw new AuthError(
    'config-invalid',
    `${clean(mount, 200)} is a mount point: it cannot be replaced in one step; let base.folder be a folder inside it, without mount points below; nothing was changed`,
    { hint: `findmnt -R ${quoted(mount)}` },
  )
}

/** The place of the base itself, links above it resolved. */
function whereItIs(folder: string): string {
  return join(realFolder(dirname(folder)) ?? dirname(folder), basename(folder))
}

function noSource(source: string): AuthError {
  return new AuthError(
    'usage',
    `the source ${clean(source, 200)} is no folder; nothing was changed`,
    {
      hint: 'claude-auth base --help',
    },
  )
}

function countOf(text: string): number {
  if (/^\d{1,7}$/.test(text)) return Number(text)
  throw usage(`--max-delete takes a number, not ${clean(text, 20)}`)
}

function show(
  { added, changed, deleted, refusals }: BasePlan,
  folder: string,
  source: string,
): void {
  const list = (sign: string, paths: readonly string[]) => [
    ...paths.slice(0, mostShown).map(path => `${sign} ${clean(path, 200)}`),
    ...(paths.length > mostShown ? [`${sign} … and ${paths.length - mostShown} more`] : []),
  ]
  print([...list('+', added), ...list('~', changed), ...list('-', deleted)])
  if (refusals.length > 0) {
    const lines = refusals.map(
      ({ rule, path, what }) =>
        `refused (${rule}): ${path === null ? '' : `${clean(path, 200)} `}${clean(what, 200)}`,
    )
    say([
      ...lines.slice(0, mostShown),
      ...(lines.length > mostShown ? [`and ${lines.length - mostShown} more`] : []),
      `nothing was changed in ${clean(folder, 200)}; fix ${clean(source, 200)} and type the command again`,
    ])
  } else if (added.length + changed.length + deleted.length === 0)
    print([`Nothing to do: ${clean(folder, 200)} is as ${clean(source, 200)}.`])
}

async function isWanted(isSaid: boolean, isJson: boolean): Promise<boolean> {
  if (isSaid || isJson || process.stdin.isTTY !== true || process.stderr.isTTY !== true) return true
  return askYes(`${linePrefix}replace the base for all users? [Y/n] `)
}

function print(lines: readonly string[]): void {
  if (lines.length > 0) process.stdout.write(`${lines.map(cleanLine).join('\n')}\n`)
}

function say(lines: readonly string[]): void {
  process.stderr.write(`${lines.map(line => `${linePrefix}${cleanLine(line)}`).join('\n')}\n`)
}

function usage(message: string): AuthError {
  return new AuthError('usage', message, { hint: 'claude-auth base --help' })
}
