// An update of the base, killed by SIGKILL before each of its steps and begun again, with a session that reads it all the while.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { placesOf } from '../../src/base/update.js'
import { compiled } from '../kit/compiled.js'
import { figuresOf, scale } from './figures.js'

const figures = figuresOf(t, '16 Base')
const steps = ['copy', 'begin', 'drop-previous', 'place', 'keep-previous', 'swap', 'clear']

t.test('killed before each step, then again, under the eyes of a session', async t => {
  const program = await compiled(t, join(import.meta.dirname, '../base/update-once.ts'))
  const reader = await compiled(t, join(import.meta.dirname, '../base/read-on.ts'))
  const text = (path: string) => readFileSync(join(path, 'skills/s1.md'), 'utf8')
  let [killed, looks, other] = [0, 0, 0]
  const faults: string[] = []
  for (const kind of ['folder', 'link']) {
    const root = t.testdir()
    const [base, source] = [join(root, 'base'), join(root, 'source')]
    const put = (folder: string, text: string) => {
      mkdirSync(join(folder, 'skills'), { recursive: true })
      for (let at = 0; at < 40; at++) writeFileSync(join(folder, `skills/s${at}.md`), text)
    }
    put(base, 'zero')
    if (kind === 'link') {
      renameSync(base, `${base}-first`)
      symlinkSync(`${base}-first`, base)
    }
    const update = (killedAt: string) =>
      spawnSync(process.execPath, [program, source, base, killedAt])
    const session = spawn(process.execPath, [reader, base, String(scale(20_000, 60_000))])
    const seen: Buffer[] = []
    session.stdout.on('data', piece => seen.push(piece))
    const end = once(session, 'close')
    for (let round = 0; round < scale(1, 8); round++)
      for (const step of steps) {
        const [one, two] = [`${step} ${round} one`, `${step} ${round} two`]
        put(source, one)
        t.equal(update('').status, 0)
        put(source, two)
        if (update(step).signal !== 'SIGKILL') continue
        killed++
        if (text(base) === one) t.equal(update('').status, 0)
        if (text(base) !== two || text(placesOf(base).previous) !== one) other++
      }
    await end
    const found = JSON.parse(Buffer.concat(seen).toString())
    looks += found.looks
    faults.push(...found.faults)
  }
  t.same(faults, [])
  figures.counted('updates killed before a step, of a folder and of a link', killed)
  figures.wanted('end states other than without a kill', other, 0)
  figures.counted('looks of a session meanwhile', looks)
  figures.wanted('looks that met half a base, or none', faults.length, 0)
})
