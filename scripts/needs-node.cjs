// Ends a script at once where Node is too old for it, or where it is only asked what it does. First import of every script, and
// first command where the README begins.

const { readFileSync } = require('node:fs')

if (parseInt(process.versions.node, 10) < 20) require('../bin/node-too-old.cjs')

const [, script = '', ...words] = process.argv
// The benchmark has a page of its own.
if (words.some(word => word === '--help' || word === '-h') && !script.endsWith('bench.mjs')) {
  const [about] = /^(?:\/\/.*\n)+/.exec(readFileSync(script, 'utf8')) ?? ['']
  process.stdout.write(about.replace(/^\/\/ ?/gm, ''))
  process.exit(0)
}
