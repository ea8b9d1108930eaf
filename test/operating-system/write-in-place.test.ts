// Writing over a file where it stands: the same inode, and at no call anything but the old text or the new one.

import {
  appendFileSync,
  linkSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openInPlace, writeInPlace } from '../../src/system/write-in-place.js'
import { compiled } from '../kit/compiled.js'
import { cannotTrace } from '../kit/kill-points.js'
import { run } from '../kit/run.js'

t.test('shorter and longer texts take the place of what was there, on the same inode', async t => {
  const path = join(t.testdir({ file: 'before' }), 'file')
  const { ino } = statSync(path)
  for (const text of ['a', 'longer than before', '', 'end']) {
    writeInPlace(path, Buffer.from(text))
    t.equal(readFileSync(path, 'utf8'), text)
  }
  t.equal(statSync(path).ino, ino)
})

t.test('a link, a second name and a folder are refused', async t => {
  const folder = t.testdir({ file: 'mine', folder: {} })
  symlinkSync(join(folder, 'file'), join(folder, 'link'))
  for (const name of ['link', 'folder', 'missing'])
    t.throws(() => openInPlace(join(folder, name)), name)
  linkSync(join(folder, 'file'), join(folder, 'twice'))
  t.throws(() => writeInPlace(join(folder, 'file'), Buffer.from('x')), { code: 'EPERM' })
  t.equal(readFileSync(join(folder, 'file'), 'utf8'), 'mine')
})

t.test(
  'killed before any of its calls, it leaves the old text or the new one',
  {
    skip: cannotTrace,
  },
  async t => {
    const folder = t.testdir()
    const path = join(folder, 'file')
    const script = join(folder, 'write.mjs')
    const module = new URL('../../src/system/write-in-place.ts', import.meta.url).pathname
    writeFileSync(script, `import { writeInPlace } from ${JSON.stringify(module)}\n`)
    appendFileSync(script, 'writeInPlace(process.argv[2], Buffer.from(process.argv[3]))\n')
    const program = await compiled(t, script)
    const seen = new Set<string>()
    const texts = ['{"a":"short"}', `{"a":"${'long'.repeat(30)}"}`]
    for (const [before, after] of [texts, [...texts].reverse()] as [string, string][])
      for (const call of ['pwrite64:when=1', 'pwrite64:when=2', 'ftruncate', 'fsync']) {
        writeFileSync(path, before)
        const [name = '', when] = call.split(':')
        const inject = `inject=${name}:signal=SIGKILL${when === undefined ? '' : `:${when}`}`
        const words = [
          '-f',
          '-qq',
          '-o',
          '/dev/null',
          '-P',
          path,
          '-e',
          `trace=${name}`,
          '-e',
          inject,
        ]
        const node = [process.execPath, program, path, after]
        const cwd = new URL('../..', import.meta.url).pathname
        await run('strace', [...words, ...node], { cwd, env: { PATH: '/usr/bin:/bin' } })
        const found = readFileSync(path, 'utf8').trimEnd()
        t.ok([before, after].includes(found), `${call}: ${found}`)
        seen.add(found === after ? 'new' : 'old')
      }
  },
)
