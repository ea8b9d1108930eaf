// An update of the base: refused before a byte changes, or in place as a whole, also where it was killed in between.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

import t, { type Test } from 'tap'
import { planUpdate } from '../../src/base/difference.js'
import { secretIn } from '../../src/base/secret.js'
import { digestOf, readTree } from '../../src/base/tree.js'
import { clearLeftovers, firstMount, placesOf, replaceBase } from '../../src/base/update.js'
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
  for (const name of ['skills/absolute', 'agents/etc', 'skills/through']) rmSync(join(source, name))
  // By its words it stays inside; behind the first link `..` is another folder.
  mkdirSync(join(source, 'skills/deep'))
  symlinkSync('../..', join(source, 'skills/deep/root'))
  t.same(rulesOf(source, base), [])
  symlinkSync('deep/root/../..', join(source, 'skills/chain'))
  t.same(rulesOf(source, base), ['link-out'])
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
    // Without quotes, in a file of settings, and in code.
    `export GRAFANA_PASSWORD=${random}`,
    `db:\n  password: ${random}\n`,
    `"apiKey" => '${random}'`,
    // Keys in other dresses.
    JSON.stringify({
      type: 'service_account',
      private_key: `-----BEGIN ${'PRIVATE'} KEY-----\n${random}\n${random}\n-----END`,
    }),
    `---- BEGIN SSH2 ENCRYPTED ${'PRIVATE'} KEY ----\nComment: "x"\n${random}${random}`,
    `-----BEGIN PGP ${'PRIVATE'} KEY BLOCK-----\n\n${random}${random}`,
    `PuTTY-User-${'Key'}-File-3: ssh-ed25519\nEncryption: none`,
    JSON.stringify({ kty: 'OKP', crv: 'Ed25519', d: random, x: 'y' }),
    // The files of tools, under another name.
    `machine forge.site.net login bob password ${random}`,
    `//registry.npmjs.org/:_${'authToken'}=${random}`,
    `users:\n- user:\n    client-${'key'}-data: ${random}${random}`,
    JSON.stringify({ auths: { 'r.example.com': { auth: `${random}==` } } }),
    `git clone https://bob:${random}@forge.site.net/x.git`,
    `DefaultEndpointsProtocol=https;Account${'Key'}=${random}${random}==`,
    `curl -H "Authorization: Bearer ${random}"`,
    // Tokens of other services.
    `s.${'k3'}${random.slice(0, 22)}`,
    `xapp${'-1'}-${random}`,
    `glft${'-'}${random}`,
    `sk_${'live'}_${random}`,
    `SG.${random.slice(0, 22)}.${random}`,
    `GOC${'SPX'}-${random}`,
    `hf${'_'}${random}`,
    `123456789:A${'A'}${random}`,
    `https://discord.com/api/${'webhooks'}/1234567890123/${random}${random}`,
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
    'skills/words.md':
      'password: must-have-at-least-twenty-letters\ntokenFile: ~/.config/claude-auth/vault-token\nsecret: kubernetes.io/service-account-token\nhttps://user:password@example.com/x\ncommit 0123456789abcdef0123456789abcdef01234567\nsha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=',
    'skills/note.md': `ghp_${'x'.repeat(36)} AKIAIOSFODNN7EXAMPLE export TOKEN="$(cat file)" sk-ant-oat01-…`,
  })
  t.same(rulesOf(source, base), [])
})

t.test('credentials are found by the names of their files', async t => {
  for (const name of [
    ...[
      '.netrc',
      'slack-webhook',
      'teams-webhook',
      '.npmrc.key',
      '.pypirc',
      'id_ed25519',
      'tls.key',
      'server-key.pem',
      'deploy.p8',
    ],
    ...['client_secret_1.apps.json', 'prod-kubeconfig.yaml', 'rclone.conf', '.env.production'],
  ]) {
    const { source, base } = places(t)
    put(source, { [`skills/${name}`]: 'x' })
    t.same(rulesOf(source, base), ['credential'], name)
  }
  const { source, base } = places(t)
  put(source, { 'skills/.env.example': 'x', 'skills/keys.md': 'x', 'skills/kubeconfig.md': 'x' })
  t.same(rulesOf(source, base), [])
})

