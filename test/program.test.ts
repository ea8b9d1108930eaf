// The program that Node starts: what comes of a command that does not come to its end.

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { run } from './kit/run.js'

const program = fileURLToPath(new URL('../dist/claude-auth.cjs', import.meta.url))

t.test('the exit code is what the command says, and no success without its word', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'program-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const copy = join(folder, 'claude-auth.cjs')
  copyFileSync(program, copy)
  const bundle = /main-[0-9a-f]+\.cjs/.exec(readFileSync(program, 'utf8'))?.[0] ?? ''
  const exitCode = async (main: string) => {
    writeFileSync(join(folder, bundle), `exports.main = ${main}`)
    const env = { HOME: folder, PATH: '/usr/bin:/bin' }
    return (await run(process.execPath, [copy, 'ensure'], { cwd: folder, env })).code
  }
  t.equal(await exitCode('async () => 0'), 0)
  t.equal(await exitCode('async () => 5'), 5)
  t.equal(await exitCode('() => new Promise(() => {})'), 1, 'nothing is left to wait for')
})
