// `claude-auth doctor`: what is wrong and what to type; with --fix it is fixed.

import { examineSystem, isUnusedRoot, rootLine, systemCheckIds } from '../doctor/all-users.js'
import {
  type Check,
  type ExamineOptions,
  fixedLine,
  fixLine,
  fixQuestion,
  lookingWords,
  needsYes,
  notFixedLine,
  nothingToFix,
  unknownCheck,
} from '../doctor/check.js'
import { checkIds, type Examination, examine } from '../doctor/run.js'
import { screen } from '../doctor/screen.js'
import { type LoginContext, loginContextOf } from '../engine/login-context.js'
import type { Env } from '../system/paths.js'
import { AuthError } from '../system/trouble.js'
import { currentFolder, whoAmI } from '../system/users.js'
import { freshNonce } from '../system/write-file.js'
import { cleanLine, jsonText } from '../text/clean.js'
import { inkFor, linePrefix, progress, widthOf, wrapped } from '../text/terminal.js'
import { type CommandEntry, readFlags } from './command.js'

export const entry = {
  name: 'doctor',
  group: 'daily',
  summary: 'what is wrong, and what to type; --fix fixes it',
  about:
    'Checks everything that a launch needs, says what needs care and what to type, and counts the rest. It changes none of your files and spends no token; it remembers what the server says about the login.',
  flags: {
    json: { says: 'the report as one JSON object' },
    verbose: { says: 'every check, not only what needs care' },
    system: { says: 'is this machine set up for all its users? (as root)' },
    fix: { says: 'fix what can be fixed safely: shows it and asks at a terminal' },
    yes: { short: 'y', says: 'fix without asking' },
    only: { value: 'ID', says: 'only this check, such as --only hooks' },
    offline: { says: 'no network at all' },
    'send-test-alert': { says: 'send a test message to every alert sink' },
  },
  notes: [
    'Exit code: 0 ok, 1 broken, 2 usage or configuration, 3 sign in, 4 attention, 5 no answer.',
  ],
  examples: ['claude-auth doctor', 'claude-auth doctor --fix', 'claude-auth doctor --system'],
} as const satisfies CommandEntry

/** Prints the report and gives the verdict's exit code; after fixes, that of the second examination. */
export async function doctor(argv: string[], env: Env): Promise<number> {
  const flags = await flagsOf(argv)
  const isAsked = process.stdin.isTTY === true && process.stderr.isTTY === true
  if (flags.fix && !flags.yes && !isAsked)
    throw new AuthError('usage', needsYes, { hint: 'claude-auth doctor --fix --yes' })
  const look: ExamineOptions = {
    env,
    cwd: currentFolder(),
    offline: flags.offline ?? false,
    testAlert: flags['send-test-alert'] ?? false,
  }
  const only = flags.only ?? null
  if (flags.system || (isPlain(flags) && isUnusedRoot(loginContextOf(env))))
    return machine(flags, env)
  const before = await examining(look, only)
  const isWhole = flags.verbose === true || only !== null
  const print = flags.json
    ? printJson
    : (found: Examination) => printExamination(found, env, isWhole)
  const fixable = before.checks.filter(({ fixes }) => fixes.length > 0)
  if (!flags.fix || fixable.length === 0) {
    await print(before)
    if (flags.fix) say(nothingToFix)
    return before.exitCode
  }
  if (!flags.yes && !flags.json) await print(before)
  if (!flags.yes && !(await isWanted(fixable))) {
    if (flags.json) await print(before)
    return before.exitCode
  }
  await fixAll(fixable, loginContextOf(env), env)
  const after = await examining({ ...look, testAlert: false }, only)
  await print(after)
  return after.exitCode
}

type Flags = Awaited<ReturnType<typeof flagsOf>>

/** Nothing of a login is asked for. */
function isPlain({ fix, only, 'send-test-alert': test }: Flags): boolean {
  return !fix && only === undefined && !test
}

