// Makes a fresh clone ready: installs node_modules and builds dist, each only when out of date.

import './needs-node.cjs'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Whether npm's own record of what it installed differs from package-lock.json. */
function isInstallStale() {
  const record = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(record)) return true
  const packagesOf = file => JSON.parse(readFileSync(file, 'utf8')).packages
  const installed = packagesOf(record)
  return Object.entries(packagesOf(join(root, 'package-lock.json'))).some(
    ([path, wanted]) =>
      path !== '' && !wanted.optional && installed[path]?.version !== wanted.version,
  )
}

function newestMs(path) {
  if (!existsSync(path)) return 0
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map(name => newestMs(join(path, name))))
}

function isBuildStale() {
  const mark = join(root, 'dist', '.built')
  if (!existsSync(mark)) return true
  const sources = ['src', 'package-lock.json', 'scripts/build.mjs']
  return Math.max(...sources.map(path => newestMs(join(root, path)))) > statSync(mark).mtimeMs
}

/** What it prints goes to stderr: stdout belongs to the command that follows. */
function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
  if (status !== 0) process.exit(status ?? 1)
}

/** Exactly what package-lock.json says, or nothing. */
function install() {
  process.stderr.write('installing packages\n')
  run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
}

if (isInstallStale()) install()
if (isBuildStale()) run(process.execPath, [join(root, 'scripts', 'build.mjs')])
