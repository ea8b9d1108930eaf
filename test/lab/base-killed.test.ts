// An update of the base, killed by SIGKILL before each of its steps and begun again: the same end, and never half a base.

import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { placesOf } from '../../src/base/update.js'
import { compiled } from '../kit/compiled.js'

t.test('killed before each step, then again', async t => {
  const program = await compiled(t, join(import.meta.dirname, '../base/update-once.ts'))
  const text = (path: string) => readFileSync(join(path, 'skills/s1.md'), 'utf8')
  for (const kind of ['folder', 'link'])
    for (const step of [
      'copy',
      'begin',
      'drop-previous',
      'place',
      'keep-previous',
      'swap',
      'clear',
    ]) {
      const root = t.testdir()
      const [base, source] = [join(root, 'base'), join(root, 'source')]
      const put = (folder: string, text: string) => {
        mkdirSync(join(folder, 'skills'), { recursive: true })
        for (let at = 0; at < 40; at++) writeFileSync(join(folder, `skills/s${at}.md`), text)
      }
      put(base, 'one')
      if (kind === 'link') {
        renameSync(base, `${base}-first`)
        symlinkSync(`${base}-first`, base)
      }
      const update = (killedAt: string) =>
        spawnSync(process.execPath, [program, source, base, killedAt])
      put(source, 'two')
      t.equal(update('').status, 0)
      put(source, 'three')
      if (update(step).signal !== 'SIGKILL') continue
      t.match(text(base), /^(two|three)$/, `${kind}, ${step}`)
      t.equal(readdirSync(join(base, 'skills')).length, 40)
      if (text(base) === 'two') t.equal(update('').status, 0)
      t.same([text(base), text(placesOf(base).previous)], ['three', 'two'], `${kind}, ${step}`)
    }
})
