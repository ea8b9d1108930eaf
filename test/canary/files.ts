// Contract: where the client has its login, how it locks it, and how it writes.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { faults } from '../../src/demo/faults.js'
import { processFacts } from '../../src/system/processes.js'
import { answerOf, type Place, type Start, type Statement } from './place.js'

const calls = 'mkdir,mkdirat,rename,renameat,renameat2,rmdir,unlink,unlinkat,openat,fsync'
const ownFiles = /oauth_refresh|\.claude\.lock|storage-write|\.credentials\.json/

/** What a refresh does to locks and login file, in order, as `mkdir .claude.lock`. */
async function refreshTrace(at: Place): Promise<string[]> {
  const file = at.path('trace')
  const words = ['-f', '-qq', '-y', '-s', '300', '-e', `trace=${calls}`, '-o', file]
  await at.run('/usr/bin/strace', [...words, 'claude', '-p', 'hi'])
  const lines = readFileSync(file, 'utf8').split('\n')
  return lines.flatMap(line => {
    const call = /^\d+ +(\w+)\((.*)/.exec(line)
    if (call === null || !ownFiles.test(line) || /O_RDONLY|O_PATH|ENOENT|<\.\.\./.test(line))
      return []
    const [, name = '', rest = ''] = call
    const paths = [...rest.matchAll(/[</"]([^<>"/ ]*)[>"]/g)].map(each => each[1] ?? '')
    const last = (paths.filter(path => ownFiles.test(path)).at(-1) ?? '').replace(
      /\.[0-9a-f]{8}$/,
      '.*',
    )
    const verb = name
      .replace(/at2?$/, '')
      .replace(/^open$/, /O_EXCL/.test(rest) ? 'create alone' : 'create')
    return [`${verb} ${last}`]
  })
}

/** The locks of ours that we were killed with 20 s ago; the owner file names us. */
async function lockLeft(start: Start, hasOwner: boolean): Promise<string> {
  const at = await start({ login: 'expired' })
  const lock = join(at.home.paths.folder, '.oauth_refresh.lock')
  const legacy = join(at.home.path, '.claude.lock')
  for (const each of [lock, legacy]) mkdirSync(each)
  const holder = spawn('/bin/sleep', ['60'])
  const { bootId: _, ...facts } = processFacts(holder.pid ?? 0)
  const end = once(holder, 'exit')
  holder.kill('SIGKILL')
  await end
  const owner = {
    ...facts,
    lockBirthtimeMs: statSync(lock).birthtimeMs,
    legacyLockBirthtimeMs: statSync(legacy).birthtimeMs,
  }
  if (hasOwner) writeFileSync(`${lock}.owner`, JSON.stringify(owner), { mode: 0o600 })
  const leftAt = new Date(Date.now() - 20_000)
  for (const each of [lock, legacy]) utimesSync(each, leftAt, leftAt)
  const answer = answerOf(await at.ask())
  const taken = at.tokenRequests().length > 0 ? 'takes it over' : 'does not take it'
  return `${taken}, then ${answer === 'answers' ? answer : 'no answer'}`
}

const theirLogin = async (
  start: (at?: never) => Promise<Place>,
  env: (at: Place) => Record<string, string>,
  folder: string,
) => {
  const at = await start()
  const text = at.text('.claude/.credentials.json')
  at.writeLogin(null)
  at.home.write(at.path(`${folder}/.credentials.json`), text)
  for (const each of ['one', 'two'])
    at.home.write(at.path(`${each}/.claude.json`), at.text('.claude.json'))
  return answerOf(await at.ask(env(at)))
}

export const places: Statement[] = [
  {
    when: 'CLAUDE_CONFIG_DIR names the login folder',
    expected: 'answers',
    see: start => theirLogin(start, at => ({ CLAUDE_CONFIG_DIR: at.path('one') }), 'one'),
  },
  {
    when: 'CLAUDE_SECURESTORAGE_CONFIG_DIR comes before it',
    expected: 'answers',
    see: start =>
      theirLogin(
        start,
        at => ({
          CLAUDE_CONFIG_DIR: at.path('one'),
          CLAUDE_SECURESTORAGE_CONFIG_DIR: at.path('two'),
        }),
        'two',
      ),
  },
  {
    when: 'CLAUDE_SECURESTORAGE_CONFIG_DIR set but empty means ~/.claude',
    expected: 'answers',
    see: start =>
      theirLogin(
        start,
        at => ({ CLAUDE_CONFIG_DIR: at.path('one'), CLAUDE_SECURESTORAGE_CONFIG_DIR: '' }),
        '.claude',
      ),
  },
  {
    when: 'a byte order mark in the login file',
    expected: 'not logged in',
    see: async start => {
      const at = await start()
      at.writeLogin(`\uFEFF${at.text('.claude/.credentials.json')}`)
      return answerOf(await at.ask())
    },
  },
  {
    when: '`auth logout`',
    expected: 'exit 0, revokes, removes the file',
    see: async start => {
      const at = await start()
      const { code } = await at.ask({}, ['auth', 'logout'])
      const revokes = at.heard.some(({ record }) => record.endpoint === 'revoke')
      const isGone = !existsSync(at.home.paths.loginFile)
      return `exit ${code}, ${revokes ? 'revokes' : 'revokes nothing'}, ${isGone ? 'removes' : 'keeps'} the file`
    },
  },
]

const save = (create: string, ...sync: string[]) => [
  'mkdir .storage-write.lock',
  `${create} .credentials.json.tmp.*`,
  ...sync,
  'rename .credentials.json',
  'rmdir .storage-write.lock',
]

const ownerKeys = 'lockBirthtimeMs legacyLockBirthtimeMs pid pidDomain pidSpace procStart'

export const locks: Statement[] = [
  {
    when: 'a refresh, call by call',
    expected: {
      new: [
        'mkdir .oauth_refresh.lock',
        'mkdir .claude.lock',
        'create alone .oauth_refresh.lock.owner.tmp.*',
        'rename .oauth_refresh.lock.owner',
        ...save('create alone', 'fsync .credentials.json.tmp.*'),
        'unlink .oauth_refresh.lock.owner',
        'rmdir .claude.lock',
        'rmdir .oauth_refresh.lock',
      ].join(' → '),
      old: [
        'mkdir .oauth_refresh.lock',
        'mkdir .claude.lock',
        ...save('create'),
        'rmdir .claude.lock',
        'rmdir .oauth_refresh.lock',
      ].join(' → '),
    },
    see: async start => (await refreshTrace(await start({ login: 'expired' }))).join(' → '),
  },
  {
    when: 'held while the request is on its way',
    expected: {
      new: '.claude.lock .oauth_refresh.lock .oauth_refresh.lock.owner',
      old: '.claude.lock .oauth_refresh.lock',
    },
    see: async start => {
      const at = await start({ login: 'expired' })
      let seen = ''
      at.onRequest(({ record }) => {
        if (record.endpoint !== 'token') return
        const names = [...readdirSync(at.home.path), ...readdirSync(at.home.paths.folder)]
        seen = names
          .filter(name => /\.lock/.test(name) && !name.startsWith('.claude.json'))
          .sort()
          .join(' ')
      })
      await at.ask()
      return seen || 'nothing'
    },
  },
  {
    when: 'the owner file says',
    expected: { new: ownerKeys.split(' ').sort().join(' '), old: 'nothing' },
    see: async start => {
      const at = await start({ login: 'expired' })
      let seen = ''
      at.onRequest(({ record }) => {
        const file = join(at.home.paths.folder, '.oauth_refresh.lock.owner')
        if (record.endpoint === 'token' && existsSync(file))
          seen = Object.keys(JSON.parse(readFileSync(file, 'utf8')))
            .sort()
            .join(' ')
      })
      await at.ask()
      return seen || 'nothing'
    },
  },
  {
    when: 'a live lock of ours, with a new login behind it',
    expected: 'waits, then answers without a request',
    see: async start => {
      const at = await start({ login: 'expired' })
      const lock = join(at.home.paths.folder, '.oauth_refresh.lock')
      await at.run('/bin/mkdir', [lock])
      const ended = at.ask()
      for (let turn = 0; turn < 3; turn++) {
        await sleep(1000)
        await at.run('/usr/bin/touch', [lock])
      }
      const waits = at.heard.every(({ record }) => record.endpoint !== 'messages')
      at.writeLogin(at.signIn())
      await at.run('/bin/rmdir', [lock])
      const answer = answerOf(await ended)
      const asked = at.tokenRequests().length === 0 ? 'without a request' : 'after a request'
      return `${waits ? 'waits' : 'goes on'}, then ${answer} ${asked}`
    },
  },
  {
    when: 'a lock last touched 20 s ago, its owner file names a process that is gone',
    expected: 'takes it over, then answers',
    see: start => lockLeft(start, true),
  },
  {
    when: 'the same without an owner file',
    expected: { new: 'does not take it, then no answer', old: 'takes it over, then answers' },
    see: start => lockLeft(start, false),
  },
  {
    when: 'a login replaced while the request is on its way',
    expected: { new: 'keeps the other’s', old: 'saves its own' },
    see: async start => {
      const at = await start({ login: 'expired' })
      const other = at.signIn()
      at.authority.fail('token', faults.late(1000))
      at.onRequest(({ record }) => {
        if (record.endpoint === 'token') at.writeLogin(other)
      })
      await at.ask()
      return at.login()?.accessToken === other.accessToken ? 'keeps the other’s' : 'saves its own'
    },
  },
  {
    when: 'a login file that is a mount point (rename gives EBUSY)',
    asRoot: true,
    expected: 'answers, the new login in the same file',
    see: async start => {
      const at = await start({ login: 'expired' })
      const file = at.home.paths.loginFile
      const before = { ino: statSync(file).ino, access: at.login()?.accessToken }
      const ended = await at.askAfter(`mount --bind '${file}' '${file}'`, true)
      const isSame = statSync(file).ino === before.ino
      const isNew = at.login()?.accessToken !== before.access
      return `${answerOf(ended)}, ${isNew ? 'the new login' : 'the old login'} in ${isSame ? 'the same file' : 'another file'}`
    },
  },
]