/** The machine instead of a login. */
async function machine(flags: Flags, env: Env): Promise<number> {
  const over = progress(lookingWords, process.stderr, env)
  const found = await examineSystem(env, whoAmI(env), flags.only ?? null).finally(over)
  if (flags.json) printJson(found)
  else {
    if (!flags.system)
      process.stdout.write(`${wrapped(rootLine, widthOf(process.stdout)).join('\n')}\n\n`)
    await printExamination(found, env, flags.verbose === true || flags.only !== undefined)
  }
  return found.exitCode
}

async function flagsOf(argv: string[]) {
  const { flags } = readFlags(entry, argv)
  const ids = flags.system ? systemCheckIds : checkIds
  if (flags.only !== undefined && !ids.includes(flags.only)) {
    const { nearestKey } = await import('../text/nearest.js')
    throw usage(unknownCheck(flags.only, nearestKey(flags.only, ids)))
  }
  if (flags.system && (flags.fix || flags['send-test-alert']))
    throw usage('--system only looks: leave out --fix and --send-test-alert')
  if (flags['send-test-alert'] && flags.offline)
    throw usage('--send-test-alert needs the network: leave out --offline')
  return flags
}

function usage(message: string): AuthError {
  return new AuthError('usage', message, { hint: 'claude-auth doctor --help' })
}

async function examining(look: ExamineOptions, only: string | null): Promise<Examination> {
  const done = progress(lookingWords, process.stderr, look.env)
  try {
    return await examine(look, only)
  } finally {
    done()
  }
}

function printJson({ verdict, checks }: Examination): void {
  const plain = checks.map(({ id, state, message, hint, fixes }) => ({
    id,
    state,
    message,
    hint,
    fixable: fixes.length > 0,
  }))
  process.stdout.write(`${jsonText({ schemaVersion: 1, verdict, checks: plain })}\n`)
}

/** What is seen of it at the terminal, for stdout. */
export async function printExamination(
  { of, verdict, checks }: Examination,
  env: Env,
  isWhole: boolean,
): Promise<void> {
  const lines = screen(
    verdict,
    checks.map(check => ({ ...check, fixable: check.fixes.length > 0 })),
    {
      width: widthOf(process.stdout),
      ink: await inkFor(env, process.stdout.isTTY === true),
      home: env['HOME'] ?? '/',
      isWhole,
    },
    of,
  )
  process.stdout.write(`${lines.join('\n')}\n`)
}

async function isWanted(fixable: Check[]): Promise<boolean> {
  const { fixText } = await import('../doctor/fix.js')
  const lines = fixable.flatMap(({ id, fixes }) => fixes.map(fix => fixLine(id, fixText(fix))))
  process.stderr.write(`\n${[...new Set(lines)].join('\n')}\n`)
  const { askYes } = await import('../system/ask.js')
  return askYes(`${linePrefix}${fixQuestion}`)
}

/** The engine runs last: it may need what the others fix. */
async function fixAll(fixable: Check[], place: LoginContext, env: Env): Promise<void> {
  const { applyFix, fixText } = await import('../doctor/fix.js')
  const { runOnce } = await import('../engine/run-once.js')
  const tools = {
    place,
    nonce: freshNonce,
    ensure: async () => (await runOnce(env, { actor: 'command', forced: true })).outcome.verdict,
  }
  const all = fixable.flatMap(({ id, fixes }) => fixes.map(fix => ({ id, fix })))
  const isRun = ({ fix }: (typeof all)[number]) => fix.do === 'ensure'
  const [run] = all.filter(isRun)
  for (const { id, fix } of [...all.filter(each => !isRun(each)), ...(run ? [run] : [])]) {
    const refusal = await applyFix(fix, tools)
    say(refusal === null ? fixedLine(id, fixText(fix)) : notFixedLine(id, refusal))
  }
}

function say(sentence: string): void {
  process.stderr.write(`${linePrefix}${cleanLine(sentence)}\n`)
}
