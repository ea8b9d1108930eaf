// When a health record is written and published, and what is remembered of it.

import t from 'tap'
import {
  keepRecord,
  publishedKeys,
  type RecordMemories,
  recordMemoriesIn,
} from '../../src/fleet/publish.js'
import { type HealthRecord, readRecord } from '../../src/fleet/record.js'
import { AuthError } from '../../src/system/trouble.js'

const hourMs = 3_600_000
const startMs = 1795872000000

/** One login folder on one host, run after run. */
function place({ key = 'ws1' } = {}) {
  const written: HealthRecord[] = []
  const published: HealthRecord[] = []
  const clock = { ms: startMs }
  let memories: RecordMemories = {}
  const parse = (line: string) => {
    const found = readRecord(line)
    if (found === null) throw new Error(`no record: ${line}`)
    return found
  }
  return {
    clock,
    written,
    published,
    memory: () => memories[key],
    memories: () => memories,
    answer: 'done' as 'done' | 'refused' | 'failed',
    isFull: false,
    asked: 0,
    /** A run that speaks to the server, if not told otherwise. */
    async run({
      asks = true,
      isRenewed = false,
      isForced = false,
      ...more
    }: Partial<HealthRecord> & { asks?: boolean; isRenewed?: boolean; isForced?: boolean } = {}) {
      const record: HealthRecord = {
        at: clock.ms,
        verdict: 'ok',
        because: 'fresh',
        since: clock.ms,
        expiresAt: null,
        loginEndsAt: startMs + 700 * hourMs,
        credential: 'login',
        custody: 'shared',
        store: 'current',
        identity: 'expected',
        version: '0.2.0',
        client: null,
        ...more,
      }
      const before = [written.length, published.length]
      const publish = async (line: string) => {
        this.asked += 1
        if (this.answer === 'done') published.push(parse(line))
        return this.answer
      }
      const next = await keepRecord(record, key, {
        memories: recordMemoriesIn(JSON.parse(JSON.stringify(memories))),
        occasion: { isRenewed, isForced },
        port: {
          write: line => {
            if (this.isFull) throw new AuthError('write-failed', 'the disk is full')
            written.push(parse(line))
          },
          publish: asks ? publish : null,
        },
      })
      memories = next ?? memories
      return [written.length - (before[0] ?? 0), published.length - (before[1] ?? 0)]
    },
  }
}

t.test('the first run writes one and publishes it, the next one does nothing', async t => {
  const at = place()
  t.same(await at.run(), [1, 1])
  at.clock.ms += hourMs
  t.same(await at.run(), [0, 0])
  t.equal(at.asked, 1)
})

for (const [what, more] of Object.entries({
  'another verdict': { verdict: 'attention' as const },
  'another reason': { because: 'long-lived' },
  'another end of the login': { loginEndsAt: startMs + 900 * hourMs },
  'no end of the login any more': { loginEndsAt: null },
  'a renewal': { isRenewed: true },
}))
  t.test(`${what} is written and published at once`, async t => {
    const at = place()
    await at.run()
    at.clock.ms += 1_000
    t.same(await at.run(more), [1, 1])
    at.clock.ms += 1_000
    t.same(await at.run({ ...more, isRenewed: false }), [0, 0])
  })

t.test('what else changes waits', async t => {
  const at = place()
  await at.run()
  t.same(await at.run({ expiresAt: 5, store: 'unreachable', identity: 'unknown' }), [0, 0])
})

t.test('after 20 hours it is written anew, and so it is when the clock was set back', async t => {
  const at = place()
  await at.run()
  at.clock.ms += 20 * hourMs - 1
  t.same(await at.run(), [0, 0])
  at.clock.ms += 1
  t.same(await at.run(), [1, 1])
  at.clock.ms -= 30 * hourMs
  t.same(await at.run(), [1, 1])
})

t.test(
  'without a server only the file is written, and the next run that speaks publishes',
  async t => {
    const at = place()
    t.same(await at.run({ asks: false }), [1, 0])
    t.same(await at.run({ asks: false }), [0, 0])
    at.clock.ms += hourMs
    t.same(await at.run(), [1, 1])
    t.equal(at.published[0]?.at, at.clock.ms)
    t.same(await at.run(), [0, 0])
  },
)

