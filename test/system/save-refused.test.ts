// A granted answer that can't be installed the usual way: mounts, descriptors, failing disks. No spent token is left to a client.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { faults } from '../../src/demo/faults.js'
import { attributes, chattr } from '../kit/attributes.js'
import { cannotTrace } from '../kit/kill-points.js'
import { realClient, realClients } from '../kit/real-clients.js'
import { custodies, type Wrapped, wrapped } from '../kit/wrapped.js'

const asRoot = { skip: process.geteuid?.() === 0 ? false : 'only root can mount' }
const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))
const newest = realClient('new')
/** Says which refresh token it was started on. */
const client = `#!/bin/sh
grep -o '"refreshToken": *[^,}]*' "$HOME/.claude/.credentials.json" >>"$HOME/started-on"
echo Hello.
`

/** Makes the login file a mount point until the test ends. */
function mountFile(t: Test, { home }: Wrapped): void {
  const real = join(home.path, 'mounted.json')
  writeFileSync(real, readFileSync(home.paths.loginFile), { mode: 0o600 })
  t.equal(spawnSync('mount', ['--bind', real, home.paths.loginFile]).status, 0)
  t.teardown(() => spawnSync('umount', ['-l', home.paths.loginFile]))
}

function startedOn({ home }: Wrapped): string {
  try {
    return readFileSync(join(home.path, 'started-on'), 'utf8')
  } catch {
    return ''
  }
}

for (const custody of custodies)
  t.test(`${custody}: a login file that is a mount point is written over`, asRoot, async t => {
    const box = await wrapped(t, { login: 'expired', client, config: { custody } })
    const before = box.login()?.refreshToken ?? ''
    const siblings = { mcpOAuth: { theirs: 1 } }
    writeFileSync(
      box.home.paths.loginFile,
      JSON.stringify({ ...siblings, claudeAiOauth: box.login() }),
    )
    mountFile(t, box)
    const { ino } = statSync(box.home.paths.loginFile)
    t.match(await box.launch(['-p', 'hi']), { code: 0, stdout: 'Hello.\n', stderr: '' })
    await box.settle()
    t.equal(statSync(box.home.paths.loginFile).ino, ino)
    t.match(JSON.parse(readFileSync(box.home.paths.loginFile, 'utf8')), siblings)
    t.ok(box.authority.accepts(box.login()?.accessToken ?? ''))
    t.notMatch(startedOn(box), before)
    t.match((await box.ensure(['--force'])).outcome, { verdict: 'ok' })
    t.equal(box.authority.counts().reuses, 0)
  })

for (const real of realClients())
  t.test(
    `a mounted login file: client ${real.version} alone, and with us`,
    {
      skip: real.skip || asRoot.skip,
    },
    async t => {
      for (const [name, launch] of [
        ['alone', (box: Wrapped) => box.run('claude', ['-p', 'hi'])],
        ['with us', (box: Wrapped) => box.launch(['-p', 'hi'])],
      ] as const) {
        const box = await wrapped(t, { login: 'expired', client: real.path, via: 'proxy' })
        mountFile(t, box)
        t.match(await launch(box), { code: 0, stdout: 'Hello.\n' }, name)
        await box.settle()
        t.ok(box.authority.accepts(box.login()?.accessToken ?? ''), name)
        t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 }, name)
      }
    },
  )

/** How a login file can be fixed in its place while its folder is as ever; the answer undoes it. */
const fixings: Record<string, (t: Test, box: Wrapped) => () => void> = {
  'is immutable': (t, { home }) => chattr(t, '+i', home.paths.loginFile),
  'is append-only': (t, { home }) => chattr(t, '+a', home.paths.loginFile),
  'is a mount point that is read-only': (t, box) => {
    mountFile(t, box)
    const { loginFile } = box.home.paths
    t.equal(spawnSync('mount', ['-o', 'remount,bind,ro', loginFile]).status, 0)
    return () => spawnSync('mount', ['-o', 'remount,bind,rw', loginFile])
  },
}

for (const [name, fix] of Object.entries(fixings))
  t.test(
    `a login file that ${name}: the client alone loses the login, with us nothing is posted`,
    { skip: newest.skip || attributes.skip || asRoot.skip },
    async t => {
      const alone = await wrapped(t, { login: 'expired', client: newest.path, via: 'proxy' })
      const free = fix(t, alone)
      t.match(await alone.run('claude', ['-p', 'hi']), { code: 1 })
      free()
      t.equal(alone.authority.counts().rotations, 1)
      t.not(alone.authority.counts().reuses, 0)

      for (const custody of custodies) {
        const box = await wrapped(t, {
          login: 'valid',
          client: newest.path,
          via: 'proxy',
          config: { custody },
        })
        await box.ensure()
        const login = box.login()
        box.authority.expireAccess(login?.accessToken ?? '')
        box.writeLogin({ ...(login as object), expiresAt: Date.now() - 60_000 } as never)
        const release = fix(t, box)
        const { code, stderr } = await box.launch(['-p', 'hi'])
        await box.settle()
        t.equal(code, 1)
        t.match(stderr, /could not write .*Type: (lsattr -d|findmnt -T) /)
        // Where the file has no refresh token the client may start: it can spend none.
        if (custody === 'shared') t.match(stderr, /Claude was not started/)
        else t.notMatch(stderr, /not started/)
        t.equal(box.authority.counts().tokenRequests, 0, custody)
        const status = await box.command(['status'])
        t.notMatch(status.stdout, /renews by itself|is renewed at the next launch/)
        release()
        t.match(await box.launch(['-p', 'hi']), { code: 0, stdout: 'Hello.\n', stderr: '' })
        await box.settle()
        t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 }, custody)
      }
    },
  )

