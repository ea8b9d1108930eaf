// The fence between hosts against any order of events: stalls, crashes and lost answers, on one document with check-and-set.

import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { claimRenewal, endClaim } from '../../src/engine/claim-renewal.js'
import { readStore } from '../../src/engine/read-store.js'
import { commit, type Run } from '../../src/engine/run.js'
import { nextGeneration } from '../../src/login/lineage.js'
import { type Login, tokenHash } from '../../src/login/login.js'
import { emptyMemory, withMaybeSpent, withSpent } from '../../src/login/memory.js'
import { fromDocument, type StoredLogin, toDocument } from '../../src/store/document.js'
import type { Store, StoreRead } from '../../src/store/store.js'
import { sharedMemory } from '../kit/shared-memory.js'

/** What befalls one try of a host. */
interface Fate {
  /** Before it begins, and between its announcement and its request (the process is stopped). */
  startsAfterMs: number
  stallMs: number
  requestMs: number
  answer: 'rotated' | 'refused' | 'not-sent' | 'lost'
  crash: 'never' | 'announced' | 'posted' | 'answered'
  /** Somebody else writes another key at this very moment. */
  disturbed: boolean
}

/** Each thing remembered is made durable, which takes its time on a disk. */
const inMemory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const anyFate: fc.Arbitrary<Fate> = fc.record({
  startsAfterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 90_000 })),
  stallMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 5000 }), fc.constant(70_000)),
  requestMs: fc.integer({ min: 0, max: 30_000 }),
  answer: fc.constantFrom('rotated', 'rotated', 'rotated', 'refused', 'not-sent', 'lost'),
  crash: fc.constantFrom('never', 'never', 'never', 'announced', 'posted', 'answered'),
  disturbed: fc.boolean(),
})
const anyStory = fc.array(fc.array(anyFate, { minLength: 1, maxLength: 4 }), {
  minLength: 2,
  maxLength: 3,
})

/** Hosts with one document by design, copies of one machine, or copies with the document of one host. */
interface Kinship {
  isShared: boolean
  areCopies: boolean
}

const anyKinship: fc.Arbitrary<Kinship> = fc.constantFrom(
  { isShared: true, areCopies: false },
  { isShared: true, areCopies: true },
  { isShared: false, areCopies: true },
)

/** Time that passes only when everybody waits for it: the earliest waiter goes on. */
function virtualTime(random: () => number) {
  let nowMs = 0
  const waiting: { atMs: number; tie: number; go: () => void }[] = []
  return {
    now: () => nowMs,
    sleep: (ms: number) =>
      new Promise<void>(go => void waiting.push({ atMs: nowMs + ms, tie: random(), go })),
    run: async (work: Promise<unknown>[]) => {
      let isOver = false
      const all = Promise.all(work).finally(() => {
        isOver = true
      })
      all.catch(() => undefined)
      for (;;) {
        await new Promise(setImmediate)
        if (isOver) return all
        waiting.sort((one, other) => one.atMs - other.atMs || one.tie - other.tie)
        const next = waiting.shift()
        if (next === undefined) throw new Error('everybody waits for nothing')
        nowMs = Math.max(nowMs, next.atMs)
        next.go()
      }
    },
  }
}

const loginOf = (refreshToken: string): Login => ({
  accessToken: `access-${refreshToken}`,
  refreshToken,
  expiresAtMs: 0,
  loginEndsAtMs: null,
  scopes: null,
  fields: {},
})

