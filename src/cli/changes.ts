// `claude-auth changes`: every change of a watched repository has its reason, and is told.

import { fstatSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { isNobodyTold } from '../alerts/sinks.js'
import { isAdmin, type People, readPeople, rowOf, unreadKey } from '../changes/admins.js'
import { entriesOf, guardPush, hookRepository, watchedLines } from '../changes/guard.js'
import { type Noticed, noticeChanges } from '../changes/notice.js'
import { isDeployKey, pusherOf, type RefUpdate, readUpdates } from '../changes/push.js'
import type { Rights } from '../changes/tell-what.js'
import type { WatchedRepository } from '../config/admin.js'
import { keepShellText, shellText, stateLines } from '../config/cache.js'
import { userPath } from '../config/template.js'
import { type Env, ownPaths } from '../system/paths.js'
import { AuthError } from '../system/trouble.js'
import { currentFolder } from '../system/users.js'
import { freshNonce } from '../system/write-file.js'
import { clean, cleanLine, jsonText } from '../text/clean.js'
import { linePrefix } from '../text/terminal.js'
import { errorLines, troubleText } from '../text/trouble.js'
import { type AdminContext, adminContext } from './admin-context.js'
import { type CommandEntry, readFlags } from './command.js'

export const entry = {
  name: 'changes',
  group: 'admin',
  summary: 'guard a watched repository, and report changes by users other than admins',
  about:
    'guard, as the pre-receive hook of a repository, refuses rewritten history, mass deletions, changes without a reason and those that skip CI. notice looks at the watched repositories every minute and reports what users other than admins have changed, and why.',
  operands: [
    { name: 'WHAT', choices: ['guard', 'notice'] },
    { name: 'NAME', isOptional: true },
  ],
  flags: {
    once: { says: 'notice: look once, for a timer, for CI or for a hook' },
    pusher: {
      value: 'USER',
      says: 'notice: who has pushed what the lines of a post-receive hook on stdin say, else all that is new; looks once',
    },
    json: { says: 'notice: one JSON object about this look; looks once' },
  },
  notes: [
    'NAME is an entry of `changes` in the configuration; without it notice looks at all, and guard takes the one of its repository.',
    'Exit code of guard: 0 the push may go on, 1 refused. Of notice: 0 all is told, 5 a repository or a receiver of messages gives no answer; the next look tells it.',
  ],
  examples: [
    'claude-auth changes notice --once',
    'claude-auth changes guard',
    'claude-auth changes notice infra --pusher alice',
  ],
} as const satisfies CommandEntry

/** Between two looks. */
const everyMs = 60_000
/** A hook's stdin is there at once; what else is open there says nothing. */
const stdinMs = 2_000
const mostStdin = 16 * 1024 * 1024

export async function changes(argv: string[], env: Env): Promise<number> {
  const { flags, operands } = readFlags(entry, argv)
  const [what, name = null] = operands
  if (what === 'guard') {
    if (flags.once || flags.json || flags.pusher !== undefined)
      throw usage('--once, --pusher and --json go with changes notice')
    return guard(name, env)
  }
  const isJson = flags.json === true
  const isOnce = flags.once === true || flags.pusher !== undefined || isJson
  const pusher = isDeployKey(env) && flags.pusher !== undefined ? 'a deploy key' : flags.pusher
  return notice(name, { isOnce, isJson, pusher: pusher ?? null }, env)
}

async function guard(name: string | null, env: Env): Promise<number> {
  const updates = readUpdates(await stdinText(null))
  const readAtMs = Date.now()
  const context = await adminContext(env)
  const { person, config, now } = context
  const ofSite = watchedBy(context)
  keepForShell(context, env, readAtMs)
  const repository = hookRepository(env, currentFolder())
  if (repository === null)
    throw usage('guard is a pre-receive hook: git runs it, with GIT_DIR in its environment')
  const watched = name === null ? entriesOf(repository, ofSite) : [entryNamed(name, ofSite)]
  if (watched.length === 0) {
    say(
      `no entry of changes in /etc/claude-auth/config.yaml is ${clean(repository, 200)}; nothing was checked`,
    )
    return 0
  }
  let people: People | null = null
  const who = async ({ pusher: variable }: WatchedRepository) => {
    people ??= await readPeople(config, { person, env, nowMs: now() })
    const pusher = pusherOf(env, variable, person.user)
    return { pusher, isAdmin: isAdmin(pusher, people), unread: unreadKey(pusher, people) }
  }
  const clockMs = () => performance.now()
  const run = { env, cwd: currentFolder(), updates, watched, who, clockMs }
  const sentences = await guardPush(repository, run)
  for (const sentence of sentences) say(sentence)
  return sentences.length === 0 ? 0 : 1
}

/** So that the shell can let the next push through by itself. Without it each push asks Node. */
function keepForShell(context: AdminContext, env: Env, readAtMs: number): void {
  const { person, config } = context
  const paths = ownPaths(env, person.home)
  const files = { ...paths, roster: config.roster?.file ?? null }
  try {
    const states = stateLines(files, readAtMs)
    if (states === null || env['CLAUDE_AUTH_CONFIG']) return
    const text = shellText(files, [], [...states, ...watchedLines(watchedBy(context))])
    if (text === null) return
    keepShellText(join(paths.localStore, 'guard-config'), text, { readAtMs, nonce: freshNonce() })
  } catch {
    // A home that cannot be written to, or a file that went away meanwhile.
  }
}

/** What is watched; `~/` is the home of the user who runs this. What is no path is an address, and stays as it is. */
function watchedBy({ person, config }: AdminContext): WatchedRepository[] {
  return config.changes.map(each => {
    const isPath = /^~?\//.test(each.repository)
    return isPath ? { ...each, repository: userPath(each.repository, person.home) } : each
  })
}

interface NoticeOptions {
  isOnce: boolean
  isJson: boolean
  pusher: string | null
}

async function notice(name: string | null, look: NoticeOptions, env: Env): Promise<number> {
  const updates = look.pusher === null ? null : readUpdates(await stdinText(stdinMs))
  for (;;) {
    try {
      // Read again: it may run for months.
      const code = await lookOnce(name, { ...look, updates }, env)
      if (look.isOnce) return code
    } catch (error) {
      // A configuration that is wrong for an hour is right at a later look.
      if (look.isOnce || !(error instanceof AuthError)) throw error
      process.stderr.write(`${errorLines(error).join('\n')}\n`)
    }
    await sleep(everyMs)
  }
}

async function lookOnce(
  name: string | null,
  { isJson, pusher, updates }: NoticeOptions & { updates: RefUpdate[] | null },
  env: Env,
): Promise<number> {
  const context = await adminContext(env)
  const { person, config } = context
  if (isNobodyTold(config.alerts))
    throw new AuthError(
      'config-invalid',
      'no one is told: `alerts` in the configuration names no receiver',
      {
        hint: 'claude-auth doctor --only alerts',
      },
    )
  const ofSite = watchedBy(context)
  const watched = name === null ? ofSite : [entryNamed(name, ofSite)]
  if (watched.length === 0)
    throw new AuthError(
      'config-invalid',
      'the configuration has no `changes`: no repository is watched',
      {
        hint: 'claude-auth doctor --only config',
      },
    )
  const people = await readPeople(config, { person, env, nowMs: context.now() })
  let worst = 0
  const looks: RepositoryResult[] = []
  for (const each of watched) {
    const isAbout = ({ ref }: RefUpdate) => ref === `refs/heads/${each.branch}`
    const own = updates === null || updates.length === 0 ? null : updates.filter(isAbout)
    const pushed = pusher === null ? null : { pusher, updates: own }
    try {
      const noticed = await noticeChanges(each, {
        folder: join(ownPaths(env, person.home).localStore, 'changes'),
        sinks: sinkRun(context, env),
        rights: rightsOf(people),
        now: context.now,
        nonce: freshNonce,
        pushed,
      })
      const line = lineOf(each, noticed)
      if (line !== null && !isJson) say(line)
      looks.push(lookOf(each, noticed))
      if (noticed.kind === 'undelivered') worst = 5
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      process.stderr.write(`${errorLines(error).join('\n')}\n`)
      looks.push(failedLook(each, error))
      worst = Math.max(worst, error.code === 'internal' ? 5 : error.exitCode)
    }
  }
  const verdict = worst === 0 ? 'ok' : worst === 5 ? 'no-answer' : 'broken'
  if (isJson)
    process.stdout.write(`${jsonText({ schemaVersion: 1, verdict, repositories: looks })}\n`)
  return worst
}

/** What came of one look at one branch, as `--json` has it. */
interface RepositoryResult {
  name: string
  branch: string
  state: Noticed['kind'] | 'failed'
  changes: number
  trouble: string | null
}

function lookOf({ name, branch }: WatchedRepository, noticed: Noticed): RepositoryResult {
  const { kind } = noticed
  const changes = kind === 'told' ? noticed.changes : 0
  const trouble = kind === 'undelivered' ? clean(troubleText(noticed.trouble), 300) : null
  return { name, branch, state: kind, changes, trouble }
}

function failedLook({ name, branch }: WatchedRepository, error: AuthError): RepositoryResult {
  return { name, branch, state: 'failed', changes: 0, trouble: clean(error.message, 300) }
}

function sinkRun({ person, config, network }: AdminContext, env: Env) {
  const context = { user: person.user, host: person.host, email: null, runbook: null }
  return { config, person, env, network, context }
}

function rightsOf(people: People): Rights {
  return {
    isAdmin: name => isAdmin({ name, by: 'server', systemUser: '' }, people),
    isSame: (pusher, { name, email }) => {
      const row = rowOf(pusher, people.rows)
      const own = row === null ? [pusher] : [row.user, pusher, ...row.gitNames]
      return own.includes(name) || (row?.email ?? null) === email.toLowerCase()
    },
  }
}

function lineOf({ name, branch }: WatchedRepository, noticed: Noticed): string | null {
  const place = `${name} (${clean(branch, 60)})`
  switch (noticed.kind) {
    case 'begun':
      return `${place}: watched from ${noticed.tip.slice(0, 12)} on`
    case 'absent':
      return `${place}: there is no such branch`
    case 'nothing':
      return null
    case 'told':
      return `${place}: ${noticed.changes === 1 ? '1 change' : `${noticed.changes} changes`} told`
    case 'undelivered':
      return `${place}: not told yet, and tried again at the next look: ${troubleText(noticed.trouble)}`
    case 'nobody':
      return `${place}: no one is told`
  }
}

function entryNamed(name: string, watched: readonly WatchedRepository[]): WatchedRepository {
  const found = watched.find(each => each.name === name)
  if (found !== undefined) return found
  const names = watched.map(each => each.name).join(', ') || 'none'
  throw usage(`\`changes\` in the configuration has no ${clean(name, 40)} (it has ${names})`)
}

/** All of stdin; `withinMs`: what has not come by then is not waited for, and a terminal says nothing. */
async function stdinText(withinMs: number | null): Promise<string> {
  if (withinMs !== null && !isPiped()) return ''
  const ended = new AbortController()
  const timer = withinMs === null ? undefined : setTimeout(() => ended.abort(), withinMs)
  let text = ''
  let isTooMuch = false
  try {
    process.stdin.setEncoding('utf8')
    ended.signal.addEventListener('abort', () => process.stdin.destroy())
    for await (const chunk of process.stdin) {
      text += chunk
      isTooMuch = text.length > mostStdin
      if (isTooMuch) break
    }
  } catch {
    // It was open, and nothing was written to it.
  } finally {
    clearTimeout(timer)
  }
  // What stands behind it would go through unseen.
  if (isTooMuch)
    throw new AuthError(
      'usage',
      'refused (too-large): the push changes too many references at once',
      {
        hint: 'git push origin HEAD:BRANCH',
      },
    )
  return text
}

function isPiped(): boolean {
  try {
    const about = fstatSync(0)
    return about.isFIFO() || about.isFile() || about.isSocket()
  } catch {
    return false
  }
}

function say(line: string): void {
  process.stderr.write(`${linePrefix}${cleanLine(line)}\n`)
}

function usage(message: string): AuthError {
  return new AuthError('usage', message, { hint: 'claude-auth changes --help' })
}
