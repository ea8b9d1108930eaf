// A launch and a hook come through in time, with one line that says why, whatever holds them: a stray process at the gate, a
// program of ours that was stopped, a mount that answers nothing.

import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { until } from '../kit/terminal.js'
import { type Wrapped, wrapped } from '../kit/wrapped.js'

const fuse = fileURLToPath(new URL('../lab/neighbours/fuse.py', import.meta.url))
const launchWaitMs = 2_000
/** What comes to the wait: three seconds for a worker that says nothing, and a machine with much to do. */
const spareMs = 9_000
const bounded = launchWaitMs + spareMs
/** In which the shell asks for the configuration, before it knows any wait. */
const configMs = 10_000

/** Where workers outlive a launch, and where they do not. */
const worlds = { 'a service manager': 'systemd', 'a container': 'bash' }

async function setUp(t: Test, bootedBy: string, config: Record<string, unknown> = {}) {
  const renewal = { launchWait: `${launchWaitMs / 1000}s` }
  const box = await wrapped(t, {
    login: 'valid',
    bootedBy,
    client: '#!/bin/sh\necho started\n',
    config: { custody: 'sole', renewal, ...config },
  })
  await box.ensure()
  box.writeLogin(box.signIn(-60_000))
  return box
}

const holders: Record<string, string> = {
  'a stray process of the user’s holds the gate alone': 'exec flock -x "$GATE" sleep 60',
  'a stray process of the user’s holds the gate with others': 'exec flock -s "$GATE" sleep 60',
  'a holder of the gate was stopped': 'exec 9>>"$GATE"; flock -x 9; kill -STOP $$; sleep 60',
}

/** Runs until the test ends; the gate is held when this returns. */
async function hold(t: Test, box: Wrapped, script: string): Promise<void> {
  const GATE = box.home.paths.gate
  const child = spawn('sh', ['-c', script], {
    env: { PATH: '/usr/bin:/bin', GATE },
    stdio: 'ignore',
    detached: true,
  })
  t.teardown(() => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  })
  await until(() => spawnSync('flock', ['-n', '-x', GATE, 'true']).status !== 0)
}

for (const [world, bootedBy] of Object.entries(worlds)) {
  for (const [name, script] of Object.entries(holders))
    t.test(`${world}: ${name}`, { timeout: 120_000 }, async t => {
      const box = await setUp(t, bootedBy)
      await hold(t, box, script)
      const launched = await box.launch(['x'])
      t.match(launched, { code: 0, stdout: 'started\n' })
      const line = /^claude-auth: another check has been running for 2 s; launching without one\n$/
      t.match(launched.stderr, line)
      t.ok(launched.ms < bounded, `${launched.ms} ms`)
      const hook = join(box.home.path, 'program/bin/claude-auth')
      for (const event of ['session-start', 'user-prompt-submit', 'stop-failure', 'session-end']) {
        const ended = await box.run('/bin/sh', [hook, 'hook', event], { input: '{}' })
        t.match(ended, { code: 0, stderr: '' }, event)
        t.ok(ended.ms < bounded, `${event}: ${ended.ms} ms`)
      }
    })
}

const skip =
  process.geteuid?.() === 0 && spawnSync('unshare', ['-m', 'test', '-c', '/dev/fuse']).status === 0
    ? false
    : 'it takes root and FUSE'

/** A folder that a mount is put on, and what leads there. */
const places: Record<
  string,
  { folder: string; config?: Record<string, unknown>; env?: Record<string, string> }
> = {
  'the sealed store': { folder: '.local/share/claude-auth' },
  'a key elsewhere': { folder: 'far', config: { local: { keyFile: 'far/key' } } },
  'a roster': { folder: 'far', config: { roster: 'far/roster.yaml' } },
  'a configuration that a variable names': {
    folder: 'far',
    env: { CLAUDE_AUTH_CONFIG: 'far/config.yaml' },
  },
}

const inMount = `python3 "$FUSE" - "$POINT" 0 >"$POINT.said" 2>&1 & server=$!
turns=0; until grep -qs mounted "$POINT.said" || [ $turns = 50 ]; do sleep 0.1; turns=$((turns + 1)); done
"$@"; code=$?; kill -9 $server; exit $code`

for (const [world, bootedBy] of Object.entries(worlds))
  for (const [name, { folder, config = {}, env = {} }] of Object.entries(places))
    t.test(`${world}: ${name} lies on a mount that answers nothing`, { skip }, async t => {
      const box = await setUp(t, bootedBy)
      const at = (value: unknown): unknown =>
        typeof value === 'string' ? join(box.home.path, value) : mapped(value, at)
      const written = readFileSync(box.home.configFile, 'utf8')
      writeFileSync(
        box.home.configFile,
        JSON.stringify({ ...JSON.parse(written), ...(mapped(config, at) as object) }),
      )
      const point = join(box.home.path, folder)
      mkdirSync(point, { recursive: true })
      const launched = await box.run(
        'unshare',
        ['-m', '--propagation', 'private', 'sh', '-c', inMount, 'sh', box.wrapper, 'x'],
        { env: { ...(mapped(env, at) as Record<string, string>), FUSE: fuse, POINT: point } },
      )
      t.match(launched, { code: 0, stdout: 'started\n' })
      t.match(launched.stderr, /^claude-auth: [^\n]*without[^\n]*\n$/)
      t.match(readFileSync(`${point}.said`, 'utf8'), 'mounted')
      t.ok(launched.ms < bounded + configMs, `${launched.ms} ms`)
    })

function mapped(value: unknown, each: (value: unknown) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return each(value)
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, each(inner)]))
}
