// The shell's side: every file beside the login filled with what does not belong there, and a launch in between.

import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import type { Test } from 'tap'
import { type Shell, type WrapperBox, wrapperBox } from '../../kit/wrapper-box.js'
import { mutated } from './mutate.js'
import { loginFiles, replies } from './samples.js'

const names = ['fresh', 'seen', 'usable', 'retry', 'checked', 'verdict', 'verdict-other', 'notice']

/** Garbage for some files, and their ages; `kept`: the mark as it was written, changed a little. */
export const anyMarks = fc.record({
  garbage: mutated([...loginFiles.slice(0, 3), ...replies, 'ca_format=1\nca_client=/bin/true\n']),
  files: fc.subarray(names, { minLength: 1 }),
  age: fc.constantFrom(-7200, 3600, 86_400 * 365),
})

/** A launch starts the client, and runs and reads nothing of it. */
export function garbageInMarks(t: Test, shell: Shell) {
  const box = wrapperBox(t)
  return async ({
    garbage,
    files,
    age,
  }: typeof anyMarks extends fc.Arbitrary<infer T> ? T : never) => {
    box.mark()
    for (const name of files) {
      box.write(join(box.paths.state, name), garbage as unknown as string)
      box.age(join(box.paths.state, name), age)
    }
    // What is written in a mark counts for nothing, so its age may still say that all is well.
    await launched(box, shell, null)
  }
}

/** The mark itself with other bytes, of a login that changed since: never fresh. */
export function mutatedMark(t: Test, shell: Shell) {
  const box = wrapperBox(t, 'home')
  box.mark()
  const text = readFileSync(join(box.paths.state, 'fresh'))
  return {
    inputs: mutated([text]),
    // Its quotes are lost.
    first: [Buffer.from(text.toString().replaceAll("'", ''))],
    probe: async (bytes: Buffer) => {
      box.mark()
      box.write(join(box.paths.state, 'fresh'), bytes as unknown as string)
      box.age(join(box.paths.state, 'fresh'), 3600)
      box.age(box.paths.loginFile, -100)
      await launched(box, shell, true)
    },
  }
}

/** `asks`: whether the engine must have been asked; null: either is right. */
async function launched(box: WrapperBox, shell: Shell, asks: boolean | null): Promise<void> {
  const before = box.engineStarts().length
  const files = filesOf(box)
  const ended = await box.launch(shell, ['x'], { timeoutMs: 29_000 })
  assert.equal(ended.code, 0, `ended with ${ended.code ?? ended.signal}: ${ended.stderr}`)
  assert.match(ended.stdout, /(^|\n)client \/.*\/claude pid=\d+\n<x>\n$/)
  if (asks === true) assert.equal(box.engineStarts().length, before + 1, 'the engine was not asked')
  assert.deepEqual(filesOf(box), files, 'a file was made')
  for (const name of ['verdict', 'verdict-other', 'notice'])
    rmSync(join(box.paths.state, name), { force: true })
}

/** What stands where a command of a mark, or of what a client says, could write. */
export function filesOf(box: WrapperBox): string[] {
  const folders = [box.folder, box.home, dirname(box.real), '/']
  return folders.flatMap(folder =>
    existsSync(folder) ? readdirSync(folder).filter(name => name !== 'starts') : [],
  )
}
