// The canary: tries every statement of the contract on one version of the client, and says what differs.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { contract, expectedOf, lineOf } from './contract.js'
import { pageText, type Results } from './page.js'
import { type Statement, startIn } from './place.js'

export interface Client {
  version: string
  path: string
}

export interface CanaryOptions {
  /** Subjects; all, if empty. */
  only: readonly string[]
  /** How many statements are tried at the same time. */
  jobs: number
  print: (line: string) => void
}

/** One statement, what the contract says of this version, and what was seen. */
export interface Row {
  subject: string
  statement: Statement
  expected: string
  seen: string
  holds: boolean
}

const cache = fileURLToPath(new URL('../../.cache/canary/', import.meta.url))
const page = fileURLToPath(new URL('../../docs/client-contract.md', import.meta.url))
const isRoot = process.geteuid?.() === 0

/** Tries `client`; what was seen, in the order of the contract. A line for each is printed as it comes. */
export async function tried(
  { version, path }: Client,
  { only, jobs, print }: CanaryOptions,
): Promise<Row[]> {
  const line = lineOf(version)
  const waiting = Object.entries(contract)
    .filter(([subject]) => only.length === 0 || only.includes(subject))
    .flatMap(([subject, { statements }]) => statements.map(statement => ({ subject, statement })))
  const rows: Row[] = []
  const queue = [...waiting]
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { subject, statement } = next
      const expected = expectedOf(statement, line)
      const seen = await seenOf(statement, path, expected)
      rows.push({
        subject,
        statement,
        expected,
        seen,
        holds: seen === expected || seen === notTried,
      })
      print(
        `${seen === expected ? 'ok    ' : seen === notTried ? 'skip  ' : 'DIFFERS'} ${subject}: ${statement.when}`,
      )
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return waiting.flatMap(({ statement }) => rows.filter(row => row.statement === statement))
}

/** Tries `client` and prints a table; true where all that was tried holds. The results are kept for the page. */
export async function tryClient(client: Client, options: CanaryOptions): Promise<boolean> {
  const { version } = client
  const { print } = options
  const inOrder = await tried(client, options)
  print(`\nClaude Code ${version}\n`)
  for (const { subject, statement, expected, seen, holds } of inOrder) {
    print(`${holds ? ' ' : '!'} ${subject}: ${statement.when}`)
    print(`    expected  ${expected}`)
    print(`    seen      ${seen}`)
  }
  const broken = inOrder.filter(({ holds }) => !holds).length
  print(`\n${inOrder.length} statements, ${inOrder.length - broken} hold, ${broken} do not`)
  keep(version, inOrder)
  return broken === 0
}

/** Writes docs/client-contract.md from what was kept of these versions, the newest first. */
export function writePage(versions: readonly string[]): void {
  const results = versions.map(
    version => JSON.parse(readFileSync(join(cache, `${version}.json`), 'utf8')) as Results,
  )
  writeFileSync(page, pageText(results))
}

/** In the place of what was seen, where a statement needs root. */
export const notTried = 'not tried: it takes root'

/** A second try, where the machine was busy or the client does it only mostly. */
async function seenOf(statement: Statement, client: string, expected: string): Promise<string> {
  if (statement.asRoot && !isRoot) return notTried
  const first = await seenOnce(statement, client)
  return first === expected ? first : seenOnce(statement, client)
}

async function seenOnce(statement: Statement, client: string): Promise<string> {
  const ends: (() => unknown)[] = []
  try {
    return await statement.see(startIn(client, ends))
  } catch (error) {
    return `the trial broke: ${error instanceof Error ? error.message : error}`
  } finally {
    for (const end of ends.reverse()) await end()
  }
}

function keep(version: string, rows: readonly Row[]): void {
  const file = join(cache, `${version}.json`)
  const seen: Results['seen'] = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as Results).seen
    : {}
  for (const { subject, statement, expected, seen: was, holds } of rows)
    seen[subject] = { ...seen[subject], [statement.when]: { expected, seen: was, holds } }
  const results: Results = { version, checkedOn: new Date().toISOString().slice(0, 10), seen }
  mkdirSync(cache, { recursive: true })
  writeFileSync(file, JSON.stringify(results, null, 2))
}
