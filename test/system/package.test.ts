// What is released, installed on bare machines: the npm package into an empty prefix, .deb, .rpm and .tar.gz where no Node is.

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { cannotRun } from '../kit/cannot-run.js'
import { noOwnMachine, type OwnMachine, ownMachine } from '../kit/own-machine.js'
import { run } from '../kit/run.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { writeRpm } = await import(join(root, 'scripts/write-rpm.mjs'))
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const released = join(t.testdir({ released: {} }), 'released')
execFileSync(process.execPath, [join(root, 'scripts/package.mjs'), released], {
  stdio: ['ignore', 'ignore', 'inherit'],
})
const artifact = (end: RegExp) => {
  const [name, ...others] = readdirSync(released).filter(each => end.test(each))
  if (name === undefined || others.length > 0) throw new Error(`not one artifact: ${end}`)
  return join(released, name)
}
const debArchitecture = process.arch === 'arm64' ? 'arm64' : 'amd64'
const rpmArchitecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64'

/** All that an installation for the machine makes, besides what the package itself holds. */
const traces = [
  '/etc/claude-code',
  '/etc/claude-auth',
  '/usr/local/lib/claude-auth',
  '/usr/lib/claude-auth',
  '/usr/bin/claude-auth',
  '/usr/local/bin/claude',
  '/var/lib/claude-auth',
]

/** Without any Node, and with a user. */
async function bareMachine(t: Test): Promise<OwnMachine> {
  const machine = await ownMachine(t)
  await machine.sh('rm -f /usr/bin/node /usr/bin/nodejs /usr/local/bin/node /usr/local/sbin/node')
  await machine.sh('! command -v node')
  await machine.addUser('carol')
  return machine
}

const homesOf = (machine: OwnMachine) =>
  machine.sh('cd /home && find . -printf "%p %m %s %l\\n" | sort')

