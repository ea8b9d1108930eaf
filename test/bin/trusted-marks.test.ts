// Marks are believed only where nobody else could have put them: each condition by itself, beside a control that is believed.

import { chownSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { run } from '../kit/run.js'
import { type WrapperBox, wrapperBox } from '../kit/wrapper-box.js'

const isRoot = process.geteuid?.() === 0
const needsRoot = !isRoot && 'only root can give a file away'
const stranger = 12_345

/** What the wrapper makes of the marks of `folder`. */
async function zone(box: WrapperBox, folder?: string): Promise<string> {
  const look = 'ca_looker=$$; . "$1/bin/claude"; echo "$ca_zone"'
  const env = folder === undefined ? box.env : { ...box.env, CLAUDE_CONFIG_DIR: folder }
  const { stdout, stderr } = await run('/bin/sh', ['-c', look, 'sh', box.root], {
    cwd: box.folder,
    env,
  })
  return `${stdout.trim()}${stderr}`
}

/** Marks that are believed, until `spoil` is done to them. */
async function believedUntil(t: Test, spoil: (box: WrapperBox) => string | undefined) {
  const box = wrapperBox(t)
  box.mark()
  t.equal(await zone(box), 'fresh', 'the control')
  const folder = spoil(box)
  t.equal(await zone(box, folder), 'due')
}

function behindLink(path: string): undefined {
  renameSync(path, `${path}.elsewhere`)
  symlinkSync(`${path}.elsewhere`, path)
}

t.test('a state folder that is a link', t => believedUntil(t, box => behindLink(box.paths.state)))

t.test('a mark that is a link', t =>
  believedUntil(t, box => behindLink(join(box.paths.state, 'fresh'))),
)

t.test('a state folder of another user, with a mark of mine', { skip: needsRoot }, t =>
  believedUntil(t, box => void chownSync(box.paths.state, stranger, stranger)),
)

t.test('a mark of another user in a folder of mine', { skip: needsRoot }, t =>
  believedUntil(t, box => void chownSync(join(box.paths.state, 'fresh'), stranger, stranger)),
)

t.test('a login file of another user', { skip: needsRoot }, t =>
  believedUntil(t, box => void chownSync(box.paths.loginFile, stranger, stranger)),
)

t.test('marks of another login folder', t =>
  believedUntil(t, box => {
    renameSync(
      join(box.paths.state, 'login', box.paths.folder),
      join(box.paths.state, 'login', `${box.paths.folder}-of-another`),
    )
    return undefined
  }),
)

t.test('marks that a clock wrote which was ahead', t =>
  believedUntil(t, box => {
    for (const path of [join(box.paths.state, 'seen'), box.paths.loginFile]) box.age(path, 1800)
    return undefined
  }),
)
