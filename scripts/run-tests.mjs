// Runs bundled tests, several at once, and tells their results as one TAP stream with a subtest for each file.

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleTests } from './bundle-tests.mjs'
import { longest } from './tiers.mjs'

/** How long each file took last time, in ms: the longest begins first. */
const durationsOf = path => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return {}
  }
}

/** Of a file that was never measured: a known long one, else as short as most. */
function supposedMs(file) {
  const at = longest.indexOf(file)
  return at < 0 ? 0 : (1 + longest.length - at) * 10_000
}

/**
 * Runs `files` (relative to `root`), `jobs` at once, with `env` beside ours; `onLine` gets TAP a line at a time.
 * Resolves to whether all went well.
 */
export async function runTests(root, files, { jobs, env = {} }, onLine) {
  const cache = join(root, '.cache', 'tests')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'run-'))
  const memory = join(cache, 'durations.json')
  const durations = durationsOf(memory)
  try {
    const bundles = await bundleTests(root, files, folder)
    const lengthOf = file => durations[file] ?? supposedMs(file)
    const waiting = [...files].sort((a, b) => (lengthOf(a) < lengthOf(b) ? 1 : -1))
    let done = 0
    let isWell = true
    const work = async () => {
      for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
        const ended = await runOne(root, file, bundles.get(file), env)
        durations[file] = ended.ms
        isWell &&= ended.isWell
        done += 1
        for (const line of asSubtest(file, done, ended)) onLine(line)
      }
    }
    await Promise.all(Array.from({ length: Math.min(jobs, files.length) }, work))
    writeFileSync(memory, JSON.stringify({ ...durationsOf(memory), ...durations }))
    return isWell
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function runOne(root, file, bundle, env) {
  const timeoutS = Number(process.env.TAP_TIMEOUT ?? 600)
  const startMs = performance.now()
  const entry = join(root, 'scripts', 'test-entry.mjs')
  const child = spawn(process.execPath, ['--enable-source-maps', entry, bundle, join(root, file)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env, TAP_TIMEOUT: String(timeoutS) },
  })
  // tap ends a test that takes too long by itself; a process that is stuck can't.
  const limit = setTimeout(() => child.kill('SIGKILL'), (timeoutS + 30) * 1000)
  let [tap, words] = ['', '']
  child.stdout.setEncoding('utf8').on('data', text => (tap += text))
  child.stderr.setEncoding('utf8').on('data', text => (words += text))
  const { code, signal } = await new Promise(resolve => {
    child.on('error', () => resolve({ code: null, signal: null }))
    // What a test left running holds its output open: that is no reason to wait.
    child.on('exit', (code, signal) => setTimeout(() => resolve({ code, signal }), 20))
  })
  clearTimeout(limit)
  for (const stream of [child.stdout, child.stderr]) stream.destroy()
  const isWell = code === 0 && /^(?:not )?ok \d/m.test(tap)
  return { tap, words, code, signal, isWell, ms: Math.round(performance.now() - startMs) }
}

function asSubtest(file, number, { tap, words, code, signal, isWell, ms }) {
  const said =
    isWell || words === ''
      ? []
      : words
          .trimEnd()
          .split('\n')
          .map(line => `# ${line}`)
  const lines = tap.split('\n').filter(line => line !== '' && !line.startsWith('TAP version'))
  const facts = isWell ? [] : ['  ---', `  exitCode: ${code}`, `  signal: ${signal}`, '  ...']
  return [
    `# Subtest: ${file}`,
    ...[...lines, ...said].map(line => `    ${line}`),
    `${isWell ? 'ok' : 'not ok'} ${number} - ${file} # time=${ms}ms`,
    ...facts,
  ]
}
