// Runs the bundle of a test as if its source had been started. usage: node scripts/test-entry.mjs BUNDLE SOURCE

import './needs-node.cjs'
import { pathToFileURL } from 'node:url'

const [, , bundle, source] = process.argv
// tap names snapshots and throwaway folders after the script that was started.
process.argv.splice(1, 3, source)
// A process that a test starts from a source with our own options compiles as it loads.
process.execArgv.push(`--import=${import.meta.resolve('@tapjs/typescript/import')}`)
await import(pathToFileURL(bundle).href)
