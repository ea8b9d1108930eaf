// A machine that is really fresh: builds a bare Debian root, boots it with systemd where the kernel allows, and does by itself
// what a new user and a new admin do there. Root only. usage: node scripts/fresh.mjs [NAME…]   (steps; all, if none is named)

import './needs-node.cjs'
import { spawn, spawnSync } from 'node:child_process'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const cache = join(root, '.cache', 'fresh')
const log = join(cache, 'log.txt')
/** Debian 12 as it is installed last: nothing but what is essential, systemd, and what the README names. */
const packages = 'ca-certificates,dbus,dbus-user-session,libpam-systemd,python3-pip,systemd-sysv'

/** The bare machine has no git to ask. */
const commitTimeS = spawnSync('git', ['-C', root, 'log', '-1', '--format=%ct'], {
  encoding: 'utf8',
}).stdout.trim()

function say(line) {
  process.stdout.write(`${line}\n`)
}

/** A program of this machine; its output goes to the log. Throws with its last words. */
function here(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...options,
  })
  appendFileSync(log, `\n$ ${command} ${args.join(' ')}\n${stdout ?? ''}${stderr ?? ''}`)
  if (status === 0) return stdout
  const words = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').slice(-12).join('\n')
  throw new Error(`${command}: ${error?.message ?? status ?? 'ended by a signal'}\n${words}`)
}

const isOnPath = command =>
  (process.env.PATH ?? '').split(':').some(folder => existsSync(join(folder, command)))

/** The root as debootstrap leaves it; kept for the next time. */
function baseRoot() {
  const base = join(cache, 'base')
  if (existsSync(base)) return base
  if (!isOnPath('debootstrap')) {
    here('apt-get', ['update', '-qq'])
    here('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'debootstrap'])
  }
  const half = mkdtempSync(join(cache, 'half-'))
  try {
    say('building a bare root')
    here('debootstrap', ['--variant=minbase', `--include=${packages}`, 'bookworm', half])
    renameSync(half, base)
  } finally {
    rmSync(half, { recursive: true, force: true })
  }
  return base
}

/** systemd-nspawn with its libraries, unpacked and not installed: this machine stays as it is. */
function nspawn() {
  const folder = join(cache, 'nspawn')
  const program = join(folder, 'usr/bin/systemd-nspawn')
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true })
    const names = ['systemd-container', 'libsystemd-shared', 'libsystemd0']
    here('apt-get', ['download', '-qq', ...names], { cwd: folder })
    here('sh', ['-c', 'for each in *.deb; do dpkg-deb -x "$each" . && rm "$each"; done'], {
      cwd: folder,
    })
  }
  const libraries = ['usr/lib/x86_64-linux-gnu/systemd', 'usr/lib/x86_64-linux-gnu']
  const path = libraries.map(each => join(folder, each)).join(':')
  return { program, env: { ...process.env, LD_LIBRARY_PATH: path } }
}

/** What a person has put there by hand: a newer Node with npm, and how this site reaches the registries. */
function furnish(machine) {
  const [node] = JSON.parse(
    here(process.execPath, [join(root, 'scripts/peers.mjs'), '--json', 'node22']),
  )
  if (node.skip) throw new Error(node.skip)
  const local = join(machine, 'usr/local')
  cpSync(node.path, join(local, 'bin/node'))
  const npm = dirname(dirname(realpathSync(here('sh', ['-c', 'command -v npm']).trim())))
  cpSync(npm, join(local, 'lib/node_modules/npm'), { recursive: true, dereference: true })
  for (const name of ['npm', 'npx'])
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, join(local, 'bin', name))
  for (const path of [
    '/etc/resolv.conf',
    '/etc/npmrc',
    '/etc/pip.conf',
    '/etc/ssl/certs/ca-certificates.crt',
  ])
    if (existsSync(path)) cpSync(realpathSync(path), join(machine, path))
  cpSync('/etc/npmrc', join(local, 'etc/npmrc'), { force: true, errorOnExist: false })
  here('git', ['clone', '-q', `file://${root}`, join(machine, 'root/claude-auth')])
}

