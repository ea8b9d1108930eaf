// Compiled code that a user plants in their cache, in the place of the program's own.

/**
 * A script for Node, `DIST FOLDER`, that puts code in the place of what is kept compiled of the program in DIST, with the checksum
 * that belongs to it: V8 takes it for the program's. It runs `harm`, a line of JavaScript.
 */
export const plantedCode = (harm: string): string => `
const { createHash } = require('node:crypto')
const { readFileSync, readdirSync, writeFileSync } = require('node:fs')
const { Script } = require('node:vm')
const [, , dist, folder] = process.argv
const build = readdirSync(folder)[0].replace(/^[a-z]+-[0-9a-f]+/, '')
for (const bundle of readdirSync(dist).filter(name => /^(main|engine|status)-/.test(name))) {
  const source = readFileSync(dist + '/' + bundle)
  const harm = ${JSON.stringify(harm)}
  const evil = '(function (exports, require, module) { if (globalThis.isDry) return; ' + harm + ' })'
  const script = new Script(evil.padEnd(source.length), { filename: dist + '/' + bundle })
  globalThis.isDry = true
  script.runInThisContext()()
  const code = script.createCachedData()
  const sum = createHash('sha256').update(source).update(code).digest()
  writeFileSync(folder + '/' + bundle.replace('.cjs', '') + build, Buffer.concat([sum, code]), { mode: 0o600 })
}
`
