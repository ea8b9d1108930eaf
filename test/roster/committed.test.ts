// The roster as it is committed: real repositories, in every way that a site has them.

import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { RosterFromConfig } from '../../src/config/admin.js'
import { committedRoster } from '../../src/roster/committed.js'
import { gitSite } from '../kit/git-site.js'
import { freePort } from '../kit/openbao-server.js'

const isRoot = process.geteuid?.() === 0
const first = 'users:\n  alice: {}\n'

const read = (
  folder: string,
  from: Partial<RosterFromConfig> & { repository: string },
  more = {},
) =>
  committedRoster(
    { ref: 'HEAD', file: 'ws/roster.yaml', ...from },
    {
      person: { uid: process.geteuid?.() ?? 0, user: 'who', home: folder },
      env: {},
      cacheFolder: join(folder, 'cache'),
      ...more,
    },
  )

t.test('a folder, with or without a working tree: what is committed, and why', async t => {
  const site = gitSite(t)
  site.commit({ 'ws/roster.yaml': first }, 'Alice comes\n\nShe starts on Monday.')
  site.commit({ 'other.txt': 'x' }, 'Something else')
  site.push()
  for (const from of [
    { repository: site.bare },
    { repository: site.bare, ref: 'master' },
    { repository: site.bare, ref: 'origin/master' },
    { repository: `file://${site.bare}` },
    { repository: site.clone },
    { repository: site.clone, ref: 'origin/master' },
  ])
    t.match(
      await read(site.folder, from),
      {
        kind: 'read',
        text: first,
        isEdited: false,
        commit: { subject: 'Alice comes', body: 'She starts on Monday.', sha: /^[0-9a-f]{40}$/ },
      },
      `${from.repository} ${from.ref}`,
    )
})

t.test('a repository that every user here may write says nothing; one of a group does', async t => {
  const site = gitSite(t)
  site.commit({ 'ws/roster.yaml': first }, 'Alice comes')
  site.push()
  const linked = join(site.folder, 'linked')
  site.git(['worktree', 'add', '-q', '-b', 'other', linked])
  site.git(['fetch', '-q', 'origin'])
  const { bare, clone } = site
  for (const [repository, open, ref = 'HEAD'] of [
    [bare, bare],
    [bare, join(bare, 'refs/heads')],
    [bare, join(bare, 'packed-refs')],
    [clone, clone],
    [clone, join(clone, '.git')],
    [linked, join(clone, '.git/refs')],
    [bare, join(bare, 'refs/heads/master')],
    [bare, join(bare, 'refs/heads/master'), 'origin/master'],
    [bare, join(bare, 'refs/tags'), 'master'],
    [clone, join(clone, '.git/refs/heads/master')],
    [clone, join(clone, '.git/refs/remotes/origin'), 'origin/master'],
    [clone, join(clone, '.git/refs/remotes/origin/master'), 'origin/master'],
    [linked, join(clone, '.git/refs/heads/other')],
  ] as const) {
    if (open.endsWith('packed-refs')) writeFileSync(open, '')
    const { mode } = statSync(open)
    chmodSync(open, mode | 0o020)
    t.match(await read(site.folder, { repository, ref }), { kind: 'read' }, `group: ${open} ${ref}`)
    chmodSync(open, mode | 0o002)
    t.match(
      await read(site.folder, { repository, ref }),
      {
        kind: 'unreadable',
        isAway: false,
        trouble: { cause: 'every user here could commit another roster', place: open },
      },
      `${open} ${ref}`,
    )
    chmodSync(open, mode)
  }
  const refs = join(bare, 'refs')
  renameSync(refs, join(site.folder, 'refs'))
  symlinkSync(join(site.folder, 'refs'), refs)
  t.match(await read(site.folder, { repository: bare, ref: 'HEAD' }), { kind: 'read' })
  chmodSync(refs, 0o777)
  t.match(
    await read(site.folder, { repository: bare, ref: 'HEAD' }),
    { kind: 'unreadable', trouble: { place: refs } },
    'behind a link',
  )
})