t.test('the npm package installs from nothing but itself, and works', async t => {
  const folder = t.testdir({ prefix: {}, home: {} })
  const prefix = join(folder, 'prefix')
  const words = ['install', '-g', '--offline', '--silent', '--ignore-scripts', '--no-audit']
  execFileSync('npm', [...words, '--prefix', prefix, artifact(/\.tgz$/)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  t.same(readdirSync(join(prefix, 'lib/node_modules')), ['claude-auth'])
  t.notOk(existsSync(join(prefix, 'lib/node_modules/claude-auth/node_modules')))
  t.notOk(existsSync(join(prefix, 'bin/claude')), "that name is the client's")
  const env = { PATH: `${join(prefix, 'bin')}:/usr/bin:/bin`, HOME: join(folder, 'home') }
  const told = await run(join(prefix, 'bin/claude-auth'), ['--version'], { cwd: '/', env })
  t.match(told, { code: 0, stdout: `${version}\n`, stderr: '' })
  const wrapped = await run(join(prefix, 'bin/claude-wrap'), ['/bin/echo', '--version'], {
    cwd: '/',
    env,
  })
  t.match(wrapped, { code: 0, stdout: /echo/ })
  const installed = await run(join(prefix, 'bin/claude-auth'), ['install', '--json'], {
    cwd: '/',
    env,
  })
  t.match(JSON.parse(installed.stdout), { changed: true })
  t.ok(existsSync(join(folder, 'home/.local/lib/claude-auth/current/bin/claude')))
})

t.test('what npm itself would pack holds the same files', async t => {
  const folder = t.testdir({ pack: {} })
  const words = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]
  execFileSync('npm', words, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  const list = (file: string) =>
    execFileSync('tar', ['-tzf', file], { encoding: 'utf8' }).trim().split('\n').sort()
  const [packed = ''] = readdirSync(folder).filter(name => name.endsWith('.tgz'))
  t.same(list(artifact(/\.tgz$/)), list(join(folder, packed)))
})

t.test(
  'every artifact brings its Node, its licence and its place in the bill of materials',
  async t => {
    for (const [architecture, machineCode] of [
      ['amd64', 62],
      ['arm64', 183],
    ] as const) {
      const folder = t.testdir({})
      const archive = artifact(new RegExp(`-linux-${architecture}\\.tar\\.gz$`))
      execFileSync('tar', ['-xzf', archive, '-C', folder, '--strip-components=1'])
      const node = readFileSync(join(folder, 'node'))
      t.same([node.subarray(0, 4).toString('latin1'), node[18]], ['\x7fELF', machineCode])
      t.match(
        readFileSync(join(folder, 'node-licence.txt'), 'utf8'),
        /Copyright Node\.js contributors/,
      )
      const { components } = JSON.parse(readFileSync(join(folder, 'sbom.json'), 'utf8'))
      t.ok(components.some(({ name }: { name: string }) => name.startsWith('node-linux-')))
      t.match(
        readFileSync(join(folder, 'docs/licences.md'), 'utf8'),
        `| ${architecture} | node-linux-`,
      )
    }
    t.notOk(existsSync(join(root, 'node')))
  },
)

t.test('the .deb', { skip: noOwnMachine }, async t => {
  const file = artifact(new RegExp(`_${debArchitecture}\\.deb$`))
  const field = (name: string) =>
    execFileSync('dpkg-deb', ['-f', file, name], { encoding: 'utf8' }).trim()
  t.notMatch(field('Depends'), /node/)
  t.ok(Number(field('Installed-Size')) > 50_000)
  const machine = await bareMachine(t)
  const before = await homesOf(machine)

  await t.test('installs for the machine without a Node, and touches no home', async t => {
    const installed = await machine.run('dpkg', ['--force-depends', '-i', await olderOf(t, file)])
    t.equal(installed.code, 0, `${installed.stdout}${installed.stderr}`)
    t.notMatch(installed.stderr, /claude-auth:/)
    t.match(installed.stdout, /^Undo: sudo \S+ \S+ claude-auth$/m)
    t.equal(await homesOf(machine), before)
    await machine.sh('test -e /etc/claude-code/managed-settings.d/claude-auth.json')
    const told = await machine.as('carol', '/usr/local/bin/claude-auth', ['status', '--json'])
    t.match(JSON.parse(told.stdout), { verdict: 'sign-in' })
    t.equal(await machine.sh('dpkg -V claude-auth'), '')
  })

  await t.test('an upgrade moves to the new version, and a second run changes nothing', async t => {
    const upgraded = await machine.run('dpkg', ['--force-depends', '-i', file])
    t.equal(upgraded.code, 0, `${upgraded.stdout}${upgraded.stderr}`)
    t.equal(await machine.sh('/usr/local/bin/claude-auth --version'), `${version}\n`)
    const again = await machine.sh('claude-auth install --system --yes --json')
    t.match(JSON.parse(again), { changed: false })
    // The program in use has a Node of its own, which takes no room beside the package's.
    const inode = (path: string) => machine.sh(`stat -c %i ${path}`)
    t.equal(
      await inode('/usr/local/lib/claude-auth/current/node'),
      await inode('/usr/lib/claude-auth/node'),
    )
  })

  await t.test('removal takes everything back', async t => {
    const removed = await machine.run('dpkg', ['--force-depends', '-r', 'claude-auth'])
    t.equal(removed.code, 0, `${removed.stdout}${removed.stderr}`)
    t.match(
      removed.stdout,
      new RegExp(`^Undo: sudo \\S+ \\S+ \\./claude-auth_${version}_\\w+\\.deb$`, 'm'),
    )
    t.equal(await homesOf(machine), before)
    for (const path of traces) await machine.sh(`! test -e ${path}`)
    const purged = await machine.run('dpkg', ['--purge', 'claude-auth'])
    t.equal(purged.code, 0, purged.stderr)
    t.not((await machine.run('dpkg-query', ['-W', 'claude-auth'])).code, 0)
  })
})

t.test('the .deb is removed whatever a user left behind', { skip: noOwnMachine }, async t => {
  const file = artifact(new RegExp(`_${debArchitecture}\\.deb$`))
  const machine = await bareMachine(t)
  t.equal((await machine.run('dpkg', ['--force-depends', '-i', file])).code, 0)
  // A login in sole custody, and a sealed copy that no key opens.
  const expiresAt = Date.now() + 3 * 3_600_000
  const login = { accessToken: 'a', refreshToken: null, expiresAt, scopes: ['user:inference'] }
  const nobody = 'http://127.0.0.1:9'
  await machine.sh(
    `echo 'endpoints: {oauth: "${nobody}", api: "${nobody}"}' >>/etc/claude-auth/config.yaml`,
  )
  const text = JSON.stringify({ claudeAiOauth: login })
  await machine.sh('mkdir -p -m 700 /home/carol/.claude')
  await machine.write('/home/carol/.claude/.credentials.json', text, 0o600)
  await machine.sh('mkdir -p /home/carol/.local/share/claude-auth')
  await machine.write('/home/carol/.local/share/claude-auth/default.jwe', 'a.b.c.d.e', 0o600)
  await machine.sh('chown -R carol: /home/carol && chmod 700 /home/carol/.local/share/claude-auth')
  const removed = await machine.run('dpkg', ['-r', 'claude-auth'])
  t.equal(removed.code, 0, removed.stderr)
  t.match(removed.stderr, 'not handed back: the login of carol')
  const { stdout } = await machine.run('dpkg-query', ['-s', 'claude-auth'])
  t.notMatch(stdout, /^Status: .* installed$/m)
  const later = '/usr/local/lib/claude-auth/current/bin/claude-auth'
  t.match(removed.stderr, `${later} uninstall --system`)
  const done = await machine.run(later, ['uninstall', '--system', '--leave-logins'])
  t.equal(done.code, 0, done.stderr)
  await machine.sh('! test -e /usr/local/lib/claude-auth')
  t.equal(
    await machine.sh('stat -c "%U %a" /home/carol/.local/share/claude-auth/default.jwe'),
    'carol 600\n',
  )
})

const noRpm = cannotRun('rpm', '--version')

t.test('the .rpm', { skip: noRpm || noOwnMachine }, async t => {
  const file = artifact(new RegExp(`\\.${rpmArchitecture}\\.rpm$`))
  t.match(execFileSync('rpm', ['-K', file], { encoding: 'utf8' }), /: digests OK\n$/)
  const told = (...words: string[]) =>
    execFileSync('rpm', ['-qp', ...words, file], { encoding: 'utf8' })
  t.notMatch(told('--requires'), /node/)
  t.match(told('--qf', '%{NAME} %{VERSION} %{ARCH}'), `claude-auth ${version} ${rpmArchitecture}`)
  const machine = await bareMachine(t)
  const before = await homesOf(machine)
  // A database of its own, in which the system's packages are unknown.
  const rpm = (...words: string[]) =>
    machine.run('rpm', ['--dbpath', '/var/lib/rpm-of-test', '--nodeps', ...words])
  // An older version, which had a file that is no more: an upgrade erases it last.
  t.equal((await rpm('-i', await olderRpmOf(t))).code, 0)
  const gone = '/claude-auth/dist/gone.cjs'
  await machine.sh(`test -e /usr/lib${gone}`)
  const installed = await rpm('-U', file)
  t.equal(installed.code, 0, `${installed.stdout}${installed.stderr}`)
  await machine.sh('diff -r /usr/lib/claude-auth/dist /usr/local/lib/claude-auth/current/dist')
  await machine.sh(`! test -e /usr/lib${gone}`)
  t.equal(await homesOf(machine), before)
  t.equal(await machine.sh('/usr/local/bin/claude-auth --version'), `${version}\n`)
  t.equal((await rpm('-V', 'claude-auth')).stdout, '')
  const again = await rpm('-U', '--replacepkgs', file)
  t.equal(again.code, 0, again.stderr)
  t.equal(await machine.sh('/usr/local/bin/claude-auth --version'), `${version}\n`)
  const removed = await rpm('-e', 'claude-auth')
  t.equal(removed.code, 0, removed.stderr)
  for (const path of traces) await machine.sh(`! test -e ${path}`)
  t.equal(await homesOf(machine), before)
})

t.test(
  'the .tar.gz: install.sh needs no Node, and what was unpacked may go',
  { skip: noOwnMachine },
  async t => {
    const file = artifact(new RegExp(`-linux-${debArchitecture}\\.tar\\.gz$`))
    const machine = await bareMachine(t)
    await machine.sh(`cp ${file} /opt/claude-auth.tar.gz`)
    const unpack = `mkdir unpacked && tar -xzf /opt/claude-auth.tar.gz -C unpacked --strip-components=1`
    await machine.as('carol', 'sh', ['-c', unpack])
    const own = await machine.as('carol', 'sh', [
      '-c',
      './unpacked/install.sh; code=$?; rm -r unpacked; exit $code',
    ])
    // 4: installed, and the server is not reached from here.
    t.ok([0, 4].includes(own.code ?? -1), own.stderr)
    const status = await machine.as('carol', '/home/carol/.local/bin/claude-auth', [
      'status',
      '--json',
    ])
    t.match(JSON.parse(status.stdout), { verdict: 'sign-in' })
    t.equal(
      (await machine.as('carol', '/home/carol/.local/bin/claude-auth', ['uninstall'])).code,
      0,
    )
    t.notOk(/\.local\/lib\/claude-auth/.test(await homesOf(machine)))

    // For all, from a folder that is somebody else's.
    await machine.as('carol', 'sh', ['-c', unpack])
    await machine.sh('/home/carol/unpacked/install.sh --system && rm -r /home/carol/unpacked')
    t.equal(await machine.sh('/usr/local/bin/claude-auth --version'), `${version}\n`)
    t.equal(
      await machine.sh('stat -Lc "%U %a" /usr/local/lib/claude-auth/current/node'),
      'root 755\n',
    )
    const told = await machine.as('carol', '/usr/local/bin/claude-auth', ['status', '--json'])
    t.match(JSON.parse(told.stdout), { verdict: 'sign-in' })

    await machine.sh('mkdir /opt/odd && tar -xzf /opt/claude-auth.tar.gz -C /opt/odd')
    await machine.sh('printf "#!/bin/false\\n" >"$(echo /opt/odd/*/node)"')
    const refused = await machine.run('/bin/sh', ['-c', '/opt/odd/*/install.sh'])
    t.match(refused, { code: 126, stdout: '', stderr: /^claude-auth: .* does not start here.*\n$/ })
  },
)

t.test('the same commit gives the same bytes, wherever, whenever and by whoever', async t => {
  const folder = t.testdir({ a: {}, 'another place': { deeper: {} } })
  const sources = execFileSync('git', ['ls-files', '-z', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  const made = (['a', 'another place/deeper'] as const).map((name, at) => {
    const copy = join(folder, name)
    const list = sources.split('\0').filter(path => path !== '' && existsSync(join(root, path)))
    execFileSync('cp', ['-R', '--parents', '--preserve=mode', ...list, copy], { cwd: root })
    execFileSync('cp', ['-al', join(root, 'node_modules'), copy])
    mkdirSync(join(copy, '.cache'))
    execFileSync('ln', ['-s', join(root, '.cache/peers'), join(copy, '.cache/peers')])
    const umask = at === 0 ? '022' : '077'
    // Modes as git leaves them where that mask holds.
    if (at === 1)
      execFileSync('chmod', ['-R', 'go=', ...new Set(list.map(each => each.split('/')[0] ?? ''))], {
        cwd: copy,
      })
    const env = {
      ...process.env,
      SOURCE_DATE_EPOCH: '1700000000',
      TZ: at === 0 ? 'UTC' : 'Asia/Tokyo',
    }
    execFileSync('sh', ['-c', `umask ${umask} && npm run --silent package -- out`], {
      cwd: copy,
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    return join(copy, 'out')
  })
  const hashes = made.map(out =>
    execFileSync('sh', ['-c', 'sha256sum *'], { cwd: out, encoding: 'utf8' }),
  )
  t.equal(hashes[0]?.split('\n').length, 8)
  t.equal(hashes[1], hashes[0])
  const listed = execFileSync(
    'sh',
    ['-c', 'TZ=UTC tar --full-time -tvzf *amd64.tar.gz | head -n 1'],
    {
      cwd: made[0],
      encoding: 'utf8',
    },
  )
  t.match(listed, /root\/root .* 2023-11-14 22:13:20/)
})

t.test('npm installs it without a word of warning, and runs no script of it', async t => {
  const folder = t.testdir({ home: {} })
  const words = ['install', '-g', '--offline', '--prefix', folder, artifact(/\.tgz$/)]
  const { status, stdout, stderr } = spawnSync('npm', words, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: join(folder, 'home') },
  })
  t.equal(status, 0, stderr)
  t.notMatch(`${stdout}${stderr}`, /warn/i)
  const { scripts } = JSON.parse(
    readFileSync(join(folder, 'lib/node_modules/claude-auth/package.json'), 'utf8'),
  )
  t.equal(scripts, undefined)
})

t.test('times are those of the commit', async t => {
  const time = execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' })
  const date = new Date(Number(time) * 1000).toISOString().replace('T', ' ').slice(0, 16)
  const listed = execFileSync('tar', ['-tvzf', artifact(/\.tgz$/)], {
    encoding: 'utf8',
    env: { ...process.env, TZ: 'UTC' },
  })
  for (const line of listed.trim().split('\n')) t.match(line, date)
})

/** The same package under an older version. */
/** The path of an .rpm with one file that the present version has not. */
async function olderRpmOf(t: Test): Promise<string> {
  const bytes = Buffer.from('older')
  const older = await writeRpm({
    name: 'claude-auth',
    version: '0.0.1',
    release: '1',
    architecture: rpmArchitecture,
    summary: 'older',
    description: 'older',
    license: 'MIT',
    requires: [],
    scripts: { posttrans: 'exit 0\n', preun: 'exit 0\n' },
    files: [{ path: 'usr/lib/claude-auth/dist/gone.cjs', mode: 0o644, bytes }],
    ownsFolder: (path: string) => path.startsWith('usr/lib/claude-auth'),
    timeS: 0,
  })
  const path = join(t.testdir({}), 'older.rpm')
  writeFileSync(path, older)
  return path
}

async function olderOf(t: Test, file: string): Promise<string> {
  const folder = t.testdir({})
  const tree = join(folder, 'tree')
  execFileSync('dpkg-deb', ['-R', file, tree])
  execFileSync('sed', ['-i', 's/^Version: .*/Version: 0.0.1/', join(tree, 'DEBIAN/control')])
  const manifest = join(tree, 'usr/lib/claude-auth/package.json')
  execFileSync('sed', ['-i', 's/"version": "[^"]*"/"version": "0.0.1"/', manifest])
  execFileSync('sh', [
    '-c',
    'cd "$1" && find usr -type f -exec md5sum {} + >DEBIAN/md5sums',
    'sh',
    tree,
  ])
  const older = join(folder, 'older.deb')
  execFileSync('dpkg-deb', ['-Znone', '--root-owner-group', '-b', tree, older], { stdio: 'ignore' })
  return older
}
