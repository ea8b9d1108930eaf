// Puts deliberate faults (scripts/faults.mjs) into a throwaway copy, one at a time, and says which of them no test notices.
// usage: node scripts/mutants.mjs [WORD]   (only the faults whose file or description has WORD in it)

import './needs-node.cjs'
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { faults } from './faults.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** The files as they are now, committed or not; packages and real programs are shared. */
function copyInto(folder) {
  const listed = spawnSync('git', ['ls-files', '-coz', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (listed.status !== 0) throw new Error(`git ls-files: ${listed.stderr}`)
  for (const file of listed.stdout.split('\0'))
    if (file !== '' && existsSync(join(root, file)))
      cpSync(join(root, file), join(folder, file), { verbatimSymlinks: true })
  mkdirSync(join(folder, '.cache'))
  for (const shared of ['node_modules', '.cache/peers'])
    if (existsSync(join(root, shared))) symlinkSync(join(root, shared), join(folder, shared))
}

/** How many tests of `files` pass and fail in `folder`; null where they could not be run at all. */
function tested(folder, files) {
  const script = join(folder, 'scripts/test.mjs')
  const { stdout } = spawnSync(process.execPath, [script, ...files], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  const counts = /^(\d+) passed, (\d+) failed/m.exec(stdout)
  return counts === null ? null : { passed: Number(counts[1]), failed: Number(counts[2]) }
}

/** `caught`, `survived`, or why nothing can be said. */
function tried(folder, { file, from, to, tests }) {
  const path = join(folder, file)
  const text = readFileSync(path, 'utf8')
  if (text.split(from).length !== 2) return `stale: its text does not stand once in ${file}`
  try {
    writeFileSync(
      path,
      text.replace(from, () => to),
    )
    const counts = tested(folder, tests)
    if (counts === null || counts.passed + counts.failed === 0) return 'stale: no test ran'
    return counts.failed > 0 ? 'caught' : 'survived'
  } finally {
    writeFileSync(path, text)
  }
}

const word = process.argv[2] ?? ''
const wanted = faults.filter(({ what, file }) => `${file} ${what}`.includes(word))
const folder = mkdtempSync(join(tmpdir(), 'claude-auth-mutants-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1))
copyInto(folder)

const files = [...new Set(wanted.flatMap(({ tests }) => tests))]
const sound = files.length === 0 ? null : tested(folder, files)
if (sound === null || sound.failed > 0) {
  process.stdout.write('without a fault these must pass first: ')
  process.stdout.write(`${files.join(' ') || `no fault is about ${word}`}\n`)
  process.exit(1)
}
let bad = 0
for (const fault of wanted) {
  const end = tried(folder, fault)
  if (end !== 'caught') bad++
  process.stdout.write(`${end.padEnd(8)} ${fault.file}: ${fault.what}\n`)
}
process.stdout.write(`${wanted.length} faults, ${wanted.length - bad} caught\n`)
process.exitCode = bad > 0 ? 1 : 0