t.test('what is no file of the repository is named as what it is', async t => {
  const site = gitSite(t)
  site.commit({ 'ws/roster.yaml': first }, 'Alice comes')
  symlinkSync('roster.yaml', join(site.clone, 'ws/link.yaml'))
  symlinkSync('ws', join(site.clone, 'other'))
  const id = site.git(['rev-parse', 'HEAD']).trim()
  site.commit({ x: 'x' }, 'Links')
  site.git(['update-index', '--add', '--cacheinfo', `160000,${id},sub`])
  site.git(['commit', '-q', '-m', 'A submodule'])
  site.push()
  for (const [file, words] of [
    ['ws/link.yaml', 'ws/link.yaml is a link there'],
    ['other/roster.yaml', 'other is a link there'],
    ['sub/ws/roster.yaml', 'sub is a submodule'],
    ['ws', 'ws is a folder'],
    ['ws/none.yaml', 'has no file ws/none.yaml'],
  ] as const) {
    const read_ = await read(site.folder, { repository: site.bare, file })
    t.match(read_, { kind: 'unreadable', trouble: { cause: new RegExp(words) } }, file)
  }
})

t.test('what is not committed counts for nothing, and is told', async t => {
  const site = gitSite(t)
  site.commit({ 'ws/roster.yaml': first }, 'Alice comes')
  site.push()
  writeFileSync(join(site.clone, 'ws/roster.yaml'), 'users: {}\n')
  t.match(await read(site.folder, { repository: site.clone }), { text: first, isEdited: true })
  site.git(['add', '-A'])
  t.match(await read(site.folder, { repository: site.clone }), { text: first, isEdited: true })
  writeFileSync(join(site.clone, 'ws/roster.yaml'), first)
  t.match(await read(site.folder, { repository: site.clone }), { isEdited: true }, 'still staged')
  site.git(['reset', '-q', '--hard'])
  writeFileSync(join(site.clone, 'beside.txt'), 'x')
  t.match(await read(site.folder, { repository: site.clone }), { isEdited: false }, 'another file')
  rmSync(join(site.clone, 'ws/roster.yaml'))
  t.match(await read(site.folder, { repository: site.clone }), { text: first, isEdited: true })
})

t.test('what is not there is told with its place', async t => {
  const site = gitSite(t)
  site.commit({ 'ws/roster.yaml': first }, 'Alice comes')
  site.push()
  const causeOf = async (from: Partial<RosterFromConfig> & { repository: string }) => {
    const answer = await read(site.folder, from)
    return answer.kind === 'unreadable' ? answer.trouble.cause : answer.kind
  }
  t.equal(await causeOf({ repository: '/nowhere.git' }), 'there is no repository')
  t.equal(await causeOf({ repository: site.folder }), 'the repository has no ref HEAD')
  t.equal(await causeOf({ repository: site.bare, ref: 'gone' }), 'the repository has no ref gone')
  t.equal(await causeOf({ repository: site.bare, file: 'none.yaml' }), 'HEAD has no file none.yaml')
  t.equal(
    await causeOf({ repository: 'ssh://user:secret@127.0.0.1:1/x.git' }),
    'the repository of the roster gives no answer',
  )
  const answer = await read(site.folder, { repository: 'https://user:secret@127.0.0.1:1/x.git' })
  t.notMatch(JSON.stringify(answer), /secret/, 'no password of an address is told')
})

t.test(
  'an address is fetched, and one that is away is unreadable although its clone is there',
  async t => {
    const site = gitSite(t)
    site.commit({ 'ws/roster.yaml': first }, 'Alice comes')
    site.push()
    const stop = await daemon(t, site)
    t.match(await read(site.folder, { repository: stop.address }), { kind: 'read', text: first })
    site.commit({ 'ws/roster.yaml': `${first}  bob: {}\n` }, 'Bob comes')
    site.push()
    for (const ref of ['HEAD', 'master', 'origin/master'])
      t.match(
        await read(site.folder, { repository: stop.address, ref }),
        { kind: 'read', text: /bob/, commit: { subject: 'Bob comes' }, isEdited: false },
        ref,
      )
    await stop.end()
    t.match(await read(site.folder, { repository: stop.address }), { kind: 'unreadable' })
  },
)

