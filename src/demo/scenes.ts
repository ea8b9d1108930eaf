// The four scenes of the guided demo, what they share, and how they are printed.

import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Env } from '../system/paths.js'
import { isUtf8, signsFor, wrapped } from '../text/terminal.js'
import { fingerprint } from './grants.js'
import { modelSays, type Ran, type Stage } from './stage.js'

/** Where it is printed to: standard output, or anything like it. */
export interface Listener {
  write(text: string): unknown
  isTTY?: boolean
  columns?: number
}

export interface Narrator {
  title(text: string): void
  /** A scene begins. */
  scene(number: number, text: string): void
  /** A paragraph, wrapped. */
  tell(text: string): void
  /** An empty line. */
  gap(): void
  /** A command line as it is typed. */
  command(line: string): void
  /** What a program printed, or another text as it is; too long lines are wrapped. */
  quote(text: string, how?: 'output' | 'warning' | 'message'): void
  /** Says that something holds, or that it does not; the latter is remembered. */
  check(words: string, holds: boolean): void
  /** The words that did not hold. */
  failures: string[]
}

const widest = 88

const indent = '   '

/** Lines of at most `width`, cut at blanks, of which none is lost within a line: what a program aligned stays so. */
function cutAt(text: string, width: number): string[] {
  const lines: string[] = []
  let rest = text
  while (rest.length > width) {
    const at = rest.lastIndexOf(' ', width)
    if (at <= 0) break
    lines.push(rest.slice(0, at))
    rest = rest.slice(at + 1)
  }
  return [...lines, rest]
}

/** Colors only if `listener` is a terminal and NO_COLOR is not set (https://no-color.org). */
export async function narrator(listener: Listener, env: Env): Promise<Narrator> {
  const { default: ink } = await import('kleur')
  ink.enabled =
    listener.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb' && env['TERM'] !== ''
  const width = Math.min(widest, listener.columns || widest) - indent.length
  const quoteWidth = Math.min(120, listener.columns || 120) - indent.length - 2
  const line = (text: string) => void listener.write(`${text}\n`)
  const failures: string[] = []
  const rule = isUtf8(env) ? '│' : '|'
  const bar = { output: ink.cyan(rule), warning: ink.yellow(rule), message: ink.magenta(rule) }
  const signs = signsFor(env)

  return {
    failures,
    title: text => line(`\n${ink.bold(text)}\n`),
    scene: (number, text) => line(`\n${ink.bold().cyan(`${number}  ${text}`)}\n`),
    tell: text => {
      for (const each of wrapped(text, width)) line(`${indent}${each}`)
    },
    gap: () => line(''),
    command: text => line(`\n${indent}${ink.green('$')} ${ink.bold(text)}`),
    quote: (text, how = 'output') => {
      for (const each of text.replace(/\n$/, '').split('\n')) {
        const parts = each.length <= quoteWidth ? [each] : cutAt(each, quoteWidth - 2)
        for (const [index, part] of parts.entries())
          line(`${indent}${bar[how]} ${index === 0 ? '' : '  '}${part}`)
      }
    },
    check: (words, holds) => {
      if (!holds) failures.push(words)
      const [first = '', ...rest] = wrapped(words, width - 2)
      line(`${indent}${holds ? ink.green(signs.good) : ink.red(`${signs.bad} not so:`)} ${first}`)
      for (const each of rest) line(`${indent}  ${each}`)
    },
  }
}

/** One scene: it tells, does, and checks what it told. */
export type Scene = (stage: Stage, narrator: Narrator) => Promise<void>

export interface Launch extends Ran {
  /** How often claude-auth asked the token endpoint meanwhile. */
  renewals: number
  answered: boolean
}

/** Runs `claude -p …` in front of the audience, then shows what claude-auth wrote down about it. */
async function launch(stage: Stage, narrator: Narrator): Promise<Launch> {
  const linesBefore = stage.journalLength()
  const renewalsBefore = renewalsOf(stage)
  const question = 'Are you there?'
  narrator.command(`claude -p "${question}"`)
  const ran = await stage.run('claude', ['-p', question])
  await stage.settle()
  if (ran.stderr !== '') narrator.quote(ran.stderr, 'warning')
  if (ran.stdout !== '') narrator.quote(ran.stdout)
  await showLog(stage, narrator, stage.journalLength() - linesBefore)
  return {
    ...ran,
    renewals: renewalsOf(stage) - renewalsBefore,
    answered: ran.code === 0 && ran.stdout.includes(modelSays),
  }
}

