// Keeping aside: what is replaced without having been understood is still there, and no longer in the way.

import {
  chownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { custodies, engine } from '../kit/engine.js'
import { secretsInFolder } from '../kit/secrets.js'

const asRoot = { skip: process.geteuid?.() === 0 ? false : 'only root can give a file away' }

t.test('what could not be read is kept aside, also through a link', async t => {
  for (const linked of [false, true]) {
    const at = await engine(t)
    await at.ensure()
    const { loginFile, state } = at.home.paths
    if (linked) {
      renameSync(loginFile, join(at.home.path, 'elsewhere'))
      symlinkSync(join(at.home.path, 'elsewhere'), loginFile)
    }
    writeFileSync(loginFile, 'precious \0 bytes')
    t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
    const aside = readdirSync(state).filter(name => name.startsWith('unreadable-'))
    t.equal(aside.length, 1)
    t.equal(readFileSync(join(state, aside[0] ?? ''), 'latin1'), 'precious \0 bytes')
    t.equal(lstatSync(loginFile).isSymbolicLink(), linked)
  }
})

t.test('what is no file is moved away', async t => {
  const makes = [(path: string) => mkdirSync(path), (path: string) => symlinkSync('/nowhere', path)]
  for (const make of makes) {
    const at = await engine(t)
    await at.ensure()
    at.writeLogin(null)
    make(at.home.paths.loginFile)
    t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
    t.ok(lstatSync(at.home.paths.loginFile).isFile())
  }
})

for (const custody of custodies)
  t.test(
    `${custody}: another’s file behind a link is asked back, and nothing takes its place`,
    asRoot,
    async t => {
      const at = await engine(t, { config: { custody } })
      await at.ensure()
      const { loginFile } = at.home.paths
      const theirs = join(at.home.path, 'theirs')
      writeFileSync(theirs, 'theirs')
      chownSync(theirs, 12_345, 12_345)
      at.writeLogin(null)
      symlinkSync(theirs, loginFile)
      t.match(await at.ensure(), { verdict: 'broken', because: 'own-trouble', did: [] })
      t.equal(readFileSync(theirs, 'utf8'), 'theirs')
      t.ok(lstatSync(loginFile).isSymbolicLink())
    },
  )

t.test('sole custody: what could not be read is kept sealed', async t => {
  const at = await engine(t, { config: { custody: 'sole' } })
  const text = JSON.stringify(at.login())
  await at.ensure()
  at.writeLogin(`torn ${text}`)
  t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
  t.same(await secretsInFolder(at.home.path, at.refreshTokens()), [])
  const kept = /kept as ([^"]+)"/.exec(readFileSync(at.home.paths.journal, 'utf8'))?.[1] ?? ''
  const { open } = await (await at.run()).sealer()
  t.equal((await open(readFileSync(kept)))?.toString(), `torn ${text}`)
})
