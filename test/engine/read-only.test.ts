// A mere look: what a run learns it keeps to itself, and nothing on disk or at the server changes.

import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { startRun } from '../../src/engine/context.js'
import { noticeLogOut } from '../../src/engine/log-out.js'
import { configOf, loginContextOf } from '../../src/engine/login-context.js'
import { observe } from '../../src/engine/observe.js'
import { readStore } from '../../src/engine/read-store.js'
import type { Run } from '../../src/engine/run.js'
import { ask, learn } from '../../src/engine/verify.js'
import { decide } from '../../src/policy/decide.js'
import { type Engine, engine } from '../kit/engine.js'
import { told } from '../kit/told.js'

/** Every file with its bytes, mode and time. */
function picture(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .sort()
    .map(name => {
      const about = statSync(join(folder, name))
      const bytes = about.isFile() ? readFileSync(join(folder, name)) : ''
      const sum = createHash('sha256').update(bytes).digest('hex')
      return `${name} ${about.mode} ${about.mtimeMs} ${sum}`
    })
}

async function readOnlyRun({ home }: Engine): Promise<Run> {
  const env = { HOME: home.path, PATH: `${home.tools}:/usr/bin:/bin` }
  const place = loginContextOf(env)
  const run = await startRun(place, await configOf(place, env, { readOnly: true }), {
    env,
    cwd: home.path,
    actor: 'command',
    forced: false,
    offline: false,
    readOnly: true,
    signedIn: false,
    client: null,
    isClientChosen: false,
    configReadAtMs: Date.now(),
  })
  await readStore(run)
  await noticeLogOut(run, observe(run))
  const seen = observe(run)
  const { file } = seen
  const login = file.kind === 'login' ? file.login : null
  const hash = seen.state.file.kind === 'login' ? seen.state.file.login.accessHash : ''
  if (login) learn(run, seen, hash, await ask(run, login))
  return run
}

t.test('a look at a home where we never ran leaves no trace in it', async t => {
  const at = await engine(t)
  const before = picture(at.home.path)
  const run = await readOnlyRun(at)
  t.match(run.memory.verification, { kind: 'accepted', identity: { email: at.user.email } })
  t.match(run.memory.held, { renewedAtMs: null }, 'it has learnt something')
  t.same(picture(at.home.path), before)
  t.notOk(existsSync(at.home.paths.state))
})

t.test('a look at a sealed copy whose key is gone makes no new key', async t => {
  const at = await engine(t)
  await at.ensure()
  rmSync(join(at.storeFolder, 'key'))
  const before = picture(at.home.path)
  const run = await readOnlyRun(at)
  t.match(told(run.storeRead), { kind: 'denied', what: /key .* of the local store is missing/ })
  t.same(picture(at.home.path), before)
})

t.test('a look sees that somebody logged out and writes no mark', async t => {
  const at = await engine(t)
  await at.ensure()
  at.home.write(at.home.paths.clientConfig, '{"hasCompletedOnboarding":true}')
  at.writeLogin(null)
  const before = picture(at.home.path)
  const run = await readOnlyRun(at)
  t.match(decide(observe(run).state, run.now()), { do: 'sign-in', because: 'signed-out' })
  t.same(picture(at.home.path), before)
})
