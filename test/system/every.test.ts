// The loop for machines without systemd: an upgrade under its feet does not end it, and it does not outlive its program.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { programParts } from '../../src/install/program.js'
import { sandbox } from '../kit/sandbox.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
t.jobs = 2

/** The second turn of `--every 1m` comes after 66 s at most. */
const turnMs = 90_000

async function looping(t: Test) {
  const box = await sandbox(t, { login: 'valid' })
  t.match(await box.command(['install', '--yes']), { code: 0 })
  const programs = join(box.home.path, '.local/lib/claude-auth')
  const words = ['ensure', '--every', '1m']
  const loop = spawn(join(programs, 'current/bin/claude-auth'), words, {
    env: box.env,
    cwd: box.home.path,
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  t.teardown(() => loop.kill('SIGKILL'))
  let said = ''
  loop.stderr.setEncoding('utf8').on('data', text => (said += text))
  const ended = once(loop, 'close').then(([code]) => code as number | null)
  await setTimeout(3000)
  return { box, programs, loop, ended, said: () => said }
}

t.test('after an upgrade, installed twice, the newer version takes the turns', async t => {
  const { box, programs, loop, ended, said } = await looping(t)
  const old = readlinkSync(join(programs, 'current'))
  const newer = join(box.home.path, 'newer')
  for (const name of programParts(root))
    cpSync(join(root, name), join(newer, name), { recursive: true })
  writeFileSync(join(newer, 'docs/newer.md'), 'another version\n')
  const install = async () => {
    const words = ['install', '--yes', '--json']
    return JSON.parse((await box.run(join(newer, 'bin/claude-auth'), words)).stdout)
  }
  t.match(await install(), { changed: true })
  t.match(await install(), { changed: false, changes: [] }, 'a second run changes nothing')
  t.ok(readdirSync(programs).includes(old), 'the version before stays until the next upgrade')
  // As a still newer one would take it away.
  rmSync(join(programs, old), { recursive: true })

  const login = box.login()
  if (login) box.writeLogin({ ...login, expiresAt: Date.now() - 1000 })
  const until = Date.now() + turnMs
  while ((box.login()?.expiresAt ?? 0) < Date.now() && Date.now() < until) await setTimeout(500)
  t.ok((box.login()?.expiresAt ?? 0) > Date.now(), 'renewed')
  t.equal(said(), '')
  // The turn has still to back up and to verify.
  await setTimeout(3000)
  loop.kill('SIGTERM')
  await ended
})

t.test('where no program is left the loop ends, and says so', async t => {
  const { programs, ended, said } = await looping(t)
  rmSync(programs, { recursive: true })
  t.equal(await Promise.race([ended, setTimeout(turnMs)]), 1)
  t.match(said(), /^claude-auth: .*current holds no program any more\nclaude-auth: hint: /)
})

/** Loaded before the program: the minute between two turns passes in a moment. */
const hurried = `const wait = globalThis.setTimeout
globalThis.setTimeout = (work, ms = 0, ...more) => wait(work, ms > 50_000 && ms < 70_000 ? 1 : ms, ...more)
`

t.test('a signal ends the loop wherever it comes, between two turns too', async t => {
  const box = await sandbox(t, { login: 'valid' })
  t.match(await box.command(['ensure']), { code: 0 })
  const preload = join(box.home.path, 'hurried.cjs')
  box.home.write(preload, hurried)
  const words = ['--require', preload, join(root, 'bin/claude-auth'), 'ensure', '--every', '1m']
  for (let round = 0; round < 12; round++) {
    const { env } = box
    const cwd = box.home.path
    const loop = spawn(process.execPath, words, { env, cwd, stdio: 'ignore' })
    t.teardown(() => loop.kill('SIGKILL'))
    const ended = once(loop, 'close').then(() => 'ended')
    await setTimeout(700 + round * 37)
    loop.kill('SIGTERM')
    t.equal(await Promise.race([ended, setTimeout(20_000, 'goes on')]), 'ended', `round ${round}`)
    loop.kill('SIGKILL')
  }
})