/** Starts its first process. `isBooted`: systemd runs there. */
async function start(machine) {
  const { program, env } = nspawn()
  const booted = spawn(
    program,
    ['-q', '-D', machine, '--register=no', '--keep-unit', '--resolv-conf=off', '--boot'],
    { env, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  for (const stream of [booted.stdout, booted.stderr])
    stream.on('data', text => appendFileSync(log, text))
  for (let turn = 0; turn < 240 && booted.exitCode === null; turn += 1) {
    const init = childOf(booted.pid)
    const state = init === null ? '' : enter(init, 'systemctl is-system-running').text
    if (/^(running|degraded)/.test(state)) return { child: booted, init, isBooted: true }
    await sleep(500)
  }
  booted.kill('SIGKILL')
  say('systemd does not boot here: the rest runs in a chroot, without timers')
  const words = ['--mount', '--pid', '--uts', '--fork', '--kill-child', '--propagation', 'private']
  const begin =
    'mount -t proc proc "$0/proc"; mount --bind /dev "$0/dev"; ' +
    'exec chroot "$0" sh -c "while :; do sleep 1; done"'
  const child = spawn('unshare', [...words, 'sh', '-c', begin, machine], { stdio: 'ignore' })
  await sleep(1000)
  return { child, init: childOf(child.pid), isBooted: false }
}

/** The first child of a process; null while there is none. */
function childOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
    return text === '' ? null : Number(text.split(' ')[0])
  } catch {
    return null
  }
}

/** Runs a line of a shell in there, as root at a login. */
function enter(init, line, timeoutMs = 60_000) {
  const words = ['-t', String(init), '-m', '-p', '-u', '-i', '-r', 'env', '-i']
  const env = [
    'HOME=/root',
    'USER=root',
    'TERM=dumb',
    `PATH=${adminPath}`,
    `SOURCE_DATE_EPOCH=${commitTimeS}`,
  ]
  const { status, stdout, stderr } = spawnSync(
    'nsenter',
    [...words, ...env, 'sh', '-c', `cd /; ${line}`],
    {
      encoding: 'utf8',
      timeout: timeoutMs,
      maxBuffer: 64 * 1024 * 1024,
    },
  )
  appendFileSync(log, `\n# ${line}\n${stdout}${stderr}`)
  return { status, text: `${stdout}${stderr}` }
}

const adminPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const clone = 'cd /root/claude-auth'
/** Every path with kind, mode, owner and content, but for what a running machine writes. */
const tree =
  'find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /run -o -path /tmp -o -path /var/tmp ' +
  '-o -path /var/log -o -path /var/cache -o -path /var/lib/apt -o -path /var/lib/dpkg -o -path /var/lib/systemd ' +
  '-o -path /root \\) -prune -o \\( -type f -printf "%p %m %U %G " -exec sha256sum {} \\; -o ' +
  '! -type f -printf "%p %y %m %U %G %l\\n" \\) | sort'

/** As docs/install.md has it. */
const putPackage = 'apt-get install -y /tmp/claude-auth.deb'
const newPackage =
  'cp /root/claude-auth/claude-auth_*_"$(dpkg --print-architecture)".deb /tmp/claude-auth.deb'
const olderVersion = '0.0.1'
/** The same, as it would have been with a version of long ago: an upgrade is one of another version. */
const olderPackage =
  `${newPackage} && rm -rf /tmp/older && dpkg-deb -R /tmp/claude-auth.deb /tmp/older && ` +
  `sed -i 's/^Version: .*/Version: ${olderVersion}/' /tmp/older/DEBIAN/control && ` +
  `find /tmp/older/usr/lib/claude-auth/dist /tmp/older/usr/lib/claude-auth/package.json -type f -exec ` +
  `sed -i "s/\\"$(dpkg-deb -f /tmp/claude-auth.deb Version)\\"/\\"${olderVersion}\\"/g" {} + && ` +
  'dpkg-deb -Znone -b /tmp/older /tmp/claude-auth.deb && rm -r /tmp/older'
const versions =
  'dpkg-query -W claude-auth; claude-auth --version; readlink /usr/local/lib/claude-auth/current'

/** The timer of a user whose service manager runs; prints `active` or `inactive`. */
const ownTimer = user =>
  `su - ${user} -c 'XDG_RUNTIME_DIR=/run/user/$(id -u) systemctl --user is-active claude-auth.timer'; true`

