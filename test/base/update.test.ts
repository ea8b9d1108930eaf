// An update of the base: refused before a byte changes, or in place as a whole, also where it was killed in between.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { planUpdate } from '../../src/base/difference.js'
import { readTree } from '../../src/base/tree.js'
import { clearLeftovers, placesOf, replaceBase } from '../../src/base/update.js'
import { compiled } from '../kit/compiled.js'

function put(root: string, files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
}

const version = (text: string, count = 40) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`skills/s${at}.md`, text]))

/** A base of 60 files in four parts, and a source that is the same. */
function places(t: Test) {
  const root = t.testdir()
  const [base, source] = [join(root, 'base'), join(root, 'source')]
  for (const folder of [base, source]) {
    put(folder, version('one'))
    for (const part of ['rules', 'agents', 'commands'])
      put(folder, Object.fromEntries([1, 2, 3, 4, 5, 6].map(at => [`${part}/${at}.md`, `${at}`])))
  }
  return { root, base, source }
}

function plan(source: string, base: string, maxDelete = 25, isSaid = false) {
  const tree = readTree(source, true)
  if (tree === null) throw new Error('no source')
  return planUpdate(tree, readTree(base, false), { maxDelete, isSaid })
}

const rulesOf = (source: string, base: string) =>
  plan(source, base).refusals.map(({ rule }) => rule)

t.test('what would do harm is refused, each for its own reason', async t => {
  const breaches: Record<string, (source: string) => void> = {
    empty: source => {
      for (const name of readdirSync(source)) rmSync(join(source, name), { recursive: true })
      put(source, { '.git/config': 'x' })
    },
    'part-missing': source => rmSync(join(source, 'rules'), { recursive: true }),
    'too-many-deletions': source => {
      for (let at = 0; at < 26; at++) rmSync(join(source, `skills/s${at}.md`))
    },
    'link-out': source => symlinkSync('../../../etc/passwd', join(source, 'skills/x')),
    'set-uid': source => chmodSync(join(source, 'skills/s1.md'), 0o4755),
    'writable-by-others': source => chmodSync(join(source, 'rules'), 0o777),
    special: source => execFileSync('mkfifo', [join(source, 'agents/pipe')]),
    settings: source => put(source, { 'skills/deep/settings.local.json': '{}' }),
    credential: source => put(source, { 'skills/.credentials.json': '{}' }),
    unreadable: source =>
      writeFileSync(Buffer.from(`${join(source, 'skills/caf')}\xe9.md`, 'latin1'), 'x'),
    'too-large': source => put(source, { 'skills/big': 'x'.repeat(16 * 1024 * 1024 + 1) }),
  }
  for (const [rule, breach] of Object.entries(breaches)) {
    const { source, base } = places(t)
    breach(source)
    const [first] = rulesOf(source, base)
    t.equal(first, rule, rule)
  }
})

t.test('links: absolute ones, ones through another link, and ones that stay inside', async t => {
  const { source, base } = places(t)
  symlinkSync('s1.md', join(source, 'skills/alias.md'))
  symlinkSync('../rules', join(source, 'skills/rules'))
  t.same(rulesOf(source, base), [])
  symlinkSync(join(source, 'rules/1.md'), join(source, 'skills/absolute'))
  symlinkSync('/etc', join(source, 'agents/etc'))
  symlinkSync('../agents/etc/passwd', join(source, 'skills/through'))
  t.same(rulesOf(source, base), ['link-out', 'link-out', 'link-out'])
})

t.test('credentials are found by their form, made-up ones are none', async t => {
  const random = 'Zk3vQ9xT7bLm2Np8Rw5Yc1Hd6Fg4Js0AeUiOqXy'
  const real = [
    `token: sk-ant-${'ort01'}-${random}`,
    `-----BEGIN OPENSSH ${'PRIVATE'} KEY-----\n${random}${random}\n-----END`,
    `gh${'p'}_${random}`,
    `hv${'s'}.${random}`,
    `xox${'b'}-${random}`,
    `https://hooks.slack.com/services/T0${'A1B2C3'}/B0D4E5F6/${random}`,
    `{"refreshToken": "${random}"}`,
    `API_KEY="${random}"`,
    Buffer.from(`gl${'pat'}-${random}`, 'utf16le').toString('latin1'),
  ]
  for (const text of real) {
    const { source, base } = places(t)
    writeFileSync(join(source, 'skills/note.md'), text, 'latin1')
    const { refusals } = plan(source, base)
    t.same(
      refusals.map(({ rule }) => rule),
      ['credential'],
      text.slice(0, 30),
    )
    t.notMatch(JSON.stringify(refusals), random)
  }
  const { source, base } = places(t)
  put(source, {
    'skills/note.md': `ghp_${'x'.repeat(36)} AKIAIOSFODNN7EXAMPLE export TOKEN="$(cat file)" sk-ant-oat01-…`,
  })
  t.same(rulesOf(source, base), [])
})

