// The records of the users of this machine, each read from the user's home by a process that can be killed.
//
// A home on a dead server, or on a file system that its user serves, can block a read forever. Only a signal from outside
// ends such a read, and a process with such a thread never ends by itself.

import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Account } from '../system/as-user.js'
import { jsonObject, number, object, oneOf, text } from '../system/json.js'
import { readBounded } from '../system/open-file.js'
import { loginFolder, loginPaths } from '../system/paths.js'
import { leave, startProgram, systemPath } from '../system/start-program.js'
import { distrustOf } from '../system/trusted-path.js'
import { statInHomes } from '../system/users.js'
import type { SeenRecord } from './finding.js'
import { readMaxBytes, readRecord, recordFile } from './record.js'

/** Includes the start of Node. */
const answerMs = 10_000

/** Whose record is asked for. */
interface Asked {
  uid: number
  home: string
}

/** A regular file of the user's own, with its text; or why there is none that counts. */
type Answer = { is: 'text'; text: string } | { is: 'missing' | 'closed' | 'unreadable' }

const askedIn = object({ uid: number, home: text })
const textIn = object({ text })
const whyIn = object({ is: oneOf('missing', 'closed', 'unreadable') })

/**
 * The record of each of `users` in their login folder `~/.claude` on `host`, for those who have one. It must be a regular file
 * that the user owns, no link, at most 4 KiB, in folders that only the user and root may write to. `closed`: root has no rights
 * there (root_squash), or no answer came. `reader` is the command that runs `answerForHomes`.
 */
export async function seenInHomes(
  users: readonly Account[],
  { host, reader }: { host: string; reader: readonly string[] },
  tick: () => void = () => undefined,
): Promise<SeenRecord[]> {
  const seen = await statInHomes(users.map(({ home }) => fileOf(home)))
  const answers = new Map<Account, Answer>()
  const open: Account[] = []
  for (const user of users) {
    const found = seen.get(fileOf(user.home))
    if (typeof found === 'object') open.push(user)
    else answers.set(user, { is: found === 'missing' ? 'missing' : 'closed' })
  }
  while (open.length > 0) {
    const some = await askReader(open, reader, tick)
    for (const answer of some) answers.set(open.shift() as Account, answer)
    // The home at which the reader got stuck.
    const stuck = open.shift()
    if (stuck !== undefined) answers.set(stuck, { is: 'closed' })
  }
  return users.flatMap(user => {
    const record = recordOf(answers.get(user) ?? { is: 'closed' })
    return record === null ? [] : [{ user: user.name, host, record }]
  })
}

function recordOf(answer: Answer): SeenRecord['record'] | null {
  if (answer.is === 'text') return readRecord(answer.text) ?? 'unreadable'
  return answer.is === 'missing' ? null : answer.is
}

/** The answers for the first of `users`, up to the first home that gives none in time. */
async function askReader(
  users: readonly Account[],
  [program = '', ...args]: readonly string[],
  tick: () => void,
): Promise<Answer[]> {
  const child = startProgram(program, args, {
    cwd: '/',
    env: { PATH: systemPath },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  child.on('error', () => undefined)
  child.stdin?.on('error', () => undefined)
  child.stdin?.end(users.map(({ uid, home }) => `${JSON.stringify({ uid, home })}\n`).join(''))
  const answers: Answer[] = []
  const { stdout } = child
  // Without a descriptor for a pipe none was started.
  if (!stdout) return answers
  await new Promise<void>(resolve => {
    let timer = setTimeout(resolve, answerMs)
    const lines = createInterface({ input: stdout })
    lines.on('line', line => {
      clearTimeout(timer)
      const answer = answerIn(line)
      if (answer === null) return resolve()
      timer = setTimeout(resolve, answerMs)
      answers.push(answer)
      tick()
    })
    lines.on('close', () => {
      clearTimeout(timer)
      resolve()
    })
  })
  leave(child)
  return answers
}

function answerIn(line: string): Answer | null {
  const fields = jsonObject(line)
  const found = textIn(fields)
  return found === undefined ? (whyIn(fields) ?? null) : { is: 'text', text: found.text }
}

/** The reader's side: answers each of `lines` before it reads the next home. */
export async function answerForHomes(
  lines: AsyncIterable<string>,
  write: (line: string) => void,
): Promise<void> {
  for await (const line of lines) {
    const asked = askedIn(jsonObject(line))
    if (asked === undefined) return
    write(`${JSON.stringify(answerFor(asked))}\n`)
  }
}

function answerFor({ uid, home }: Asked): Answer {
  const path = fileOf(home)
  if (distrustOf(path, uid) !== null) return { is: 'unreadable' }
  const read = readBounded(path, {
    maxBytes: readMaxBytes,
    links: 'refuse',
    judge: stat => (Number(stat.uid) === uid ? null : `belongs to user ${stat.uid}`),
  })
  if (read.kind === 'missing') return { is: 'missing' }
  if (read.kind === 'read') return { is: 'text', text: read.bytes.toString() }
  return { is: read.code === 'EACCES' || read.code === 'EPERM' ? 'closed' : 'unreadable' }
}

function fileOf(home: string): string {
  return join(loginPaths(loginFolder({}, home), {}, home).state, recordFile)
}