const config = '/etc/claude-auth/config.yaml'
const metricsFolder = '/var/lib/metrics'
const metrics = `${metricsFolder}/claude_auth.prom`
const fleetTimer = 'systemctl is-active claude-auth-fleet.timer; true'

function expect(text, pattern, what) {
  if (!pattern.test(text)) throw new Error(`${what}:\n${text.trim()}`)
}

/**
 * Name → what is done, in this order. `run(line)` gives the output, or throws. `resident` is a user whose service
 * manager runs before anything is installed; `newcomer` is made afterwards, and none runs for them.
 */
const steps = {
  demo: ({ run }) => void run(`${clone} && npm run demo`, 300),
  test: ({ run }) => {
    const words = run(`${clone} && npm test`, 1200)
    expect(words, /^\d+ passed, 0 failed/m, 'a test failed')
  },
  package: ({ run }) => void run(`${clone} && npm run package && ls ./*.deb`, 900),
  install: ({ run, kept, isBooted }) => {
    run(`printf '#!/bin/sh\necho "client $*"\n' >/usr/bin/claude && chmod 755 /usr/bin/claude`)
    run('rm -rf /root/.npm /root/.cache; true')
    kept.before = run(tree, 300)
    run('useradd -m -s /bin/bash resident && usermod -p "*" resident')
    run('su - resident -c "mkdir -m 700 .claude"')
    if (isBooted) {
      run('loginctl enable-linger resident')
      run(
        'for i in $(seq 60); do [ -e /run/user/$(id -u resident)/systemd/private ] && exit; sleep 1; done; exit 1',
        90,
      )
    }
    // Nothing but the package brings a Node.
    run('mv /usr/local/bin/node /usr/local/bin/node-of-the-clone')
    run(`${olderPackage} && ${putPackage}`, 300)
    run('claude-auth --version')
  },
  user: ({ run }) => {
    run('useradd -m -s /bin/bash newcomer && usermod -p "*" newcomer')
    const wrapper = run(`su - newcomer -c 'readlink -f "$(command -v claude)"'`)
    expect(wrapper, /claude-auth/, 'no wrapper on PATH')
    expect(run("su - newcomer -c 'claude -p hi'"), /client -p hi/, 'the client was not started')
  },
  timers: ({ run, isBooted }) => {
    if (!isBooted) return 'without systemd there is none'
    expect(run('systemctl is-active claude-auth-users.timer; true'), /^active$/m, 'the machine’s')
    expect(run(ownTimer('resident')), /^active$/m, 'of a manager that ran already')
    // Each `su -` opened a session, and its manager stays for some seconds.
    run(
      'for i in $(seq 60); do [ -e /run/user/$(id -u newcomer) ] || exit 0; sleep 1; done; exit 1',
      90,
    )
    const covered = run('sh /usr/local/lib/claude-auth/current/bin/login-users.sh')
    expect(covered, /^newcomer$/m, 'the machine’s timer covers who has none')
    if (/^resident$/m.test(covered)) throw new Error('resident is covered twice')
    run('systemctl start claude-auth-users.service', 180)
    const said = run(
      'journalctl -o cat -u claude-auth@newcomer.service _SYSTEMD_UNIT=claude-auth@newcomer.service; true',
    )
    const lines = said.split('\n').filter(line => line.startsWith('claude-auth:'))
    if (lines.length !== 1) throw new Error(`one line in the journal says who signs in:\n${said}`)
    expect(lines[0], /newcomer/, 'the line names the user')
    return undefined
  },
  upgrade: ({ run, isBooted }) => {
    const before = run(versions)
    expect(before, new RegExp(`\\b${olderVersion}\\b`), 'the older version was not there')
    run(`${newPackage} && ${putPackage}`, 300)
    const after = run(versions)
    if (after.includes(olderVersion)) throw new Error(`of the older version:\n${after}`)
    expect(run("su - newcomer -c 'claude -p hi'"), /client -p hi/, 'the client was not started')
    if (isBooted) expect(run(ownTimer('resident')), /^active$/m, 'of a manager that runs')
  },
  fleet: ({ run, kept, isBooted }) => {
    if (!isBooted) return 'without systemd there is no timer'
    expect(run(fleetTimer), /^inactive$/m, 'nothing is to be written')
    kept.hasEdited = true
    run(`mkdir ${metricsFolder} && printf '\nfleet: {textfile: ${metrics}}\n' >>${config}`)
    run('claude-auth install --system --yes', 120)
    expect(run(fleetTimer), /^active$/m, 'a textfile is to be written')
    run('systemctl start claude-auth-fleet.service')
    expect(run(`stat -c '%U %a' ${metrics}`), /^root 644$/m, 'the textfile')
    expect(run(`cat ${metrics}`), /^claude_auth_fleet_run_success 1$/m, 'what the timer wrote')
    return undefined
  },
  removal: ({ run, kept, isBooted }) => {
    run('apt-get purge -y claude-auth', 300)
    if (isBooted) {
      expect(run(fleetTimer), /^inactive$/m, 'of the fleet')
      expect(run(ownTimer('resident')), /^inactive$/m, 'of a manager that runs')
      expect(run('systemctl is-active claude-auth-users.timer; true'), /^inactive$/m, 'machine’s')
    }
    run('loginctl disable-linger resident; loginctl terminate-user resident newcomer; true')
    run('sleep 3; for user in resident newcomer; do userdel -rf $user; done 2>/dev/null; true')
    run('mv /usr/local/bin/node-of-the-clone /usr/local/bin/node; true')
    if (kept.before === undefined) return 'it was not installed in this run'
    // What the admin wrote, and what the timer wrote for them, stays.
    if (kept.hasEdited) {
      run(`rm -rf ${metricsFolder} ${config}`)
      run(`rmdir --ignore-fail-on-non-empty ${dirname(config)}; true`)
    }
    const after = new Set(run(tree, 300).split('\n'))
    const before = new Set(kept.before.split('\n'))
    const differs = line => !/^\/etc\/(passwd|group|shadow|gshadow|sub[ug]id)-? /.test(line)
    const changed = [
      ...[...before].filter(line => !after.has(line)).map(line => `- ${line}`),
      ...[...after].filter(line => !before.has(line)).map(line => `+ ${line}`),
    ].filter(line => differs(line.slice(2)))
    if (changed.length > 0) throw new Error(`left behind:\n${changed.slice(0, 40).join('\n')}`)
    return undefined
  },
}