t.test('deletions: the limit, half of all, and what somebody has said', async t => {
  const { source, base } = places(t)
  for (let at = 0; at < 25; at++) rmSync(join(source, `skills/s${at}.md`))
  t.same(plan(source, base).refusals, [])
  t.match(plan(source, base, 24).refusals, [
    { what: '25 of 58 files would be deleted; 24 may be, and fewer than half' },
  ])
  for (let at = 25; at < 30; at++) rmSync(join(source, `skills/s${at}.md`))
  t.same(plan(source, base, 100).refusals.length, 1, 'half')
  t.same(plan(source, base, 30, true).refusals, [])
  t.same(plan(source, base, 29, true).refusals.length, 1)
})

t.test('a second update has nothing to do; the one before is kept; modes are ours', async t => {
  const { source, base } = places(t)
  put(source, { 'skills/run.sh': 'x', ...version('two') })
  chmodSync(join(source, 'skills/run.sh'), 0o700)
  chmodSync(join(source, 'skills/s1.md'), 0o600)
  t.match(plan(source, base), { added: ['skills/run.sh'], deleted: [], refusals: [] })
  t.equal(plan(source, base).changed.length, 40)
  const tree = readTree(source, true)
  if (tree !== null) replaceBase(source, tree, base)
  t.match(plan(source, base), { added: [], changed: [], deleted: [], refusals: [] })
  t.equal(lstatSync(join(base, 'skills/run.sh')).mode & 0o777, 0o755)
  t.equal(lstatSync(join(base, 'skills/s1.md')).mode & 0o777, 0o644)
  t.equal(readFileSync(join(placesOf(base).previous, 'skills/s1.md'), 'utf8'), 'one')
})

t.test('ended before each step, then again: the same end, and a whole base in between', async t => {
  const text = (path: string) => readFileSync(join(path, 'skills/s1.md'), 'utf8')
  let ended = 0
  for (const kind of ['folder', 'link'])
    for (const step of ['copy', 'drop-previous', 'place', 'keep-previous', 'swap', 'clear']) {
      const { root, base, source } = places(t)
      if (kind === 'link') asLink(base)
      const update = (endedAt = '') => {
        const tree = readTree(source, true)
        if (tree === null) throw new Error('no source')
        replaceBase(source, tree, base, name => {
          if (name === endedAt) throw new Error('ended')
        })
      }
      put(source, version('two'))
      update()
      put(source, version('three'))
      try {
        update(step)
        continue
      } catch {
        ended++
      }
      t.match(text(base), /^(two|three)$/, `${kind}, ${step}`)
      t.equal(readdirSync(join(base, 'skills')).length, 40)
      if (text(base) === 'two') update()
      clearLeftovers(base)
      t.equal(text(base), 'three', `${kind}, ${step}`)
      t.equal(text(placesOf(base).previous), 'two', `${kind}, ${step}`)
      const left = readdirSync(root).filter(name => /next|dropped/.test(name))
      t.same(left, [], `${kind}, ${step}`)
      t.ok(readdirSync(root).length <= 6, readdirSync(root).join(' '))
    }
  t.equal(ended, 2 * 5)
})

t.test('a session that reads on and on never meets a mixture, half a base or none', async t => {
  const reading = await compiled(t, join(import.meta.dirname, 'read-on.ts'))
  for (const kind of ['folder', 'link']) {
    const { base, source } = places(t)
    if (kind === 'link') asLink(base)
    const child = spawn(process.execPath, [reading, base, '3000'])
    let said = ''
    child.stdout.on('data', piece => {
      said += piece
    })
    const closed = once(child, 'close')
    let updates = 0
    for (; child.exitCode === null; updates++) {
      put(source, version(`version ${updates}`))
      const tree = readTree(source, true)
      if (tree !== null) replaceBase(source, tree, base)
      await sleep(50)
    }
    await closed
    const { looks, faults } = JSON.parse(said)
    t.same(faults, [], `${looks} looks, ${updates} updates, ${kind}`)
    t.ok(looks > 20 && updates > 3, `${looks} looks, ${updates} updates`)
  }
})

/** The base is a link to a folder beside it. */
function asLink(base: string): void {
  renameSync(base, `${base}-first`)
  symlinkSync(`${base}-first`, base)
}
