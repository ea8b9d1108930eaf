// Tries the contract of the client (test/canary/) on a version of it from the npm registry.
// usage: npm run canary [-- [--pinned | --page] [--only SUBJECT]… [--jobs N] [VERSION]]   VERSION: the newest, if not given
// --pinned: the versions that the tests are run with; then docs/client-contract.md is written.
// --page: tries nothing, and writes the page of what was seen last. SUBJECT: as in test/canary/contract.ts

import './needs-node.cjs'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { npmPeers } from './peer-pins.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const name = '@anthropic-ai/claude-code-linux-x64'
process.once('uncaughtException', error => {
  const isGivenUp = error.cause === 'given up' || String(error.code).startsWith('ERR_PARSE_ARGS')
  process.stderr.write(isGivenUp ? `canary: ${error.message}\n` : `${error.stack ?? error}\n`)
  process.exitCode = isGivenUp ? 2 : 1
})
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pinned: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    jobs: { type: 'string', default: '2' },
  },
})

/** Ends this run with one line. */
function giveUp(why) {
  throw new Error(why, { cause: 'given up' })
}

function run(command, args, cwd = root) {
  const { status, error, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status === 0) return stdout.trim()
  const lines = (stderr ?? '').trim().split('\n')
  // npm puts hints and the path of its log behind what it says first after the code.
  const said = lines.find(line => /^npm error (?!code )/.test(line)) ?? lines.at(-1)
  giveUp(
    `${command} ${args[0]}: ${error?.message ?? said?.replace(/^npm error (?:notarget )?/, '')}`,
  )
}

/** A pinned version comes with its hash checked; npm checks every other against the registry's. */
function clientOf(version) {
  const pinned = ['claude-new', 'claude-old'].find(peer =>
    npmPeers[peer].spec.endsWith(`@${version}`),
  )
  if (pinned !== undefined) {
    const [peer] = JSON.parse(run(process.execPath, ['scripts/peers.mjs', '--json', pinned]))
    if (peer.skip) giveUp(peer.skip)
    return { version, path: peer.path }
  }
  const folder = join(root, '.cache', 'canary', `client-${version}`)
  const path = join(folder, 'package', 'claude')
  if (!existsSync(path)) {
    mkdirSync(join(root, '.cache', 'canary'), { recursive: true })
    const temporary = mkdtempSync(join(root, '.cache', 'canary', 'fetch-'))
    try {
      process.stderr.write(`fetching ${name}@${version}\n`)
      run('npm', ['pack', '--loglevel=error', `${name}@${version}`], temporary)
      const archive = readdirSync(temporary)[0]
      run('tar', ['-xzf', archive], temporary)
      rmSync(join(temporary, archive))
      renameSync(temporary, folder)
    } finally {
      rmSync(temporary, { recursive: true, force: true })
    }
  }
  return { version, path }
}

const versionOf = peer => npmPeers[peer].spec.replace(/.*@/, '')
const versions =
  values.pinned || values.page
    ? ['claude-new', 'claude-old'].map(versionOf)
    : [positionals[0] ?? run('npm', ['view', name, 'version'])]
for (const version of versions)
  if (!/^\d+\.\d+\.\d+$/.test(version)) giveUp(`no version of the client: ${version}`)

const program = join(root, '.cache', 'canary', 'canary.js')
await build({
  absWorkingDir: root,
  entryPoints: ['test/canary/canary.ts'],
  outfile: program,
  bundle: true,
  packages: 'external',
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
})
const { tryClient, writePage } = await import(program)
const options = {
  only: values.only,
  jobs: Number(values.jobs),
  print: line => process.stdout.write(`${line}\n`),
}
let allHold = true
for (const version of values.page ? [] : versions)
  allHold = (await tryClient(clientOf(version), options)) && allHold
if (values.pinned || values.page) writePage(versions)
process.exitCode = allHold ? 0 : 1