t.test('a clone that git cannot fetch into is made anew', async t => {
  const site = gitSite(t)
  site.commit({ 'ws/roster.yaml': first }, 'Alice comes')
  site.push()
  const { address, end } = await daemon(t, site)
  const from = { repository: address, ref: 'master' }
  t.match(await read(site.folder, from), { text: first })
  const cache = join(site.folder, 'cache')
  const [name = ''] = readdirSync(cache)
  writeFileSync(join(cache, name, 'refs/remotes/origin/master.lock'), '')
  site.commit({ 'ws/roster.yaml': `${first}  bob: {}\n` }, 'Bob comes')
  site.push()
  t.match(await read(site.folder, from), { text: /bob/ }, 'a lock that a killed git left')
  writeFileSync(join(cache, name, 'config.lock'), '')
  writeFileSync(join(cache, name, 'HEAD'), '')
  t.match(await read(site.folder, from), { text: /bob/ }, 'no repository any more')
  t.same(readdirSync(cache), [name], 'nothing else stays')

  rmSync(site.bare, { recursive: true })
  const long = join(site.folder, 'long')
  const git = (...args: string[]) => {
    const ended = spawnSync('git', ['-c', 'user.name=Ada', '-c', 'user.email=a@b.c', ...args])
    t.equal(ended.status, 0, args.join(' '))
  }
  git('init', '-q', '--object-format=sha256', '-b', 'master', long)
  cpSync(join(site.clone, 'ws'), join(long, 'ws'), { recursive: true })
  git('-C', long, 'add', '-A')
  git('-C', long, 'commit', '-q', '-m', 'In SHA-256')
  git('clone', '-q', '--bare', long, site.bare)
  t.match(
    await read(site.folder, from),
    { text: /bob/, commit: { subject: 'In SHA-256', sha: /^[0-9a-f]{64}$/ } },
    'a repository of the other object format',
  )
  t.match(await read(site.folder, from), { text: /bob/ }, 'and again')
  writeFileSync(join(cache, name, 'refs/remotes/origin/master.lock'), '')
  await end()
  t.match(await read(site.folder, from), { kind: 'unreadable', isAway: true })
  t.same(readdirSync(cache), [name], 'the clone stays where the repository is away')
})

t.test('the environment and the configuration of the repository start nothing', async t => {
  const site = gitSite(t)
  site.commit({ 'ws/roster.yaml': first }, 'Alice comes')
  site.push()
  const trap = join(site.folder, 'trap')
  writeFileSync(trap, `#!/bin/sh\ntouch ${site.folder}/sprung\n`)
  chmodSync(trap, 0o755)
  for (const key of [
    'core.fsmonitor',
    'core.pager',
    'gpg.program',
    'core.sshCommand',
    'diff.external',
  ])
    site.git(['config', key, trap])
  site.git(['config', 'log.showSignature', 'true'])
  site.git(['config', 'core.hooksPath', site.folder])
  const env = { GIT_DIR: '/nowhere', GIT_PAGER: trap, GIT_EXTERNAL_DIFF: trap, PATH: site.folder }
  t.match(await read(site.folder, { repository: site.clone }, { env }), { text: first })
  t.equal(spawnSync('ls', [join(site.folder, 'sprung')]).status, 2)
})

t.test(
  'root reads the repository of another as its owner',
  { skip: !isRoot && 'not root' },
  async t => {
    // Below the folder for everybody: the owner must get to it.
    const folder = mkdtempSync(join(tmpdir(), 'claude-auth-owner-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    chmodSync(folder, 0o755)
    const site = gitSite(t, folder)
    site.commit({ 'ws/roster.yaml': first }, 'Alice comes')
    site.push()
    spawnSync('chown', ['-R', 'nobody:', site.bare])
    t.match(await read(folder, { repository: site.bare }), { kind: 'read', text: first })
    chownSync(site.bare, 54_321, 54_321)
    t.match(await read(folder, { repository: site.bare }), {
      trouble: { cause: /user 54321, who has no account here/ },
    })
    const open = join(folder, 'open')
    mkdirSync(open)
    chmodSync(open, 0o777)
    spawnSync('cp', ['-r', site.clone, join(open, 'repo')])
    t.match(await read(folder, { repository: join(open, 'repo') }), {
      trouble: { cause: /others could put another repository there/ },
    })
  },
)

/** git's own server, on a port of the loopback. */
async function daemon(t: Test, { bare, folder }: { bare: string; folder: string }) {
  const port = await freePort()
  const args = ['daemon', '--listen=127.0.0.1', `--port=${port}`, '--reuseaddr', '--export-all']
  const child = spawn('git', [...args, `--base-path=${folder}`, folder], {
    stdio: 'ignore',
    detached: true,
  })
  const address = `git://127.0.0.1:${port}${bare.slice(folder.length)}`
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise(resolve => child.once('exit', resolve))
    process.kill(-(child.pid as number), 'SIGKILL')
    await gone
  }
  t.teardown(end)
  const until = Date.now() + 10_000
  while (spawnSync('git', ['ls-remote', address]).status !== 0) {
    if (Date.now() > until) throw new Error('git daemon does not answer')
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  return { address, end }
}
