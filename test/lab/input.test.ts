// Input that is nearly right: what people and clients write, mutated; and login files as real clients wrote them.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { readBytes } from '../../src/login/login-file.js'
import { custodies, engine, hourMs, storyOf } from '../kit/engine.js'
import { figuresOf, isWhole } from './figures.js'
import * as probes from './input/probes.js'
import { configs, corpus, deepLoginFile, loginFiles, rosters } from './input/samples.js'
import { fuzzAll, type Kinds } from './input/targets.js'

t.setTimeout(7_200_000)
const figures = figuresOf(t, '9 Input, files')
const remembered = await memories()
const files = { samples: loginFiles, first: deepLoginFile }
const kinds = {
  'login file': { '': { ...files, probe: async () => probes.loginFile } },
  configuration: {
    '': { samples: configs, probe: async t => probes.config(t.testdir(), 'config') },
  },
  roster: { '': { samples: rosters, probe: async t => probes.config(t.testdir(), 'roster') } },
  memory: {},
} satisfies Kinds
for (const custody of isWhole ? custodies : (['sole'] as const)) {
  const way = `whole runs, ${custody}`
  Object.assign(kinds['login file'], {
    [way]: { ...files, probe: t => probes.loginFileInEngine(t, custody) },
  } satisfies Kinds[string])
  Object.assign(kinds.memory, {
    [way]: {
      samples: remembered,
      probe: t => probes.ownFile(t, custody, at => at.home.paths.stateFile),
    },
  } satisfies Kinds[string])
}
fuzzAll(t, figures, kinds)

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

t.test('versions', async () => {
  const versions = new Set(corpus().map(({ version }) => version))
  figures.counted('versions of the client in the corpus', versions.size)
})

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