/** Plays a story; the posts that must not have been. */
async function play(
  story: Fate[][],
  seed: number,
  folder: string,
  { isShared, areCopies }: Kinship,
): Promise<string[]> {
  let state = seed
  const random = () => {
    state = (state * 1103515245 + 12345) % 2147483648
    return state / 2147483648
  }
  const time = virtualTime(random)
  const wrong: string[] = []
  const shared = sharedMemory()
  const first: StoredLogin = {
    login: loginOf('T0'),
    lineage: { id: 'one', generation: 0, chain: [tokenHash('T0')], signedInAtMs: 0 },
    identity: null,
    loginEndsAtMs: null,
    backedUpAtMs: 0,
    signedOutAtMs: null,
    source: '',
    writeId: 'first',
    intent: null,
    setupToken: null,
    hosts: {},
  }
  await shared.change(toDocument(first), 0)
  let writtenAtMs = 0
  let minted = 0
  /** Tokens whose successor has been in the document. */
  const succeeded = new Set<string>()
  /** Requests that a living host is waiting for. */
  const live: { token: string; untilMs: number }[] = []

  const store: Store = {
    kind: 'vault',
    label: 'Vault',
    isRemote: true,
    isShared,
    drift: () => null,
    keep: async () => ({ kind: 'written', version: 0 }),
    read: async (): Promise<StoreRead> => {
      await time.sleep(random() * 50)
      const stored = fromDocument(structuredClone(shared.data))
      if (stored === null) return { kind: 'empty', version: shared.version }
      const { version } = shared
      const ageMs = time.now() - writtenAtMs
      await time.sleep(random() * 50)
      return { kind: 'current', stored, version, ageMs, isCached: false, away: null }
    },
    change: async (keys, expected) => {
      await time.sleep(random() * 50)
      const outcome = await shared.change(keys, expected)
      if (outcome.kind === 'written') writtenAtMs = time.now()
      await time.sleep(random() * 50)
      return outcome
    },
    write: (stored, expected) => store.change(toDocument(stored), expected),
  }
  const disturb = async () => {
    const outcome = await shared.change({ other: random() }, shared.version)
    if (outcome.kind === 'written') writtenAtMs = time.now()
  }

  const host = async (name: string, fates: Fate[]) => {
    let hexes = 0
    const run = {
      store,
      storeRead: null,
      memory: emptyMemory,
      config: { credential: 'login' },
      person: { user: 'me', host: name },
      instance: areCopies ? 'copy' : name,
      actor: 'command',
      paths: { stateFile: join(folder, `${name}.json`), journal: join(folder, `${name}.jsonl`) },
      now: () => 1_000_000 + time.now(),
      sleep: time.sleep,
      nonce: () => `${name}${hexes++}`,
    } as unknown as Run
    for (const fate of fates) {
      await time.sleep(fate.startsAfterMs)
      commit(run, { learned: { storeRead: null } })
      await turn(run, fate)
    }
  }

  const turn = async (run: Run, fate: Fate) => {
    const found = await readStore(run)
    const token = found.kind === 'current' ? (found.stored.login?.refreshToken ?? '') : ''
    const hash = tokenHash(token)
    const isWanted = () => {
      const now =
        run.storeRead?.kind === 'current' ? run.storeRead.stored.login?.refreshToken : null
      return now === token && !run.memory.spent.includes(hash)
    }
    for (let tries = 0; tries < 3; tries++) {
      const announced = await claimRenewal(run, hash, isWanted)
      if (announced.kind !== 'clear') return
      if (fate.crash === 'announced') return
      if (fate.disturbed) await disturb()
      if (tries === 0) await time.sleep(fate.stallMs)
      if (!announced.isStale()) return post(run, token, fate)
    }
    await endClaim(run, null)
  }

  const post = async (run: Run, token: string, fate: Fate) => {
    if (succeeded.has(token)) wrong.push(`${token} had a successor`)
    const nowMs = time.now()
    if (live.some(each => each.token === token && each.untilMs > nowMs))
      wrong.push(`${token} was posted twice at once`)
    const request = { token, untilMs: nowMs + fate.requestMs }
    live.push(request)
    const hash = tokenHash(token)
    if (fate.crash === 'posted') {
      request.untilMs = nowMs
      commit(run, { unsaved: withMaybeSpent(run.memory, hash, run.now()) })
      return
    }
    await time.sleep(fate.requestMs)
    if (fate.answer === 'rotated' && fate.crash === 'never') return save(run, token)
    if (fate.answer === 'rotated' || fate.crash === 'answered') {
      commit(run, { unsaved: withMaybeSpent(run.memory, hash, run.now()) })
      return
    }
    if (fate.answer === 'refused') commit(run, { unsaved: withSpent(run.memory, hash) })
    if (fate.answer === 'lost')
      commit(run, { unsaved: withMaybeSpent(run.memory, hash, run.now()) })
    await endClaim(
      run,
      fate.answer === 'refused' ? 'refused' : fate.answer === 'lost' ? 'maybe-spent' : null,
    )
  }

  /** As a back-up delivers: until it is there, or the document holds something else by now. */
  const save = async (run: Run, token: string) => {
    const next = `T${++minted}`
    commit(run, { unsaved: withSpent(run.memory, tokenHash(token)) })
    for (;;) {
      const { storeRead } = run
      if (storeRead?.kind !== 'current' || storeRead.stored.login?.refreshToken !== token) return
      const { lineage } = storeRead.stored
      if (lineage === null) return
      const stored = {
        ...storeRead.stored,
        login: loginOf(next),
        lineage: nextGeneration(lineage, tokenHash(next)),
        intent: null,
      }
      const outcome = await store.write(stored, storeRead.version)
      if (outcome.kind === 'written') {
        succeeded.add(token)
        return
      }
      await readStore(run)
    }
  }

  await time.run(story.map((fates, index) => host(`h${index}`, fates)))
  return wrong
}

t.test('no token is posted after its successor was there, nor twice at once', async t => {
  const folder = mkdtempSync(join(inMemory, 'claude-auth-fence-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const seed = randomBytes(4).readUInt32BE() % 2147483648
  await fc.assert(
    fc.asyncProperty(
      anyStory,
      fc.integer({ min: 0, max: 2147483647 }),
      anyKinship,
      async (story, order, kinship) => {
        const wrong = await play(story, order, folder, kinship)
        if (wrong.length > 0) throw new Error(wrong.join('; '))
      },
    ),
    { numRuns: 100, seed },
  )
  t.comment(`seed ${seed}`)
  t.pass()
})
