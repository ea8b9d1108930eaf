// Input that is nearly right: mutated files, documents and replies; and login files as real clients wrote them.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { beginAnswer, saveAnswer } from '../../src/login/answer.js'
import { readBytes } from '../../src/login/login-file.js'
import { plainSealer } from '../../src/steps/renew.js'
import { custodies, engine, hourMs, storyOf } from '../kit/engine.js'
import { type Shell, shells } from '../kit/wrapper-box.js'
import { figuresOf, isWhole } from './figures.js'
import { type Fuzzed, fuzz } from './input/fuzz.js'
import { anyMarks, garbageInMarks, mutatedMark } from './input/marks.js'
import { mutated } from './input/mutate.js'
import * as probes from './input/probes.js'
import {
  configs,
  corpus,
  deepDocument,
  deepLoginFile,
  documents,
  loginFiles,
  replies,
  rosters,
} from './input/samples.js'

const figures = figuresOf(t, '9 Input')
const lab = isWhole ? custodies : (['sole'] as const)

let unhandled = 0
for (const event of ['unhandledRejection', 'uncaughtException'] as const)
  process.on(event, () => {
    unhandled += 1
  })

interface Target {
  samples: readonly (string | Buffer)[]
  /** Tried before all others. */
  first?: string
  probe: (t: Parameters<typeof engine>[0]) => Promise<(bytes: Buffer) => Promise<void> | void>
}

const targets: Record<string, Target> = {
  'login file': { samples: loginFiles, first: deepLoginFile, probe: async () => probes.loginFile },
  configuration: { samples: configs, probe: async t => probes.config(t.testdir(), 'config') },
  roster: { samples: rosters, probe: async t => probes.config(t.testdir(), 'roster') },
  'Vault document': {
    samples: documents,
    first: deepDocument,
    probe: async () => probes.vaultDocument,
  },
  'token reply': { samples: replies, probe: async () => probes.tokenReply },
  answer: { samples: await answers(), probe: async t => probes.answer(t.testdir()) },
}
for (const custody of lab) {
  targets[`login file, whole runs, ${custody}`] = {
    samples: loginFiles,
    first: deepLoginFile,
    probe: t => probes.loginFileInEngine(t, custody),
  }
  targets[`Vault document, whole runs, ${custody}`] = {
    samples: documents,
    first: deepDocument,
    probe: t => probes.vaultDocumentInEngine(t, custody),
  }
  targets[`token reply, whole runs, ${custody}`] = {
    samples: replies,
    probe: t => probes.tokenReplyInEngine(t, custody),
  }
  targets[`answer, whole runs, ${custody}`] = {
    samples: await answers(),
    probe: t => probes.ownFile(t, custody, at => at.home.paths.answer),
  }
  targets[`memory, whole runs, ${custody}`] = {
    samples: await memories(),
    probe: t => probes.ownFile(t, custody, at => at.home.paths.stateFile),
  }
}

for (const [name, { samples, first, probe }] of Object.entries(targets))
  t.test(name, async t => {
    tell(
      t,
      name,
      await fuzz(mutated(samples), await probe(t), first === undefined ? [] : [Buffer.from(first)]),
    )
  })

function tell(t: { comment(text: string): void }, name: string, found: Fuzzed): void {
  const { runs, failure, hangs } = found
  if (failure !== null) t.comment(failure)
  figures.counted(`inputs: ${name}`, runs)
  figures.wanted(`crashes and changed bytes of others: ${name}`, failure === null ? 0 : 1, 0)
  figures.wanted(`hangs: ${name}`, hangs, 0)
}

const marks = isWhole ? (Object.keys(shells) as Shell[]) : (['dash'] as const)
for (const shell of marks) {
  t.test(`marks, ${shell}`, async t => {
    const found = await fuzz(anyMarks, garbageInMarks(t, shell))
    tell(t, `marks, garbage, ${shell}`, found)
  })
  t.test(`the mark with other bytes, ${shell}`, async t => {
    const { inputs, probe, first } = mutatedMark(t, shell)
    tell(t, `the mark with other bytes, ${shell}`, await fuzz(inputs, probe, first))
  })
}

for (const { version, state, text } of corpus())
  t.test(`the login file of client ${version}, ${state}`, async t => {
    const { kind } = readBytes(Buffer.from(text))
    t.equal(kind, state === 'blanked' ? 'blank' : 'login')
    for (const custody of custodies) {
      const at = await engine(t, { config: { custody } })
      await at.ensure()
      if (state === 'blanked') {
        at.writeLogin(text)
        const outcome = await at.ensure()
        t.match(storyOf(outcome), 'restore blank')
        t.ok(at.authority.accepts(at.login()?.accessToken ?? ''), 'it is restored')
        continue
      }
      // What the client wrote, with tokens that this authority knows, past their half-life.
      const real = at.signIn(3 * hourMs)
      const before = JSON.parse(text).claudeAiOauth
      const tokens: [string, string][] = [
        [before.accessToken, real.accessToken],
        [before.refreshToken, String(real.refreshToken)],
        [String(before.expiresAt), String(real.expiresAt)],
      ]
      const now = tokens.reduce((all, [from, to]) => all.replace(from, to), text)
      at.writeLogin(`${now.slice(0, -1)},"theirs":{"n":1.50}}`)
      await at.ensure()
      at.pass(2 * hourMs)
      t.match(await at.ensure(), { because: 'fresh' })
      t.equal(at.authority.counts().rotations, 1, 'renewed')
      t.ok(at.fileText().endsWith(',"theirs":{"n":1.50}}'), 'siblings are kept')
      const after = at.login() as unknown as Record<string, unknown>
      t.ok(at.authority.accepts(String(after['accessToken'])))
      const ours = ['accessToken', 'refreshToken', 'expiresAt', 'refreshTokenExpiresAt']
      for (const [field, value] of Object.entries(before))
        if (!ours.includes(field)) t.same(after[field], value, `${field} is kept`)
    }
  })

t.test('nothing went unhandled', async () => {
  figures.counted(
    'versions of the client in the corpus',
    new Set(corpus().map(each => each.version)).size,
  )
  figures.wanted('unhandled errors', unhandled, 0)
})

async function answers(): Promise<Buffer[]> {
  const path = join(t.testdir({}), 'answer')
  const header = { parentHash: 'ab'.repeat(32), sentAtMs: 1_800_000_000_000, sealed: false }
  beginAnswer(path, header, 'n')
  const sent = readFileSync(path).subarray(0, 1400)
  await saveAnswer(path, { status: 200, body: Buffer.from(replies[0] ?? '') }, plainSealer, {
    header,
    nonce: 'n',
  })
  return [sent, readFileSync(path)]
}

/** What a few runs leave in `state.json`. */
async function memories(): Promise<string[]> {
  const texts: string[] = []
  await t.test('memories to begin with', async t => {
    const at = await engine(t, { login: 'past-half' })
    await at.ensure()
    texts.push(readFileSync(at.home.paths.stateFile, 'utf8'))
    at.authority.endFamily(at.login()?.accessToken ?? '')
    await at.ensure({ forced: true })
    texts.push(readFileSync(at.home.paths.stateFile, 'utf8'))
  })
  return texts
}