t.test('a login file that is fixed, and still good: the launch goes on', attributes, async t => {
  const box = await wrapped(t, { login: 'past-half', client, config: { custody: 'shared' } })
  const free = chattr(t, '+i', box.home.paths.loginFile)
  t.match(await box.launch(['-p', 'hi']), { code: 0, stdout: 'Hello.\n' })
  await box.settle()
  t.equal(box.authority.counts().tokenRequests, 0)
  free()
})

for (const custody of custodies)
  t.test(`${custody}: too few descriptors: nothing is posted, or it is saved`, async t => {
    for (let most = 20; most <= 44; most += 3) {
      const box = await wrapped(t, { login: 'expired', client, config: { custody } })
      const before = box.login()?.refreshToken ?? ''
      await box.run('prlimit', [`--nofile=${most}:${most}`, box.wrapper, '-p', 'hi'])
      await box.settle()
      const { tokenRequests, rotations } = box.authority.counts()
      const isSaved = box.authority.accepts(box.login()?.accessToken ?? '') !== null
      t.ok(rotations === 0 || isSaved, `${most} descriptors: ${tokenRequests} requests`)
      if (rotations > 0) t.notMatch(startedOn(box), before, `${most} descriptors`)
      await sleep(1100)
      t.match((await box.ensure(['--force'])).outcome, { verdict: 'ok' }, `then, after ${most}`)
      t.equal(box.authority.counts().reuses, 0, `${most} descriptors`)
    }
  })

const failing = {
  'a rename of the login file that fails': ['rename:error=EIO', '.claude/.credentials.json'],
  'every sync of it fails': ['fsync:error=EIO', '.claude/.credentials.json'],
} as const

for (const custody of custodies)
  for (const [name, [fault, path]] of Object.entries(failing))
    t.test(`${custody}: ${name}`, { skip: cannotTrace }, async t => {
      const box = await wrapped(t, { login: 'expired', client, config: { custody } })
      const before = box.login()?.refreshToken ?? ''
      const call = fault.split(':')[0]
      const words = ['-f', '-qq', '-o', '/dev/null', '-P', join(box.home.path, path)]
      await box.run('strace', [
        ...words,
        '-e',
        `trace=${call}`,
        '-e',
        `inject=${fault}`,
        'node',
        program,
        'ensure',
      ])
      t.equal(box.authority.counts().rotations, 1)
      await box.launch(['-p', 'hi'])
      await box.settle()
      t.notMatch(startedOn(box), before)
      t.ok(box.authority.accepts(box.login()?.accessToken ?? ''))
      t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
    })

t.test(
  'a mount that turns read-only meanwhile: no client is started on the spent token',
  asRoot,
  async t => {
    for (const store of ['none', 'local']) {
      const renewal = { launchWait: '4s' }
      const config = { custody: 'shared', store, renewal }
      const box = await wrapped(t, { login: 'expired', client, config })
      const { loginFile } = box.home.paths
      const before = box.login()?.refreshToken ?? ''
      mountFile(t, box)
      const remount = (how: string) =>
        t.equal(spawnSync('mount', ['-o', `remount,bind,${how}`, loginFile]).status, 0, how)
      box.authority.fail('token', faults.late(1500))
      const launched = box.launch(['-p', 'hi'])
      while (box.authority.counts().tokenRequests === 0) await sleep(20)
      remount('ro')
      const { code, stderr, stdout } = await launched
      await box.settle()
      t.equal(box.authority.counts().rotations, 1)
      t.same({ code, stdout }, { code: 1, stdout: '' }, stderr)
      t.match(stderr, /could not be saved.* Type: findmnt -T .*not started/s)
      const again = await box.launch(['-p', 'hi'])
      t.same({ code: again.code, stdout: again.stdout }, { code: 1, stdout: '' }, again.stderr)
      t.notMatch(startedOn(box), before)
      remount('rw')
      t.match(await box.launch(['-p', 'hi']), { code: 0, stdout: 'Hello.\n', stderr: '' })
      await box.settle()
      t.notMatch(startedOn(box), before)
      t.ok(box.authority.accepts(box.login()?.accessToken ?? ''))
      t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
    }
  },
)

/** Locks that a client would wait for, in the login folder and beside it. */
const locksOf = ({ home }: Wrapped) =>
  [home.paths.folder, home.path].flatMap(folder =>
    readdirSync(folder).filter(name => /\.lock$/.test(name)),
  )

// `ulimit -f`: a write beyond it gives a signal that ends most programs.
for (const custody of custodies)
  for (const limit of [0, 8])
    t.test(`${custody}: files may hold ${limit} blocks`, { timeout: 120_000 }, async t => {
      const box = await wrapped(t, {
        login: 'expired',
        client: '#!/bin/sh\necho Hello.\n',
        config: { custody },
      })
      const engine = ['ensure', '--for', 'launch'].join(' ')
      const programs = { engine: `node '${program}' ${engine}`, launch: `'${box.wrapper}' x` }
      for (const [name, line] of Object.entries(programs)) {
        const { code, signal, stdout, stderr } = await box.run('sh', [
          '-c',
          `ulimit -f ${limit}; ${line}; exit $?`,
        ])
        await box.settle()
        t.same({ signal, locks: locksOf(box) }, { signal: null, locks: [] }, `${name}: ${stderr}`)
        t.match(stdout, name === 'launch' ? /^Hello\.$/m : /^launch$/m, `${name}: ${code}`)
        t.match(stdout + stderr, /could not write /, `${name} says what is in the way`)
        t.notMatch(stderr, /size limit exceeded|gave no answer/i)
      }
      t.same(box.tokenRequests().ours, [], 'nothing was posted whose answer could not be kept')
      t.match((await box.ensure(['--force'])).outcome, { verdict: 'ok' })
    })
