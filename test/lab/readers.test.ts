// Readers: whoever reads while the login is renewed sees one whole login, never a torn file and never a mixture of two.
// Others promise: botocore, 20 threads × 4,000 reads while refreshing.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { expireHere } from '../kit/expire-here.js'
import { custodies, type Wrapped, wrapped } from '../kit/wrapped.js'
import { figuresOf, scale } from './figures.js'

t.setTimeout(3_600_000)
const figures = figuresOf(t, '2 Readers')
const readers = 20
const reads = scale(500, 4000)
const everyMs = scale(500, 2000)
/** In each custody; the readers go on until then. */
const renewals = scale(3, 20)
const reader = fileURLToPath(new URL('readers/reader.mjs', import.meta.url))
/** Beside the login, as a client keeps it; every byte must come through. */
const sibling = { other: { accessToken: 'sibling', n: [1, 'two', null] } }
const sums = { reads: 0, torn: 0, mixed: 0, seen: 0, renewals: 0, tornState: 0 }

/** What one reader saw: how often each login, by its hash, and what was no whole file. */
interface Sight {
  reads: number
  torn: number
  tornState: number
  /** `hash of access token:hash of refresh token:sibling intact`, each with its count. */
  logins: Record<string, number>
}

for (const custody of custodies)
  await t.test(`${readers} readers × ${reads}, ${custody}`, async t => {
    const box = await wrapped(t, { config: { custody } })
    box.writeLogin(JSON.stringify({ mcpOAuth: sibling, claudeAiOauth: box.login() }))
    t.match((await box.ensure()).outcome, { verdict: 'ok' })
    const all = Array.from({ length: readers }, () => startReader(box))
    for (let done = 0; done < renewals; done++) {
      const began = Date.now()
      await renewed(box)
      await sleep(Math.max(0, everyMs - (Date.now() - began)))
    }
    const sights = await Promise.all(all.map(({ end }) => end()))
    const good = pairsOf(box, custody)
    const seen = new Set<string>()
    for (const sight of sights) {
      sums.reads += sight.reads
      sums.torn += sight.torn
      sums.tornState += sight.tornState
      for (const [login, times] of Object.entries(sight.logins)) {
        seen.add(login)
        if (!good.has(login)) sums.mixed += times
      }
    }
    sums.seen += seen.size
    sums.renewals += box.authority.counts().rotations
    t.ok(seen.size > 1, `${seen.size} logins were seen`)
    t.equal(box.authority.counts().reuses, 0)
  })

figures.counted('reads of the login file', sums.reads)

figures.counted('renewals meanwhile', sums.renewals)
figures.counted('different logins seen', sums.seen)
figures.wanted('torn login files', sums.torn, 0)
figures.wanted('mixtures of two logins, or of a login and its siblings', sums.mixed, 0)
figures.wanted('torn files of our own state', sums.tornState, 0)

/** The token ends, and is renewed. */
async function renewed(box: Wrapped): Promise<void> {
  await expireHere(box)
  await box.ensure()
}

/** A process; `end` lets it come to its end and gives what it saw. */
function startReader({ home: { paths } }: Wrapped): { end: () => Promise<Sight> } {
  const args = [reader, paths.loginFile, paths.stateFile, String(reads)]
  const child = spawn(process.execPath, args, { env: {}, stdio: ['pipe', 'pipe', 'inherit'] })
  const sight = new Promise<Sight>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', line => resolve(JSON.parse(line) as Sight))
    child.on('exit', code => reject(new Error(`a reader ended with ${code}`)))
  })
  return {
    end: () => {
      child.stdin.end()
      return sight
    },
  }
}

/** Access and refresh tokens as they were minted together; in sole custody the file has the first alone. */
function pairsOf(box: Wrapped, custody: string): Set<string> {
  const minted = box.secrets()
  const [access, refresh] = [minted.slice(0, minted.length / 2), box.secrets('refresh')]
  const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16)
  const pair = (one: string, other: string) =>
    `${hash(one)}:${other === '' ? '' : hash(other)}:true`
  return new Set(
    access.map((each, at) => pair(each, custody === 'sole' ? '' : (refresh[at] ?? ''))),
  )
}
