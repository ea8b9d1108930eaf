// What the marks hold, and when there must be none.

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sealLogin } from '../../src/login/login-file.js'
import { clearMarks, type MarkFacts, writeMarks, writeNotice } from '../../src/login/marks.js'
import { loginPaths } from '../../src/system/paths.js'

const nowMs = 1_800_000_000_500
const seconds = 1_800_000_000

function setUp(t: Test) {
  const home = t.testdir({ 'user.yaml': '' })
  const paths = loginPaths(join(home, 'login'), {}, home)
  mkdirSync(paths.folder)
  writeFileSync(paths.loginFile, 'login')
  for (const path of [home, join(home, 'user.yaml')]) utimesSync(path, 1000, 1000)
  const facts: MarkFacts = {
    contentHash: hash('login'),
    freshUntilMs: nowMs + 60_000,
    usableUntilMs: nowMs + 3_600_000,
    retryAtMs: null,
    client: '/opt/claude',
    isClientChosen: false,
    isClientConfigured: false,
    systemConfig: join(home, 'system.yaml'),
    userConfig: join(home, 'user.yaml'),
    configReadAtMs: nowMs,
    nowMs,
    nonce: 'n',
  }
  const time = (name: string) => statSync(join(paths.state, name)).mtimeMs
  return { home, paths, facts, time }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

t.test('the marks carry their times, and links to what they are about', async t => {
  const { home, paths, facts, time } = setUp(t)
  t.same(writeMarks(paths, { ...facts, retryAtMs: nowMs + 5000 }), { marked: true })
  t.equal(time('fresh'), (seconds + 60) * 1000)
  t.equal(time('usable'), (seconds + 3600) * 1000)
  t.equal(time('retry'), (seconds + 5) * 1000)
  t.equal(time('seen'), (seconds - 60) * 1000)
  t.equal(statSync(paths.loginFile).mtimeMs, (seconds - 60) * 1000)
  t.equal(statSync(paths.state).mode & 0o777, 0o700)
  t.equal(statSync(join(paths.state, 'fresh')).mode & 0o777, 0o600)
  const marked = () =>
    ['client', 'config', 'login']
      .filter(kind => existsSync(join(paths.state, kind)))
      .flatMap(kind =>
        readdirSync(join(paths.state, kind), { withFileTypes: true, recursive: true })
          .filter(entry => !entry.isDirectory())
          .map(({ parentPath, name }) => join(parentPath, name).slice(paths.state.length + 1)),
      )
  t.same(marked(), ['client/opt/claude', `config${home}/user.yaml`, `login${paths.folder}`])
  const all = readdirSync(paths.state, { recursive: true, encoding: 'utf8' })
  for (const name of all) {
    const about = lstatSync(join(paths.state, name))
    t.equal(about.mode & 0o077, 0, `${name}: for the owner only`)
    t.notOk(about.isSymbolicLink(), `${name}: no link, which would lead elsewhere`)
    if (about.isFile() && name !== 'client-path')
      t.equal(about.size, 0, `${name}: nothing in it could be read or run`)
  }
  t.equal(readFileSync(join(paths.state, 'client-path'), 'utf8'), '/opt/claude\n')

  rmSync(facts.userConfig)
  utimesSync(home, 1000, 1000)
  writeMarks(paths, { ...facts, client: '/mine', isClientConfigured: true })
  t.same(marked(), ['client/mine', `login${paths.folder}`], 'and none of before')
  t.ok(existsSync(join(paths.state, 'client-configured')))
  writeMarks(paths, { ...facts, client: '/for/once', isClientChosen: true })
  t.same(marked(), ['client/mine', `login${paths.folder}`], 'one chosen for a launch is not kept')
  t.same(writeMarks(paths, { ...facts, client: '/opt/../mine' }), {
    marked: false,
    because: 'relative',
  })
})

t.test('no end known: usable until the far future', async t => {
  const { paths, facts, time } = setUp(t)
  writeMarks(paths, { ...facts, usableUntilMs: null })
  t.ok(time('usable') > nowMs + 10 * 365 * 86_400_000)
})

t.test('no marks, and the old ones gone, when the login is not the one decided on', async t => {
  const changes: Record<string, (file: string) => void> = {
    rewritten: file => writeFileSync(file, 'other'),
    replaced: file => {
      writeFileSync(`${file}.next`, 'other')
      renameSync(`${file}.next`, file)
    },
    deleted: file => renameSync(file, `${file}.gone`),
    'a folder': file => {
      renameSync(file, `${file}.gone`)
      mkdirSync(file)
    },
  }
  for (const [name, change] of Object.entries(changes)) {
    const { paths, facts } = setUp(t)
    t.ok(writeMarks(paths, facts).marked)
    change(paths.loginFile)
    t.same(writeMarks(paths, facts), { marked: false, because: 'login-changed' }, name)
    t.notOk(existsSync(join(paths.state, 'fresh')), name)
  }
})

t.test(
  'no marks when the config changed since it was read, after a log-out, for relative paths',
  async t => {
    const { paths, facts, home } = setUp(t)
    t.same(writeMarks(paths, { ...facts, client: 'claude' }), {
      marked: false,
      because: 'relative',
    })
    for (const path of [join(home, 'user.yaml'), home]) {
      utimesSync(path, nowMs / 1000, nowMs / 1000)
      t.same(writeMarks(paths, facts), { marked: false, because: 'config-changed' }, path)
      utimesSync(path, 1000, 1000)
    }
    writeFileSync(paths.doubted, '')
    t.same(writeMarks(paths, facts), { marked: false, because: 'doubted' })
    writeFileSync(paths.signedOut, '')
    t.same(writeMarks(paths, facts), { marked: false, because: 'signed-out' })
    t.notOk(existsSync(join(paths.state, 'fresh')))
  },
)

t.test('no second is used twice for different logins', async t => {
  const { paths } = setUp(t)
  const used: number[] = []
  let previousSeconds = 0
  let at = nowMs
  for (let turn = 0; turn < 40; turn++) {
    writeFileSync(paths.loginFile, `login ${turn}`)
    const contentHash = hash(`login ${turn}`)
    const sealed = sealLogin(paths.loginFile, { contentHash, previousSeconds, nowMs: at })
    if (typeof sealed === 'number') {
      used.push(sealed)
      previousSeconds = sealed
      t.ok(sealed <= Math.floor(at / 1000) - 2)
    } else t.equal(sealed, 'too-soon')
    at += 300
  }
  t.equal(new Set(used).size, used.length)
  t.ok(used.length > 10)
})

t.test('an unchanged login keeps its seal when there is no later second yet', async t => {
  const { paths, facts } = setUp(t)
  const previousSeconds = seconds - 2
  t.equal(sealLogin(paths.loginFile, { ...facts, previousSeconds }), 'too-soon')
  utimesSync(paths.loginFile, previousSeconds, previousSeconds)
  t.equal(sealLogin(paths.loginFile, { ...facts, previousSeconds }), previousSeconds)
  const back = { ...facts, previousSeconds: seconds + 3600 }
  t.equal(sealLogin(paths.loginFile, back), seconds - 60, 'the clock was set back')
})

t.test('a later seal has another time, though marks were cleared between', async t => {
  const { paths, facts, time } = setUp(t)
  const planted = join(paths.state, 'seen')
  for (const [turn, text] of ['one', 'two', 'three'].entries()) {
    writeFileSync(paths.loginFile, text)
    t.ok(writeMarks(paths, { ...facts, contentHash: hash(text) }).marked)
    t.equal(time('seen'), (seconds - 60 + turn) * 1000)
    clearMarks(paths)
    t.notOk(existsSync(join(paths.state, 'fresh')))
    t.ok(existsSync(planted), 'no later seal may have its time')
  }
  rmSync(planted)
  symlinkSync(paths.loginFile, planted)
  writeFileSync(paths.loginFile, 'four')
  t.ok(writeMarks(paths, { ...facts, contentHash: hash('four') }).marked)
  t.ok(lstatSync(planted).isFile(), 'a link in its place is followed by nobody')
})

t.test('a seal that comes to nothing has had its second too', async t => {
  const { paths, facts, time } = setUp(t)
  t.same(writeMarks(paths, { ...facts, contentHash: hash('other') }).marked, false)
  t.equal(time('seen'), (seconds - 60) * 1000)
  t.ok(writeMarks(paths, facts).marked)
  t.equal(time('seen'), (seconds - 59) * 1000)
})

t.test('a notice is whole lines, and can be taken back', async t => {
  const { paths } = setUp(t)
  mkdirSync(paths.state)
  const notice = join(paths.state, 'notice')
  writeNotice(paths, ['claude-auth: one', 'claude-auth: two'], 'n')
  t.equal(readFileSync(notice, 'utf8'), 'claude-auth: one\nclaude-auth: two\n')
  const ends = (left: string) => `claude-auth: This sign-in ends in ${left}`
  writeNotice(paths, [ends('3 days')], 'n')
  writeNotice(paths, [ends('1 day')], 'n')
  const all = ['claude-auth: one', 'claude-auth: two', ends('1 day')]
  t.equal(readFileSync(notice, 'utf8'), `${all.join('\n')}\n`)
  for (let i = 0; i < 9; i += 1) writeNotice(paths, [`claude-auth: number ${i}`], 'n')
  t.equal(readFileSync(notice, 'utf8').trim().split('\n').length, 6)
  writeNotice(paths, [], 'n')
  t.notOk(existsSync(notice))
  clearMarks(paths)
})

t.test('two hosts without a common gate write the marks at one time: none fails', async t => {
  const { paths, facts } = setUp(t)
  const other = `
    const { mkdirSync, rmSync, writeFileSync } = require('node:fs')
    const { dirname } = require('node:path')
    const [, folder, target] = process.argv
    console.log('ready')
    for (;;)
      try {
        rmSync(folder, { recursive: true, force: true })
        mkdirSync(dirname(folder + target), { recursive: true })
        writeFileSync(folder + target, '')
      } catch {}
  `
  const words = ['-e', other, join(paths.state, 'config'), facts.userConfig]
  mkdirSync(paths.state)
  const host = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(host, 'exit')
  try {
    await once(host.stdout, 'data')
    for (let turn = 0; turn < 100; turn++) {
      const marked = writeMarks(paths, facts)
      const isLost = !marked.marked && marked.because === 'another-host'
      if (!marked.marked && !isLost) t.fail(`turn ${turn}: ${marked.because}`)
      if (existsSync(join(paths.state, 'fresh')) === isLost) t.fail(`turn ${turn}: fresh or not`)
    }
  } finally {
    host.kill('SIGKILL')
    await ended
  }
  t.same(writeMarks(paths, facts), { marked: true }, 'alone again')
  t.same(
    readdirSync(paths.state).filter(name => name.includes('.tmp.')),
    [],
    'nothing is left of it',
  )
})

t.test(
  'marks that another host puts in place at the same moment: none, until the next time',
  async t => {
    for (const kind of ['login', 'config', 'client']) {
      const { paths, facts } = setUp(t)
      t.ok(writeMarks(paths, facts).marked)
      // As far as another run of this name has got.
      const theirs = join(paths.state, `${kind}.old.tmp.n`, 'theirs')
      mkdirSync(theirs, { recursive: true })
      t.same(writeMarks(paths, facts), { marked: false, because: 'another-host' }, kind)
      t.notOk(existsSync(join(paths.state, 'fresh')), kind)
      t.same(writeMarks(paths, facts), { marked: true }, kind)
    }
  },
)
