import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  closing,
  distrustHint,
  distrustOf,
  othersMayRead,
  othersMayWrite,
} from '../../src/system/trusted-path.js'

const uid = process.geteuid?.() ?? 0
const isRoot = uid === 0
const stranger = 65_533

t.test('only the owner and root may write', async t => {
  const table: [owner: number, mode: number, safe: boolean][] = [
    [1000, 0o600, true],
    [1000, 0o755, true],
    [0, 0o644, true],
    [1000, 0o664, false],
    [1000, 0o602, false],
    [0, 0o1777, false],
    [1001, 0o600, false],
  ]
  for (const [owner, mode, safe] of table)
    t.equal(
      othersMayWrite({ uid: owner, mode }, 1000) === null,
      safe,
      `${owner} ${mode.toString(8)}`,
    )
})

t.test('only the owner may read, or a group that root chose', async t => {
  const table: [owner: number, mode: number, rootMayShare: boolean, safe: boolean][] = [
    [1000, 0o600, false, true],
    [1000, 0o400, false, true],
    [1000, 0o640, false, false],
    [1000, 0o640, true, false],
    [1000, 0o604, false, false],
    [0, 0o640, false, false],
    [0, 0o640, true, true],
    [0, 0o440, true, true],
    [0, 0o660, true, false],
    [0, 0o644, true, false],
    [1001, 0o600, true, false],
  ]
  for (const [owner, mode, rootMayShare, safe] of table) {
    const why = othersMayRead({ uid: owner, mode }, { uid: 1000, rootMayShare })
    t.equal(why === null, safe, `${owner} ${mode.toString(8)} ${rootMayShare}`)
  }
})

t.test('what is root’s is closed by sudo, what is for everybody is left alone', async t => {
  const table: [owner: number, mode: number, command: string][] = [
    [1000, 0o777, 'chmod go-w /x'],
    [0, 0o777, 'sudo chmod go-w /x'],
    [0, 0o1777, 'ls -ld /x'],
    [1001, 0o700, 'ls -ld /x'],
  ]
  for (const [owner, mode, command] of table)
    t.equal(closing('/x', { uid: owner, mode }, 1000), command, `${owner} ${mode.toString(8)}`)
})

t.test('a way of one’s own is trusted, and what is missing below it', t => {
  const folder = realpathSync(t.testdir({ a: { b: { file: '' } } }))
  for (const path of [
    'a/b/file',
    'a/b',
    'a',
    'a/none',
    'a/b/none/at/all',
    'a/b/file/none',
    '',
    'a/../a//b/.',
  ])
    t.equal(distrustOf(`${folder}/${path}`, uid), null, path)
  t.equal(distrustOf('/', uid), null)
  t.end()
})

t.test('one part that others may write is enough, wherever it stands', t => {
  const folder = realpathSync(t.testdir({ a: { b: { c: { file: '' } } } }))
  const inner = join(folder, 'a', 'b')
  for (const [mode, path] of [
    [0o777, inner],
    [0o757, inner],
    [0o1777, join(folder, 'a')],
    [0o666, join(inner, 'c', 'file')],
  ] as const) {
    chmodSync(path, mode)
    const found = distrustOf(join(inner, 'c', 'file'), uid)
    // A sticky folder of root's protects what is in it and has an owner to trust.
    const isFine = mode === 0o1777 && isRoot
    t.same(found, isFine ? null : { path, why: 'is writable by others' }, mode.toString(8))
    chmodSync(path, 0o755)
  }
  t.end()
})

t.test('the folder that holds a link counts, and every link of a chain', t => {
  const folder = realpathSync(t.testdir({ real: { home: {} }, open: {}, closed: {} }))
  const at = (...names: string[]) => join(folder, ...names)
  symlinkSync(at('real'), at('open', 'way'))
  symlinkSync('../open/way/home', at('closed', 'link'))
  t.equal(distrustOf(at('closed', 'link'), uid), null)
  t.equal(distrustOf(`${at('closed')}/link/../home`, uid), null)
  chmodSync(at('open'), 0o777)
  for (const path of [at('closed', 'link'), at('closed', 'link', 'x'), `${at('closed')}/link/..`])
    t.same(distrustOf(path, uid), { path: at('open'), why: 'is writable by others' })
  // The text without its `..` would be another folder.
  t.same(distrustOf(`${at('closed')}/link/../../open`, uid), {
    path: at('open'),
    why: 'is writable by others',
  })
  symlinkSync('b', at('closed', 'a'))
  symlinkSync('a', at('closed', 'b'))
  t.match(distrustOf(at('closed', 'a'), uid), { why: 'is a loop of links' })
  t.end()
})

t.test('in a sticky folder only what is there and has an owner to trust', { skip: !isRoot }, t => {
  const folder = realpathSync(t.testdir({ tmp: { mine: {}, theirs: {} } }))
  const at = (...names: string[]) => join(folder, 'tmp', ...names)
  chmodSync(at(), 0o1777)
  chownSync(at('theirs'), stranger, stranger)
  symlinkSync(at('mine'), at('own-link'))
  symlinkSync(at('mine'), at('their-link'))
  lchownSync(at('their-link'), stranger, stranger)
  for (const name of ['mine', 'mine/x', 'own-link']) t.equal(distrustOf(at(name), 0), null, name)
  const theirs = `belongs to user ${stranger}`
  t.same(distrustOf(at('theirs'), 0), { path: at('theirs'), why: theirs })
  t.same(distrustOf(at('their-link'), 0), { path: at('their-link'), why: theirs })
  t.same(distrustOf(at('none'), 0), { path: at(), why: 'is writable by others' })
  t.same(distrustOf(at(), 0), { path: at(), why: 'is writable by others' })
  t.equal(distrustOf(at('theirs'), stranger), null, 'and the other way about')
  chownSync(at(), stranger, stranger)
  t.same(distrustOf(at('mine'), 0), { path: at(), why: theirs }, 'a sticky folder of a stranger')
  t.end()
})

