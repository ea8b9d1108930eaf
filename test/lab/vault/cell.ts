// One cell of the table of Vault's faults: something to be done, a fault while it is done, the end of it; what was wrong on the way.

import type { Test } from 'tap'
import type { OpenBao } from '../../kit/openbao.js'
import {
  client,
  firsts,
  launch,
  type Place,
  passTime,
  pendingOf,
  settled,
  wrongWith,
  wrongWithLine,
} from '../../kit/settled.js'
import type { damages, lost } from '../../kit/vault-damages.js'
import type { Trouble } from '../../kit/vault-troubles.js'

/** What there is to do when the fault begins. */
export const tasks: Record<string, (place: Place) => unknown> = {
  ...Object.fromEntries(Object.entries(firsts).map(([name, { prepare }]) => [name, prepare])),
  'an emptied login': ({ box }) => box.blank(),
  'a deleted login': ({ box }) => box.writeLogin(null),
}
export type Task = keyof typeof tasks

/** The one that users have. */
const timeout = '3s'
/** On a busy machine a request may take longer than that; what was not delivered is in the next launch. */
const mostLaunches = 4

export interface Cell {
  task: (place: Place) => unknown
  custody: string
}

/** `wrong` is in words, one each; `waited` is whether something was left to be delivered. */
export interface Found {
  launchMs: number
  waited: boolean
  wrong: string[]
}

/** Vault can't be used: Claude starts, one line says why, and what is new is delivered afterwards. */
export async function away(
  t: Test,
  trouble: Trouble,
  { task, custody, bao }: Cell & { bao: OpenBao },
): Promise<Found> {
  const own = await trouble.bao?.(t)
  const direct = trouble.direct ?? false
  const place = await settled(t, custody, { bao: own ?? bao, direct, timeout })
  const { box } = place
  await task(place)
  await trouble.begin(place)
  const first = await launched(place)
  const wrong = [...first.wrong]
  if (first.stderr !== '')
    wrong.push(...wrongWithLine(first.stderr, trouble.says).map(each => `${each}: ${first.stderr}`))
  if (!isSignedIn(place)) wrong.push('no live login while Vault is away')

  const told = await box.command(['ensure', '--force'])
  const words = told.stdout + told.stderr
  if (told.code !== 4) wrong.push(`ensure ends with ${told.code}: ${words}`)
  if (!trouble.says.test(words) || words.includes('…'))
    wrong.push(`ensure does not say it: ${words}`)
  if ((await box.grepSecrets(first.stderr + words)).length > 0) wrong.push('a secret was said')

  const waited = pendingOf(place) !== null
  await trouble.end(place)
  const last = await delivered(place)
  wrong.push(...last.wrong, ...(await wrongWith(place)), ...signInsOf(place))
  if (/sign in|claude-auth login/.test(first.stderr + words + last.stderr))
    wrong.push('a person was called')
  return { launchMs: Math.max(first.launchMs, last.launchMs), waited, wrong }
}

/** The document is of no use: the copy on this machine takes its place at once. */
export async function damaged(
  t: Test,
  damage: (typeof damages)[string],
  { task, custody, bao }: Cell & { bao: OpenBao },
): Promise<Found> {
  const place = await settled(t, custody, { bao, timeout })
  await task(place)
  await damage(place)
  const { wrong, launchMs, stderr } = await launched(place)
  if (stderr.split('\n').length > 2) wrong.push(`more than a line: ${stderr}`)
  // Where nothing had to be done the document was not looked at yet.
  const { outcome } = await place.box.ensure(['--force'])
  if (outcome?.verdict !== 'ok') wrong.push(`ensure finds ${outcome?.verdict} ${outcome?.because}`)
  wrong.push(...(await wrongWith(place)), ...signInsOf(place))
  return { launchMs, waited: false, wrong }
}

/** The first write is carried out, and its answer is lost: it is known, and not written again. */
export async function answerLost(
  t: Test,
  answer: (typeof lost)[keyof typeof lost],
  { task, custody, bao }: Cell & { bao: OpenBao },
): Promise<Found> {
  const place = await settled(t, custody, { bao, timeout })
  await task(place)
  let answers = 0
  place.gateway.after = ({ method }) => {
    if (method === 'GET' || answers > 0) return null
    answers += 1
    return answer
  }
  const { wrong, launchMs, stderr } = await launched(place)
  if (stderr !== '') wrong.push(`it said ${stderr}`)
  await delivered(place)
  wrong.push(...(await wrongWith(place)), ...signInsOf(place))
  return { launchMs, waited: false, wrong }
}

/** Others change the document just before each write of ours, `times` times. */
export async function overtaken(
  t: Test,
  times: number,
  { task, custody, bao }: Cell & { bao: OpenBao },
): Promise<Found> {
  const place = await settled(t, custody, { bao, timeout })
  await task(place)
  let left = times
  place.gateway.before = async ({ method }) => {
    if (method === 'GET' || left === 0) return
    left -= 1
    const { data } = (await place.at.document()) ?? {}
    await place.at.put({ ...data, team: { left } })
  }
  const { wrong, launchMs, stderr } = await launched(place)
  if (stderr.split('\n').length > 2) wrong.push(`more than a line: ${stderr}`)
  if (!isSignedIn(place)) wrong.push('no live login meanwhile')
  const waited = pendingOf(place) !== null
  place.gateway.before = null
  await delivered(place)
  wrong.push(...(await wrongWith(place)), ...signInsOf(place))
  const { data } = (await place.at.document()) ?? {}
  if (left < times && JSON.stringify(data?.['team']) !== JSON.stringify({ left }))
    wrong.push('a key of others was lost')
  return { launchMs, waited, wrong }
}

async function delivered(place: Place) {
  for (let launches = 1; ; launches++) {
    passTime(place)
    const last = await launched(place)
    if (launches === mostLaunches || pendingOf(place) === null) return last
  }
}

async function launched(place: Place) {
  const { code, stdout, stderr, ms } = await launch(place)
  const wrong =
    code === client.code && stdout === client.stdout ? [] : [`launch: ${code} ${stdout} ${stderr}`]
  await place.box.settle()
  return { wrong, stderr, launchMs: ms }
}

function isSignedIn({ box }: Place): boolean {
  return box.authority.accepts(box.login()?.accessToken ?? '') !== null
}

function signInsOf({ box }: Place): string[] {
  const calls = box.journal().filter(({ did }) => did === 'sign-in')
  return calls.length === 0 ? [] : [`${calls.length} times a sign-in was called for`]
}
