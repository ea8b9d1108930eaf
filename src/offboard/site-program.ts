// One step of the site, done by its own program: one run for each, with one JSON object on its standard input and no shell.

import { spawn } from 'node:child_process'
import { makeTrouble, systemCode, type Trouble } from '../system/trouble.js'
import { clean } from '../text/clean.js'
import type { Cause } from './cause.js'
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

/** What the site's program may take for one step. */
const limitMs = 120_000
const mostSaid = 4096
/** Exit code by which it leaves a step to a person. */
const leftCode = 3

/** Exit code 0: done, 3: left to a person. Without a program every step is a person's. Never throws. */
export async function runSiteStep(
  command: readonly string[] | null,
  object: SiteStepObject,
  timeoutMs = limitMs,
): Promise<SiteEnd> {
  const [program, ...args] = command ?? []
  if (program === undefined) return { state: 'left' }
  return new Promise(resolve => {
    const failed = (cause: string, advice: string | null = null) =>
      resolve({ state: 'failed', trouble: makeTrouble(cause, { place: program, advice }) })
    let said = ''
    const child = spawn(program, args, {
      cwd: '/',
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: '/root',
        LANG: 'C.UTF-8',
      },
    })
    const late = setTimeout(() => {
      endGroup(child.pid)
      failed('the program of the site took too long')
    }, timeoutMs)
    child.on('error', error => {
      clearTimeout(late)
      failed('the program of the site could not be started', systemCode(error))
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, mostSaid)
    })
    child.stdin.on('error', () => undefined)
    child.stdin.end(`${JSON.stringify(object)}\n`)
    child.on('exit', code => {
      clearTimeout(late)
      child.stderr.destroy()
      if (code === 0) resolve({ state: 'done' })
      else if (code === leftCode) resolve({ state: 'left' })
      else
        failed(`the program of the site ended with ${code ?? 'a signal'}`, clean(said, 200) || null)
    })
  })
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It ended meanwhile.
  }
}
