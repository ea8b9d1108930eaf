// What others answer, nearly right: documents of a store, replies of the token endpoint, and what is kept of a reply.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { plainSealer } from '../../src/engine/renew.js'
import { beginAnswer, saveAnswer } from '../../src/login/answer.js'
import { custodies } from '../kit/engine.js'
import { figuresOf, isWhole } from './figures.js'
import * as probes from './input/probes.js'
import { deepDocument, documents, replies } from './input/samples.js'
import { fuzzAll, type Kinds } from './input/targets.js'

t.setTimeout(7_200_000)
const kept = await answers()
const kinds = {
  'Vault document': {
    '': { samples: documents, first: deepDocument, probe: async () => probes.vaultDocument },
  },
  'token reply': { '': { samples: replies, probe: async () => probes.tokenReply } },
  answer: { '': { samples: kept, probe: async t => probes.answer(t.testdir()) } },
} satisfies Kinds
for (const custody of isWhole ? custodies : (['sole'] as const)) {
  const way = `whole runs, ${custody}`
  Object.assign(kinds['Vault document'], {
    [way]: {
      samples: documents,
      first: deepDocument,
      probe: t => probes.vaultDocumentInEngine(t, custody),
    },
  } satisfies Kinds[string])
  Object.assign(kinds['token reply'], {
    [way]: { samples: replies, probe: t => probes.tokenReplyInEngine(t, custody) },
  } satisfies Kinds[string])
  Object.assign(kinds.answer, {
    [way]: { samples: kept, probe: t => probes.ownFile(t, custody, at => at.home.paths.answer) },
  } satisfies Kinds[string])
}
fuzzAll(t, figuresOf(t, '9 Input, answers'), kinds)

/** As it is while a request is at the server, and with the whole reply. */
async function answers(): Promise<Buffer[]> {
  const path = join(t.testdir({}), 'answer')
  const header = { parentHash: 'ab'.repeat(32), sentAtMs: 1_800_000_000_000, sealed: false }
  beginAnswer(path, header, 'n')
  const sent = readFileSync(path).subarray(0, 1400)
  const reply = { status: 200, body: Buffer.from(replies[0] ?? '') }
  await saveAnswer(path, reply, plainSealer, { header, nonce: 'n' })
  return [sent, readFileSync(path)]
}
