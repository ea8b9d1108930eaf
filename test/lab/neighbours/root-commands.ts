// What root types for the whole machine, or a package's scripts do, while a user has planted programs, settings,
// configuration, compiled code and an answering manager wherever their home has a place for them.

import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { noOwnMachine, type OwnMachine, ownMachine } from '../../kit/own-machine.js'
import { plantedCode } from '../../kit/planted-code.js'
import { type Sandbox, sandbox } from '../../kit/sandbox.js'
import type { Figures } from '../figures.js'
import { isPainted, onTerminal, perl } from './root-terminal.js'

const program = join(fileURLToPath(new URL('../../..', import.meta.url)), 'bin/claude-auth')
const installed = '/usr/local/lib/claude-auth/current'
const home = '/home/mallory'
const evil = `${home}/evil`

/** Reaches for root's terminal by every way, paints, and writes down as whom it ran. */
const evilProgram = `#!/usr/bin/perl
${perl}
descriptors(); reach(@terminals); my $p = getppid(); reach(glob("/proc/$p/fd/*"), glob("/proc/[0-9]*/fd/*"));
open(my $tty, "<", "/dev/tty"); my $has = defined fileno($tty) ? "a terminal" : "none";
if (open(my $ran, ">>", "/home/mallory/ran")) { print $ran "$> $has\\n" }
print STDOUT "\\e[2Jpainted\\n"; print STDERR "\\e]0;painted\\a painted\\n";
`

/** A manager of the user's own, which says to each who asks what it likes. */
const manager = `
use strict; use Socket; socket(my $s, AF_UNIX, SOCK_STREAM, 0); unlink $ARGV[0];
bind($s, pack_sockaddr_un($ARGV[0])) or die "$!"; listen($s, 9); print "ready\\n"; close STDOUT;
while (accept(my $c, $s)) { syswrite $c, "OK 0123456789abcdef0123456789abcdef\\r\\n\\e[2Jpainted\\r\\n" x 50; sleep 1; close $c }
`

/** What is planted, as the user: a script of sh each. */
const plants: Record<string, string> = {
  'programs in the places of the system’s and the client’s': `mkdir -p .local/bin .claude/local bin
    for name in claude claude-auth node sh systemctl flock timeout getent setpriv; do ln -sf ${evil} .local/bin/$name; ln -sf ${evil} bin/$name; done
    ln -sf ${evil} .claude/local/claude`,
  'a configuration that starts things': `mkdir -p .config/claude-auth
    printf 'version: 1\\nclient: ${evil}\\nalerts: {command: [${evil}]}\\n' >.config/claude-auth/config.yaml`,
  'settings with commands and an environment': `mkdir -p .claude
    echo '{"apiKeyHelper":"${evil}","env":{"PATH":"${home}/bin","NODE_OPTIONS":"--require ${home}/evil.cjs"},"hooks":{"SessionStart":[{"hooks":[{"type":"command","command":"${evil}"}]}]}}' >.claude/settings.json`,
  'files that shells and Node read': `for name in .profile .bashrc .bash_profile .zshenv .noderc; do echo 'exec ${evil}' >$name; done
    echo 'require("node:child_process").spawnSync("${evil}", { stdio: "inherit" })' | tee evil.cjs >.node_repl_history
    mkdir -p .node_modules/jose node_modules/jose; cp evil.cjs .node_modules/jose/index.js; cp evil.cjs node_modules/jose/index.js`,
  'compiled code': 'node /opt/plant.cjs DIST .cache/claude-auth',
  'a manager that answers': `(setsid perl /opt/manager.pl /run/user/$(id -u)/systemd/private </dev/null 2>/dev/null &) | head -n 1`,
}

/** What root does, on a terminal. */
const commands: Record<string, string> = {
  'doctor --system': `${installed}/bin/claude-auth doctor --system --verbose`,
  'doctor --system --json': `${installed}/bin/claude-auth doctor --system --json`,
  'install --system': `${installed}/bin/claude-auth install --system --yes`,
  'the script after an installation': `${installed}/bin/claude-auth install --system --yes </dev/null`,
  'the timer’s list': `/bin/sh ${installed}/bin/login-users.sh`,
  'the script before a removal': `${installed}/bin/claude-auth uninstall --system --yes </dev/null`,
  'uninstall --system': `${installed}/bin/claude-auth uninstall --system --yes`,
}

