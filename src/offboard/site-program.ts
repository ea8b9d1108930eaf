// A step of the site, done by its own program: one run a step, with one JSON object on stdin and no shell.

import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { whyNotRunnable } from '../system/access.js'
import { endStarted, type Started } from '../system/as-user.js'
import { startTicksOf } from '../system/processes.js'
import { startProgram } from '../system/start-program.js'
import { makeTrouble, quoted, systemCode, type Trouble } from '../system/trouble.js'
import { distrustHint, distrustOf } from '../system/trusted-path.js'
import { clean } from '../text/clean.js'
import type { Cause } from './admin-journal.js'
import type { SiteAction } from './site-steps.js'
import type { Stage } from './step.js'

/** What the program reads: one line of JSON. */
export interface SiteStepObject {
  schemaVersion: 1
  user: string
  vaultName: string
  /** Null where they have no account on this machine. */
  uid: number | null
  stage: Stage
  step: string
  undo: boolean
  detail: string
  by: string
  why: string
}

export function siteStepObject(
  { step, detail, isBack }: SiteAction,
  about: Pick<SiteStepObject, 'user' | 'vaultName' | 'uid' | 'stage'>,
  { by, why }: Cause,
): SiteStepObject {
  return { schemaVersion: 1, ...about, step, undo: isBack, detail, by, why }
}

export type SiteEnd = { state: 'done' | 'left' } | { state: 'failed'; trouble: Trouble }

/** The time limit of one step. */
const limitMs = 120_000
const mostSaid = 4096
/** Exit code: the step is left to a person. */
const leftCode = 3

/** Its whole environment; PATH is root's. */
const environment = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LANG: 'C.UTF-8',
}
/** An environment variable that marks every process it starts, in whatever session. */
const markName = 'CLAUDE_AUTH_SITE_STEP'

/**
 * Exit code 0: done, 3: left to a person. Without a program, a person does every step. It runs in `/` with PATH, HOME and LANG;
 * its stdout is discarded. At the limit it is killed with everything it started; what outlives a program that ended by itself
 * is left alone. Never throws.
 */
export async function runSiteStep(
  command: readonly string[] | null,
  object: SiteStepObject,
  timeoutMs = limitMs,
): Promise<SiteEnd> {
  const [program, ...args] = command ?? []
  if (program === undefined) return { state: 'left' }
  const trouble = whyNotStarted(program)
  if (trouble !== null) return { state: 'failed', trouble }
  const failed = (cause: string, advice: string | null = null): SiteEnd => ({
    state: 'failed',
    trouble: makeTrouble(cause, { place: program, advice }),
  })
  const mark = `${markName}=${randomBytes(16).toString('hex')}`
  let pid: number | undefined
  // Before the start: a signal in between would leave the program behind.
  const release = endingWithUs(() => pid)
  const child = start(program, args, mark)
  pid = child.pid
  const sinceTicks = startTicksOf(pid ?? 0) ?? 0
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(`${JSON.stringify(object)}\n`)
  let said = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, mostSaid)
  })
  const end = await endOf(child, timeoutMs)
  release()
  for (const stream of [child.stdin, child.stderr]) stream?.destroy()
  child.unref()
  switch (end.kind) {
    case 'not-started':
      return failed('the program of the site could not be started', end.code)
    case 'late':
      await endAll(child, { mark, sinceTicks })
      return failed(`the program of the site took longer than ${timeoutMs / 1000} s`, wordsOf(said))
    case 'ended':
      if (end.code === 0) return { state: 'done' }
      if (end.code === leftCode) return { state: 'left' }
      return failed(`the program of the site ended with ${end.code ?? end.signal}`, wordsOf(said))
  }
}

/** It runs as root, so no other user may be able to replace it. */
function whyNotStarted(program: string): Trouble | null {
  const uid = process.geteuid?.() ?? 0
  const distrust = distrustOf(program, uid)
  if (distrust !== null)
    return makeTrouble(`the program of the site is not started: ${distrust.path} ${distrust.why}`, {
      command: distrustHint(distrust, uid),
    })
  const why = whyNotRunnable(program)
  if (why === null) return null
  return makeTrouble(`the program of the site cannot be started: ${program} ${why}`, {
    command: `ls -lL ${quoted(program)}`,
  })
}

function start(program: string, args: readonly string[], mark: string): ChildProcess {
  const [name = '', value = ''] = mark.split('=')
  return startProgram(program, args, {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
    env: { ...environment, [name]: value },
  })
}

type ProgramEnd =
  | { kind: 'ended'; code: number | null; signal: string | null }
  | { kind: 'late' }
  | { kind: 'not-started'; code: string | null }

/** How long to wait, after its exit, for its last output. A process it left running keeps the pipe open, and `close` never comes. */
const lingerMs = 500

function endOf(child: ChildProcess, timeoutMs: number): Promise<ProgramEnd> {
  return new Promise(resolve => {
    const late = setTimeout(() => resolve({ kind: 'late' }), timeoutMs)
    const over = (end: ProgramEnd) => {
      clearTimeout(late)
      resolve(end)
    }
    child.on('error', error => over({ kind: 'not-started', code: systemCode(error) }))
    child.on('close', (code, signal) => over({ kind: 'ended', code, signal }))
    child.on('exit', (code, signal) => {
      clearTimeout(late)
      setTimeout(() => over({ kind: 'ended', code, signal }), lingerMs).unref()
    })
  })
}

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** It has its own session, which Ctrl-C does not reach: it would run on unseen, beside the one that a second run starts. */
function endingWithUs(pid: () => number | undefined): () => void {
  const end = (signal: NodeJS.Signals) => {
    endGroup(pid())
    release()
    process.kill(process.pid, signal)
  }
  const release = () => {
    for (const signal of endings) process.off(signal, end)
  }
  for (const signal of endings) process.on(signal, end)
  return release
}

async function endAll(
  { pid }: ChildProcess,
  found: Pick<Started, 'mark' | 'sinceTicks'>,
): Promise<void> {
  endGroup(pid)
  if (pid !== undefined) await endStarted({ leader: pid, uid: process.geteuid?.() ?? 0, ...found })
}

function wordsOf(said: string): string | null {
  return clean(said, 200) || null
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has already ended.
  }
}
