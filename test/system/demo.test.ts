// The guided demo: as a newcomer runs it, with each client, without one, stopped halfway, and when a scene fails.

import { existsSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { realClients } from '../kit/real-clients.js'
import { processesOf, type RunOptions, run } from '../kit/run.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const scenes = [
  'The login ran out overnight',
  'The login was emptied',
  'The login is dead',
  'All is well',
]

/** An audience with an empty home, and a temp folder of its own in which all traces would lie. */
function audience(t: Test) {
  const folder = mkdtempSync(join(tmpdir(), 'demo-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  symlinkSync(process.execPath, join(folder, 'node'))
  const env = { PATH: `${folder}:/usr/bin:/bin`, HOME: folder, TMPDIR: folder }
  const watch = (more: Record<string, string> = {}, options: Partial<RunOptions> = {}) =>
    run('node', [join(root, 'bin/claude-auth'), 'demo'], {
      cwd: folder,
      ...options,
      env: { ...env, ...more },
    })
  const traces = () => readdirSync(folder).filter(name => name.startsWith('claude-auth-'))
  return { folder, env, watch, traces }
}

function isToldWhole(t: Test, told: { code: number | null; stdout: string; stderr: string }) {
  t.equal(told.code, 0, told.stdout)
  t.equal(told.stderr, '')
  t.notMatch(told.stdout, /\bnot so:|undefined|\bNaN\b/)
  for (const [index, scene] of scenes.entries())
    t.ok(told.stdout.includes(`\n${index + 1}  ${scene}\n`), scene)
}

t.test('without a client a stand-in plays its part, and nothing is left behind', async t => {
  const { watch, traces, folder } = audience(t)
  const told = await watch()
  isToldWhole(t, told)
  t.match(told.stdout, /The client is a small stand-in/)
  t.match(told.stdout, /renewed the login: its time was over \(by a launch on /)
  t.match(told.stdout, /put the stored login back: the login was emptied/)
  t.match(told.stdout, /Type: claude-auth login {3}\(works over SSH\)/)
  t.match(told.stdout, /needs to sign in to Claude\.\n.*Reason: .*\(grant-refused\)/)
  t.match(told.stdout, /is signed in to Claude again; nothing is left to do\./)
  t.match(told.stdout, /Median of \d+: bare [\d.]+ ms, wrapped [\d.]+ ms: [\d.]+ times/)
  t.notOk(told.stdout.includes('\u001b'), 'no colors where no terminal is')
  t.notMatch(told.stdout, /sk-ant-/, 'no token')
  t.same(traces(), [])
  t.same(readdirSync(folder), ['node'])
})

for (const client of realClients())
  t.test(`with the real client ${client.version}`, { skip: client.skip }, async t => {
    const { watch, traces } = audience(t)
    const told = await watch({ CLAUDE_AUTH_CLIENT: client.path })
    isToldWhole(t, told)
    t.ok(told.stdout.includes(`Claude Code ${client.version}`))
    t.notMatch(told.stdout, /sk-ant-/)
    t.same(traces(), [])
  })

t.test('as `claude-auth demo` it is the same, in color at a terminal unless NO_COLOR', async t => {
  const { env, folder } = audience(t)
  const command = `node '${join(root, 'bin/claude-auth')}' demo`
  const atTerminal = (more: Record<string, string>) =>
    run('script', ['-qec', command, '/dev/null'], { cwd: folder, env: { ...env, ...more } })
  const colorful = await atTerminal({ TERM: 'xterm' })
  t.equal(colorful.code, 0)
  t.ok(colorful.stdout.includes('\u001b['))
  const plain = await atTerminal({ TERM: 'xterm', NO_COLOR: '1' })
  t.equal(plain.code, 0)
  t.notOk(plain.stdout.includes('\u001b['))
})

t.test('a client that does not answer makes the scenes fail, and the demo says so', async t => {
  const { watch, traces, folder } = audience(t)
  const client = join(folder, 'client')
  writeFileSync(client, '#!/bin/sh\necho no\nexit 9\n', { mode: 0o755 })
  const told = await watch({ CLAUDE_AUTH_CLIENT: client })
  t.equal(told.code, 1)
  t.match(told.stdout, /x not so: Claude answered/)
  t.match(told.stdout, /Not everything came out as told/)
  t.same(traces(), [])
})

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  t.test(`${signal} in the midst of it ends it, and the home is gone`, async t => {
    const { watch, traces, folder } = audience(t)
    const told = await watch(
      {},
      {
        onStart: async pid => {
          while (!traces().some(name => existsSync(join(folder, name, '.claude/.claude-auth'))))
            await sleep(20)
          process.kill(pid, signal)
        },
      },
    )
    t.equal(told.code, code)
    t.same(traces(), [])
    t.same(await processesOf(folder), [])
  })

t.test('a listener that leaves ends it too', async t => {
  const { env, folder, traces } = audience(t)
  const { code } = await run(
    'sh',
    ['-c', `node '${join(root, 'bin/claude-auth')}' demo | head -n 3`],
    {
      cwd: folder,
      env,
    },
  )
  t.equal(code, 0)
  t.same(traces(), [])
})