/** The client's own requests have another name. */
function renewalsOf({ authority }: Stage): number {
  return authority.requests.filter(
    ({ endpoint, userAgent }) => endpoint === 'token' && userAgent.startsWith('claude-auth/'),
  ).length
}

async function showLog(stage: Stage, narrator: Narrator, count: number): Promise<void> {
  if (count === 0) return
  narrator.command(`claude-auth log -n ${count}`)
  const { stdout, stderr } = await stage.run('claude-auth', ['log', '-n', String(count)])
  narrator.quote(stdout + stderr)
  narrator.gap()
}

/** Expires the access token, at the server and in the login file. */
function letTimePass({ authority, login, writeLogin }: Stage): void {
  const before = login()
  authority.expireAccess(before.accessToken)
  writeLogin({ ...before, expiresAt: Date.now() - 3_600_000 })
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

const mostPairs = 20
const longestMs = 9_000

/** `claude --version` alone is not checked; behind -p it starts as for any other work, and asks no server. */
const args = ['-p', '--version']

/** A healthy login, and what a launch through the wrapper costs. */
export const healthy: Scene = async (stage, narrator) => {
  narrator.tell(
    'Nearly every launch is like this one: the login is good, a mark beside it says until when that need not be asked, and the wrapper hands over to Claude without starting anything else. Claude is started bare and through the wrapper, in turn:',
  )
  const mark = await waitForMarks(stage)
  const linesBefore = stage.journalLength()
  const requestsBefore = ownRequests(stage)
  narrator.command(`claude ${args.join(' ')}`)
  const { bare, wrapped, texts } = await measure(stage)
  narrator.quote([...texts].join(''))
  narrator.gap()
  tellCost(narrator, bare, wrapped)
  narrator.check(
    'The same words and exit code every time. The engine was not even started, and no server was asked.',
    texts.size === 1 &&
      mark !== null &&
      mark === markOf(stage) &&
      ownRequests(stage) === requestsBefore &&
      stage.journalLength() === linesBefore,
  )
}

/** Many changes within seconds leave the marks behind, and a launch then still checks the login. */
async function waitForMarks(stage: Stage): Promise<string | null> {
  for (let turn = 0; turn < 20; turn++) {
    const before = markOf(stage)
    await stage.run('claude', args)
    await stage.settle()
    if (before !== null && before === markOf(stage)) return before
    await sleep(300)
  }
  return null
}

/** Every run of the engine writes the marks again. */
function markOf({ paths }: Stage): string | null {
  const stat = statSync(join(paths.state, 'fresh'), { throwIfNoEntry: false })
  return stat ? `${stat.ino} ${stat.ctimeMs}` : null
}

async function measure(stage: Stage) {
  const bare: number[] = []
  const wrapped: number[] = []
  const texts = new Set<string>()
  const ways = [
    [stage.client.file, bare],
    ['claude', wrapped],
  ] as const
  const endMs = performance.now() + longestMs
  for (let pair = 0; pair < mostPairs && (pair < 5 || performance.now() < endMs); pair++) {
    // Who goes first alternates: the second one finds the machine warmer.
    for (const [command, times] of pair % 2 === 0 ? ways : [...ways].reverse()) {
      const { code, stdout, stderr, ms } = await stage.run(command, args)
      times.push(ms)
      texts.add(`${stdout}${stderr}${code === 0 ? '' : `exit code ${code}`}`)
    }
  }
  return { bare, wrapped, texts }
}

function tellCost(narrator: Narrator, bare: number[], wrapped: number[]): void {
  const [bareMs, wrappedMs] = [median(bare), median(wrapped)]
  const times = `bare ${bareMs.toFixed(1)} ms, wrapped ${wrappedMs.toFixed(1)} ms`
  const moreMs = wrappedMs - bareMs
  const difference = `${Math.abs(moreMs).toFixed(1)} ms ${moreMs < 0 ? 'less, which is noise' : 'more'}`
  const ratio = (wrappedMs / bareMs).toFixed(2)
  narrator.tell(`Median of ${bare.length}: ${times}: ${ratio} times, ${difference}.`)
  narrator.tell('npm run bench looks closer.')
}

function ownRequests({ authority }: Stage): number {
  return authority.requests.filter(({ userAgent }) => userAgent.startsWith('claude-auth/')).length
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2
}

/** The login expired overnight, and no one notices. */
export const expired: Scene = async (stage, narrator) => {
  const { authority, user } = stage
  stage.writeLogin(authority.signIn({ user, lifeMs: -3_600_000 }))
  const before = fingerprint(stage.login().refreshToken ?? '')
  narrator.tell(
    `Alice signed in yesterday. An access token lives for eight hours, and hers ended an hour ago. (Her login goes by the fingerprint ${before} here; a token is never shown.) She comes in and types:`,
  )
  const ran = await launch(stage, narrator)
  narrator.check(`Claude answered; it all took ${seconds(ran.ms)}.`, ran.answered)
  narrator.check('Not a word about logins on her terminal.', ran.stderr === '')
  const renewed = authority.accepts(stage.login().accessToken) !== null
  narrator.check(
    'One renewal at the server, and a sealed copy of the new login is in the store.',
    ran.renewals === 1 &&
      renewed &&
      existsSync(`${stage.home}/.local/share/claude-auth/default.jwe`),
  )
}

/** Something emptied the login file; the sealed copy takes its place. */
export const blank: Scene = async (stage, narrator) => {
  const before = stage.login()
  stage.writeLogin({ ...before, accessToken: '', refreshToken: '', expiresAt: 0 })
  narrator.tell(
    'Two sessions spent the same refresh token, and the one that came second left the login empty. (Done here as the client does it: accessToken "", refreshToken "", expiresAt 0.) Usually that means: sign in again. Alice types:',
  )
  const ran = await launch(stage, narrator)
  narrator.check(`Claude answered, in ${seconds(ran.ms)}.`, ran.answered)
  const after = stage.login()
  narrator.check(
    'The very login that was lost came back from the sealed copy; no token was spent for it.',
    after.accessToken === before.accessToken && ran.renewals === 0 && ran.stderr === '',
  )
}

/** A login that only a person can replace: instructions, an alert, a new sign-in, and the all-clear. */
export const dead: Scene = async (stage, narrator) => {
  const { authority, user } = stage
  authority.endFamily(stage.login().accessToken)
  letTimePass(stage)
  narrator.tell(
    'An administrator ended the session of Alice, and a night has passed. No renewal and no copy can help now, so claude-auth says at once what to do, before Claude starts:',
  )
  const refused = await launch(stage, narrator)
  narrator.check(
    'She is told what happened and what to type, in at most six lines.',
    refused.stderr.includes('Type: claude-auth login') && linesOf(refused.stderr) <= 6,
  )
  narrator.check('It asked the server once; it does not hammer.', refused.renewals === 1)
  const begin = showSlack(stage, narrator, 'And in Slack there is now, once:')
  narrator.check('The alert says who, where, why and what to do.', /login/.test(begin ?? ''))

  stage.writeLogin(authority.signIn({ user }))
  narrator.gap()
  narrator.tell(
    'Alice signs in (here the stand-in server simply issues a new login, as it would after the browser) and goes on:',
  )
  const again = await launch(stage, narrator)
  narrator.check('Claude answered.', again.answered && again.stderr === '')
  const over = showSlack(stage, narrator, 'And the same channel hears, once, that it is over:')
  narrator.check('Nobody has to go looking for her.', /again/.test(over ?? ''))
  narrator.check('Two messages in all.', authority.slackMessages.length === 2)
}

/** Shows the last message that reached Slack's stand-in, as Slack got it. */
function showSlack(stage: Stage, narrator: Narrator, words: string): string | null {
  const message = stage.authority.slackMessages.at(-1) as { text?: string } | undefined
  narrator.gap()
  narrator.tell(words)
  narrator.quote(message?.text ?? '(nothing came)', 'message')
  return message?.text ?? null
}

function linesOf(text: string): number {
  return text.split('\n').filter(line => line.startsWith('claude-auth:')).length
}
