// The program as Node starts it: runs the bundle of main.ts from the code that is kept of it, and keeps that.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { codePlace, runCompiled } from './host/compile-cache.js'
import type { Env } from './host/paths.js'

/** The bundle's name in this folder, with a hash of what is in it; put in by scripts/build.mjs. */
declare const $bundle: string

type Main = (argv: string[], env: Env) => Promise<number>
type ModuleFunction = (
  exports: object,
  require: NodeJS.Require,
  module: { exports: { main?: Main } },
  __filename: string,
) => void

/** Runs the command that this process was started for, and sets its exit code. */
async function run(): Promise<void> {
  // Until the command says otherwise: one that never comes to its end is no success.
  process.exitCode = 1
  // Whoever reads may stop early (`claude-auth log | head`): what is at work goes on to its end.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', error => {
      if ((error as NodeJS.ErrnoException).code !== 'EPIPE') process.exit(1)
    })
  const argv = process.argv.slice(2)
  const path = `${__dirname}/${$bundle}`
  const source = `(function (exports, require, module, __filename) {${readFileSync(path, 'latin1')}\n})`
  // V8's code is of its flags, too.
  const place = process.execArgv.length > 0 ? null : codePlace(process.env, $bundle)
  const { value, keep } = runCompiled(source, path, place)
  const bundle = { exports: {} as { main?: Main } }
  ;(value as ModuleFunction)(bundle.exports, createRequire(path), bundle, path)
  process.exitCode = (await bundle.exports.main?.(argv, process.env)) ?? 1
  // Nobody waits for the end of a run of the engine; all other commands leave the home as it is.
  if (argv[0] === 'ensure') keep(Date.now())
}

void run()