if (
  process.getuid() !== 0 ||
  spawnSync('unshare', ['--mount', '--pid', '--fork', 'true']).status !== 0
) {
  say('the fresh machine is left out: it takes root and namespaces')
  process.exit(process.env.CI === 'true' ? 0 : 2)
}
mkdirSync(cache, { recursive: true })
writeFileSync(log, '')
const asked = process.argv.slice(2)
const base = baseRoot()
const layers = mkdtempSync(join(cache, 'layers-'))
const machine = join(layers, 'machine')
for (const name of ['upper', 'work', 'machine']) mkdirSync(join(layers, name))
let [passed, failed] = [0, 0]
let first = null
try {
  here('mount', ['-t', 'tmpfs', 'layers', layers])
  for (const name of ['upper', 'work', 'machine']) mkdirSync(join(layers, name))
  const options = `lowerdir=${base},upperdir=${layers}/upper,workdir=${layers}/work`
  here('mount', ['-t', 'overlay', 'machine', '-o', options, machine])
  furnish(machine)
  first = await start(machine)
  const run = (line, seconds) => {
    const { status, text } = enter(first.init, line, (seconds ?? 60) * 1000)
    if (status === 0) return text
    throw new Error(`${line}: ${status}\n${text.trim().split('\n').slice(-25).join('\n')}`)
  }
  const kept = {}
  for (const [name, step] of Object.entries(steps)) {
    if (asked.length > 0 && !asked.includes(name)) continue
    const startMs = performance.now()
    try {
      const note = step({ run, kept, isBooted: first.isBooted })
      passed += 1
      say(
        `ok     ${name} (${Math.round((performance.now() - startMs) / 1000)} s)${note ? `: ${note}` : ''}`,
      )
    } catch (error) {
      failed += 1
      say(`FAILED ${name}: ${error.message}`)
    }
  }
} catch (error) {
  failed += 1
  say(`FAILED: ${error.message}`)
} finally {
  first?.child.kill('SIGTERM')
  await sleep(1000)
  first?.child.kill('SIGKILL')
  for (const path of [machine, layers]) spawnSync('umount', ['-R', '-l', path])
  rmSync(layers, { recursive: true, force: true })
}
say(`what each step said: ${log}`)
say(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