t.test('after a failure the next run tries again', async t => {
  const at = place()
  at.answer = 'failed'
  t.same(await at.run(), [1, 0])
  at.clock.ms += hourMs
  await at.run()
  t.equal(at.asked, 2)
  at.answer = 'done'
  at.clock.ms += hourMs
  t.same(await at.run(), [1, 1])
})

t.test('after a refusal nothing is asked for a day, unless somebody insists', async t => {
  const at = place()
  at.answer = 'refused'
  await at.run()
  t.equal(at.memory()?.refusedAtMs, startMs)
  for (let hours = 1; hours < 24; hours++) {
    at.clock.ms += hourMs
    await at.run({ isRenewed: true, loginEndsAt: hours })
  }
  t.equal(at.asked, 1)
  t.equal(at.written.length, 24, 'the file goes on')
  await at.run({ isForced: true })
  t.equal(at.asked, 2)
  at.clock.ms += 24 * hourMs
  at.answer = 'done'
  await at.run()
  t.equal(at.asked, 3)
  t.match(at.memory(), { refusedAtMs: null, publishedAtMs: at.clock.ms })
})

t.test('what is refused after a success is still known to be there', async t => {
  const at = place()
  await at.run()
  at.answer = 'refused'
  await at.run({ isRenewed: true })
  t.same(publishedKeys(at.memories()), ['ws1'])
})

t.test('as long as it says the same it has been so since the first time', async t => {
  const at = place()
  await at.run()
  at.clock.ms += 25 * hourMs
  await at.run()
  t.equal(at.written.at(-1)?.since, startMs)
  await at.run({ verdict: 'sign-in', because: 'signed-out', since: startMs + hourMs })
  t.equal(at.written.at(-1)?.since, startMs + hourMs)
  at.clock.ms += hourMs
  await at.run()
  t.equal(at.written.at(-1)?.since, at.clock.ms)
})

t.test('a full disk keeps nothing from being published', async t => {
  const at = place()
  at.isFull = true
  t.same(await at.run({ verdict: 'broken', because: 'own-trouble' }), [0, 1])
})

t.test('what is no record goes nowhere', async t => {
  const at = place()
  t.same(await at.run({ at: Number.NaN }), [0, 0])
  t.same(await at.run({ version: 'sk-ant-oat01-x' }), [0, 0])
  t.equal(at.memory(), undefined)
})

t.test(
  'hosts that share a login folder have a memory each, and the oldest are forgotten',
  async t => {
    let memories: RecordMemories = {}
    for (let host = 0; host < 40; host++) {
      const record = { ...readRecordOf(host), at: startMs + host }
      const port = { write: () => undefined, publish: async () => 'done' as const }
      const occasion = { isRenewed: false, isForced: false }
      memories = (await keepRecord(record, `ws${host}`, { memories, occasion, port })) ?? memories
    }
    t.equal(Object.keys(memories).length, 16)
    t.same(memories['ws39']?.publishedAtMs, startMs + 39)
    t.equal(memories['ws0'], undefined)
  },
)

t.test('a memory that is damaged or of an earlier version is none', async t => {
  t.same(recordMemoriesIn(null), {})
  t.same(recordMemoriesIn([1]), {})
  const one = {
    atMs: 1,
    verdict: 'ok',
    because: 'fresh',
    sinceMs: 1,
    loginEndsAtMs: null,
    publishedAtMs: 1,
    refusedAtMs: null,
  }
  t.same(recordMemoriesIn({ ws1: one, ws2: { ...one, atMs: 'x' }, ws3: 7 }), { ws1: one })
})

function readRecordOf(since: number): HealthRecord {
  return {
    at: startMs,
    verdict: 'ok',
    because: 'fresh',
    since,
    expiresAt: null,
    loginEndsAt: null,
    credential: 'login',
    custody: 'shared',
    store: 'current',
    identity: 'expected',
    version: '0.2.0',
    client: null,
  }
}