t.test('of groups, only one’s own and root’s may write', { skip: !isRoot }, t => {
  const folder = realpathSync(t.testdir({ home: { file: '' } }))
  const home = join(folder, 'home')
  const table: [owner: number, group: number, uid: number, fine: boolean][] = [
    [stranger, stranger, stranger, true],
    [stranger, 100, stranger, false],
    [0, stranger, stranger, false],
    [0, 0, stranger, true],
    [stranger, 0, stranger, true],
    [0, 100, 0, false],
  ]
  for (const [owner, group, user, fine] of table) {
    chownSync(home, owner, group)
    chmodSync(home, 0o775)
    const found = distrustOf(join(home, 'file'), user)
    t.equal(found === null, fine, `${owner}:${group} for ${user}`)
  }
  t.end()
})

t.test('a home of another user is none of ours, root’s least of all', { skip: !isRoot }, t => {
  const folder = realpathSync(t.testdir({ mallory: { '.claude': {} }, alice: {} }))
  chownSync(join(folder, 'mallory'), stranger, stranger)
  chownSync(join(folder, 'alice'), 65_532, 65_532)
  for (const user of [0, 65_532]) {
    const found = distrustOf(join(folder, 'mallory', '.claude'), user)
    t.same(found, { path: join(folder, 'mallory'), why: `belongs to user ${stranger}` })
    t.equal(distrustHint(found ?? { path: '', why: '' }, user), `ls -ld ${folder}/mallory`)
  }
  t.equal(distrustOf(join(folder, 'alice', '.claude'), 65_532), null)
  t.end()
})

t.test('no way leads through the process file system', async t => {
  const folder = realpathSync(t.testdir())
  symlinkSync(`/proc/${process.pid}/root/etc`, join(folder, 'magic'))
  const ways = [
    `/proc/${process.pid}/root/etc/passwd`,
    '/proc/self/cwd',
    '/proc/1/cmdline',
    '/dev/fd/0',
    join(folder, 'magic', 'passwd'),
  ]
  for (const way of ways)
    t.match(distrustOf(way, uid), { path: '/proc', why: 'is on the process file system' }, way)
})

t.test('folders that look like root’s in a neighbor’s namespace', { skip: !isRoot }, async t => {
  const yard = mkdtempSync('/tmp/yard-')
  t.teardown(() => rmSync(yard, { recursive: true, force: true }))
  chownSync(yard, stranger, stranger)
  const build = [
    'cd "$1" && mkdir up work at && mount -t overlay -o lowerdir=/etc,upperdir=up,workdir=work none at',
    'mkdir -p at/evil && mount -t tmpfs none at/evil && mkdir at/evil/.claude',
    'echo "ready $$"; exec sleep 60',
  ].join('\n')
  const { spawn } = await import('node:child_process')
  const neighbor = spawn('unshare', ['-Urm', 'sh', '-c', build, 'sh', yard], {
    uid: stranger,
    gid: stranger,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  t.teardown(() => neighbor.kill('SIGKILL'))
  const said = await new Promise<string>(resolve => {
    neighbor.stdout.once('data', data => resolve(String(data)))
    neighbor.once('close', () => resolve(''))
  })
  if (!said.startsWith('ready')) return t.comment('no user namespaces here')
  const inside = `/proc/${said.split(' ')[1]?.trim()}/root${yard}/at`
  for (const user of [0, 65_532])
    for (const way of [inside, `${inside}/evil/.claude`, `${inside}/hostname`])
      t.match(distrustOf(way, user), { path: '/proc' }, way)
})

t.test('in a user namespace root has another number', { skip: !isRoot }, async t => {
  const folder = realpathSync(t.testdir({ alice: {}, mallory: {} }))
  for (const [name, id] of Object.entries({ alice: 65_532, mallory: stranger }))
    chownSync(join(folder, name), id, id)
  const script = `
    const { distrustOf } = await import(${JSON.stringify(new URL('../../src/system/trusted-path.js', import.meta.url).href)})
    console.log(JSON.stringify(['/etc/hostname', '/usr/bin', ${JSON.stringify(`${folder}/mallory/x`)}].map(path => distrustOf(path, process.geteuid()))))`
  const { spawnSync } = await import('node:child_process')
  const run = spawnSync(
    'unshare',
    [
      '-U',
      '--map-user=65532',
      process.execPath,
      ...process.execArgv,
      '--input-type=module',
      '-e',
      script,
    ],
    { uid: 65_532, gid: 65_532, encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' } },
  )
  if (run.status !== 0) return t.comment('no user namespaces here', run.stderr)
  const [file, system, theirs] = JSON.parse(run.stdout)
  t.same([file, system], [null, null], 'the system’s files are still root’s')
  t.match(theirs, { why: /^belongs to user/ }, 'a stranger with the same number is no root')
})

t.test('no command closes a device that all programs need', async t => {
  for (const path of ['/dev/null', '/dev/zero']) {
    const found = distrustOf(path, uid)
    t.ok(found)
    t.equal(distrustHint(found ?? { path: '', why: '' }, uid), `ls -ld ${path}`)
  }
})
