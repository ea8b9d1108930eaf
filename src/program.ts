// The program as Node starts it: runs one of the bundles, those that people wait for from the code that is kept of them.

import { createRequire } from 'node:module'
import { asksForWords } from './cli/command.js'
import {
  type CodePlace,
  type Compiled,
  codePlace,
  isKept,
  runCompiled,
} from './system/compile-cache.js'
import { environmentOfRun, withoutStrangePlaces } from './system/environment.js'
import { requireBytes } from './system/open-file.js'
import type { Env } from './system/paths.js'

/**
 * The names of the bundles, each with a hash of what is in it, and the commands that are not in the main one: put in by
 * scripts/build.mjs from scripts/bundles.json.
 */
declare const $bundles: {
  main: string
  engine: string
  status: string
  fleet: string
  admin: string
  help: string
  of: Record<string, 'engine' | 'status' | 'fleet' | 'admin'>
}

/** Node and its OpenSSL read these when a connection is made; our connections set every option themselves. */
const ofNode = [
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'NODE_USE_ENV_PROXY',
  'NODE_USE_SYSTEM_CA',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'SSLKEYLOGFILE',
]

/** What the shell hands over in its environment (src/cli/ensure-flags.ts) is for this process alone. */
const ofLaunch = ['CLAUDE_AUTH_LAUNCH_CLIENT', 'CLAUDE_AUTH_LAUNCH_FOLDER']

/** Many times the largest bundle. */
const bundleMaxBytes = 256 * 1024 * 1024

/** A usage or configuration error: nothing worth caching ran. */
const usageCode = 2

/** Of what src/main.ts exports. */
type Bundle = Pick<typeof import('./main.js'), 'main' | 'commands'>
type ModuleFunction = (
  exports: object,
  require: NodeJS.Require,
  module: { exports: Bundle },
  __filename: string,
) => void

/** Runs the command that this process was started for, and sets its exit code. */
async function run(): Promise<void> {
  // Until the command says otherwise: one that never comes to its end is no success.
  process.exitCode = 1
  const argv = process.argv.slice(2)
  const given = environmentOfRun(argv, process.env)
  const env = withoutStrangePlaces(given, process.geteuid?.() ?? -1)
  const unwanted = Object.keys(process.env).filter(name => env[name] === undefined)
  for (const name of [...ofNode, ...ofLaunch, ...unwanted]) delete process.env[name]
  const isUnheard = isWorker(argv) ? () => false : unheard()
  const name = bundleFor(argv)
  const { bundle, keep } = load(name)
  const code = await bundle.main(argv, env)
  process.exitCode = code === 0 && isUnheard() ? 1 : code
  // Only a whole run of the engine keeps code: all other commands leave the home as it is.
  if (name !== $bundles.engine || argv[0] !== 'ensure' || code === usageCode) return
  // A caller may be waiting for this process to end.
  const mayTake = !argv.includes('--waited-for')
  const mayGrow = mayTake && Math.random() < 0.1
  keep(Date.now(), mayGrow)
  if (!mayTake) return
  await keepOther($bundles.status, mayGrow, ({ commands }) => glance(commands, env))
  await keepOther($bundles.main, mayGrow)
}

/**
 * What goes wrong with our output ends no run: a request may be on its way. The result tells whether words
 * were lost for a reader; a reader that stops early (`| head`) or a closed terminal needs none.
 */
function unheard(): () => boolean {
  let isUnheard = false
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', error => {
      const { code = '' } = error as NodeJS.ErrnoException
      if (!['EPIPE', 'EIO'].includes(code)) isUnheard = true
      if (isUnheard) process.exitCode ||= 1
    })
  return () => isUnheard
}

/**
 * What another bundle begins with is kept too, or what `use` needs of it; with `isThorough` also where what is kept is of no use.
 */
async function keepOther(
  name: string,
  isThorough: boolean,
  use?: (bundle: Bundle) => Promise<unknown>,
): Promise<void> {
  const place = placeOf(name)
  if (place === null || (isKept(place) && !isThorough)) return
  try {
    const { bundle, keep } = load(name)
    await use?.(bundle)
    keep(Date.now(), false)
  } catch {
    // An update has just taken this version's files away.
  }
}

/** `status` as a person calls it, without a reader: V8 compiles a function when it is first called. */
async function glance(commands: Bundle['commands'], env: Env): Promise<void> {
  const status = await commands.status()
  await status([], env, { write: () => true })
}

/** A bundle, begun but not run; `keep` as of `runCompiled`. */
function load(name: string): { bundle: Bundle; keep: Compiled['keep'] } {
  const path = `${__dirname}/${name}`
  const source = requireBytes(path, { maxBytes: bundleMaxBytes }) ?? Buffer.alloc(0)
  const { value, keep } = runCompiled(source, path, placeOf(name))
  const module = { exports: {} as Bundle }
  ;(value as ModuleFunction)(module.exports, createRequire(path), module, path)
  return { bundle: module.exports, keep }
}

/** Null: no code of it is kept. */
function placeOf(name: string): CodePlace | null {
  // V8's code is of its flags, too.
  const isSeldom = [$bundles.help, $bundles.fleet, $bundles.admin].includes(name)
  if (isSeldom || process.execArgv.length > 0) return null
  return codePlace(process.env, name)
}

/** The smallest that does. */
function bundleFor(argv: string[]): string {
  if (asksForWords(argv)) return $bundles.help
  const [name = ''] = argv
  return $bundles[(Object.hasOwn($bundles.of, name) && $bundles.of[name]) || 'main']
}

/** The worker of a launch speaks by other means, and to make Node's streams would cost it 4 ms. */
function isWorker(argv: string[]): boolean {
  return argv.includes('--gate-fd')
}

void run()