const escapes = '\u001b'
/** Colors and the line that says we are looking are our own. */
const withoutOurs = (screen: string) =>
  screen.replaceAll(new RegExp(`${escapes}\\[[0-9;]*m`, 'g'), '').replaceAll(`\r${escapes}[K`, '')

async function prepared(t: Test, box: Sandbox): Promise<OwnMachine> {
  const machine = await ownMachine(t)
  await machine.addUser('mallory')
  const url = box.authority.url
  const config = `version: 1\nendpoints: {oauth: "${url}", api: "${url}"}\n`
  await machine.write('/root/site.yaml', config)
  await machine.write('/usr/bin/claude', '#!/bin/sh\necho client\n', 0o755)
  await machine.write(evil, evilProgram, 0o755)
  await machine.write('/opt/manager.pl', manager)
  const spawn = `require('node:child_process').spawnSync('${evil}', { stdio: 'inherit' })`
  await machine.write('/opt/plant.cjs', plantedCode(spawn))
  await machine.sh(
    'mkdir -p /run/systemd/system /run/user/$(id -u mallory)/systemd; chown -R mallory: /run/user/$(id -u mallory)',
  )
  return machine
}

/** Installed anew, with a login in sole custody and all of it planted. */
async function plantAll(machine: OwnMachine, box: Sandbox): Promise<void> {
  const words = [program, 'install', '--system', '--yes', '--config', '/root/site.yaml']
  const done = await machine.run(realpathSync(process.execPath), words)
  if (done.code !== 0) throw new Error(done.stderr)
  await machine.sh(`cd ${home} && rm -rf .config .claude .cache ran`)
  const login = JSON.stringify({ claudeAiOauth: box.signIn() })
  await machine.as(
    'mallory',
    'sh',
    ['-c', 'mkdir -m 700 .claude; cat >.claude/.credentials.json'],
    {
      input: login,
    },
  )
  await machine.as('mallory', '/usr/local/bin/claude-auth', ['ensure', '--force'])
  const node = (await machine.sh(`readlink -f ${installed}/node`)).trim()
  for (const script of Object.values(plants)) {
    const ready = script.replace('DIST', `${installed}/dist`).replace('node ', `${node} `)
    const { code, stderr } = await machine.as('mallory', 'sh', ['-c', ready])
    if (code !== 0) throw new Error(`${ready}: ${stderr}`)
  }
}

export async function rootCommands(t: Test, figures: Figures): Promise<void> {
  await t.test('what root types', { skip: noOwnMachine, buffered: true }, async t => {
    const box = await sandbox(t, { login: 'valid' })
    const machine = await prepared(t, box)
    const uid = (await machine.sh('id -u mallory')).trim()
    await plantAll(machine, box)
    const succeeded: string[] = []
    for (const [name, command] of Object.entries(commands)) {
      if (command.includes('uninstall')) await plantAll(machine, box)
      const { screen, isTyped } = await onTerminal(machine, command)
      const ran = (await machine.sh(`cat ${home}/ran 2>/dev/null; rm -f ${home}/ran; true`)).split(
        '\n',
      )
      const isWell =
        !isTyped &&
        !isPainted(withoutOurs(screen)) &&
        ran.every(line => ['', `${uid} none`].includes(line))
      if (!isWell) succeeded.push(name)
      t.ok(isWell, `${name}: ${JSON.stringify([isTyped, screen, ran])}`)
    }
    const control = await onTerminal(machine, `setpriv --reuid=${uid} --clear-groups ${evil}`)
    figures.attack({
      kind: '1 Root’s terminal',
      attack:
        'programs, settings, compiled code and a manager planted in a home, while root installs, looks, removes, or the timer’s users are listed',
      tried: Object.keys(commands).length,
      succeeded,
      control: {
        against: 'a start of the user’s program as that user',
        succeeded: isPainted(control.screen) ? 1 : 0,
        tried: 1,
      },
    })
  })
}