t.test('a search for credentials ends soon, whatever a large file holds', async t => {
  const beganMs = performance.now()
  for (const part of ['a.', 'token=', 'eyJ-', 'http://a:b', '{"kty":"a"', 'x', '-'])
    secretIn(Buffer.from(part.repeat(300_000 / part.length)))
  t.ok(performance.now() - beganMs < 20_000)
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

t.test(
  'ended at any step and cleared up: the base is one of both, and the one before is its own',
  async t => {
    for (const kept of [true, false])
      for (const last of ['copy', 'begin', 'drop-previous', 'place', 'swap', 'clear']) {
        const { source, base } = places(t)
        const update = (text: string, until = '') => {
          put(source, version(text))
          const tree = readTree(source, true)
          if (tree === null) throw new Error('no source')
          replaceBase(source, tree, base, step => {
            if (step === until) throw new Error('ended')
          })
        }
        if (kept) update('two')
        t.throws(() => update('three', last), { message: 'ended' })
        clearLeftovers(base)
        const text = (folder: string) => readFileSync(join(folder, 'skills/s1.md'), 'utf8')
        const before = kept ? 'two' : 'one'
        const [now, previous] = last === 'clear' ? ['three', before] : [before, kept ? 'one' : null]
        t.equal(text(base), now, last)
        if (previous === null) t.notOk(existsSync(placesOf(base).previous), last)
        else t.equal(text(placesOf(base).previous), previous, last)
        t.same(
          readdirSync(dirname(base)).filter(name => /next|dropped|swapping/.test(name)),
          [],
        )
      }
  },
)

t.test('what cannot be read of the base is still counted where it would be deleted', async t => {
  const { source, base } = places(t)
  for (let at = 0; at < 26; at++)
    put(base, { [`skills/big${at}`]: at === 0 ? 'x'.repeat(16 * 1024 * 1024 + 1) : 'x' })
  t.match(plan(source, base).refusals, [{ rule: 'too-many-deletions', what: /^26 of/ }])
})

t.test('a mount point at the base, beside it or in it is found, whatever its name', async t => {
  const line = (point: string) =>
    `36 35 98:0 / ${point} rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
  for (const point of [
    '/srv/b',
    '/srv/b/skills',
    '/srv/b.previous/skills/a',
    '/srv/b.version.0123456789abcdef',
    '/srv/b.version.0123456789abcdef/skills',
    '/srv/b/a\\040b',
  ])
    t.equal(firstMount([line('/'), line(point)], '/srv/b'), point.replace('\\040', ' '), point)
  for (const point of ['/', '/srv', '/srv/base', '/srv/b.old', '/srv/bb/skills', '/srv/b.1/skills'])
    t.equal(firstMount([line(point)], '/srv/b'), null, point)
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
      const left = readdirSync(root).filter(name => /next|dropped|\.tmp\./.test(name))
      t.same(left, [], `${kind}, ${step}`)
      t.ok(readdirSync(root).length <= 6, readdirSync(root).join(' '))
    }
  t.equal(ended, 2 * 5)
})

t.test('a mount point in what an update has made of a base that is a link is found', t => {
  const { base, source } = places(t)
  asLink(base)
  put(source, version('two'))
  const tree = readTree(source, true)
  if (tree !== null) replaceBase(source, tree, base)
  const point = join(realpathSync(base), 'skills')
  t.equal(firstMount([`36 35 98:0 / ${point} rw - ext3 /dev/root rw`], base), point)
  t.end()
})

/** Exchanges a folder and a link to another one, on and on. */
const exchanging = `alarm 20; my ($at, $secret) = @ARGV; symlink $secret, "$at.link"; $| = 1; print "on\\n";
for (;;) { rename $at, "$at.folder"; rename "$at.link", $at; rename $at, "$at.link"; rename "$at.folder", $at }`

t.test('a source that changes under root’s eyes gives nothing of other folders', async t => {
  const { root, source } = places(t)
  const secret = join(root, 'secret')
  put(secret, { 'a.md': 'of nobody else', shadow: 'of nobody else', 'deep/b.md': 'x' })
  put(source, { 'skills/x/a.md': 'shown' })
  const child = spawn('perl', ['-e', exchanging, join(source, 'skills/x'), secret])
  await once(child.stdout, 'data')
  const [hidden, shown] = ['of nobody else', 'shown'].map(text => digestOf(Buffer.from(text)))
  const seen = new Set<string>()
  for (const endMs = Date.now() + 2_000; Date.now() < endMs; )
    for (const { is } of readTree(source, true)?.files.values() ?? []) seen.add(is)
  child.kill('SIGKILL')
  await once(child, 'close')
  t.ok(seen.has(shown ?? ''))
  t.notOk(seen.has(hidden ?? ''), 'a file of another folder came in')
})

t.test(
  'a second name of another user’s file is none of the source’s',
  { skip: process.geteuid?.() !== 0 && 'needs root' },
  async t => {
    const { root, source, base } = places(t)
    put(root, { key: 'of root alone' })
    for (const path of readdirSync(source, { recursive: true, encoding: 'utf8' }))
      chownSync(join(source, path), 54_321, 54_321)
    linkSync(join(root, 'key'), join(source, 'skills/key.md'))
    t.match(plan(source, base).refusals, [{ rule: 'unreadable', path: 'skills/key.md' }])
    t.notOk(readTree(source, true)?.files.has('skills/key.md'))
  },
)

t.test('copies that an admin keeps beside the base stay', async t => {
  for (const kind of ['folder', 'link']) {
    const { root, base, source } = places(t)
    if (kind === 'link') asLink(base)
    const names = [
      'base.2',
      'base.7',
      'base.next',
      'base.dropped',
      'base.swapping',
      'base.tmp',
      'base.version.old',
    ]
    for (const name of names) put(join(root, name), { 'skills/own.md': 'kept' })
    for (const text of ['two', 'three', 'four', 'five']) {
      put(source, version(text))
      const tree = readTree(source, true)
      if (tree !== null) replaceBase(source, tree, base)
    }
    for (const name of names)
      t.equal(readFileSync(join(root, name, 'skills/own.md'), 'utf8'), 'kept', `${kind}, ${name}`)
    const left = readdirSync(root).filter(name => !names.includes(name))
    t.ok(left.length <= 6, left.join(' '))
  }
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
