// What a user may try with root's terminal, when root starts a program as them; each is run on a terminal of its own.

import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Test } from 'tap'
import { noOwnMachine, type OwnMachine, ownMachine } from '../../kit/own-machine.js'
import type { Figures } from '../figures.js'

const source = fileURLToPath(new URL('../../..', import.meta.url))
const limitMs = 2_500

/** Types a line into the terminal behind `$_[0]`, as if root had (TIOCSTI), and paints on its screen. */
export const perl = String.raw`
use POSIX (); use Fcntl;
sub harm { my $h = shift; for my $c (split //, "touch /root/typed\n") { ioctl($h, 0x5412, $c) } syswrite($h, "\e]0;painted\a\e[2Jpainted") }
sub reach { for my $path (@_) { my $h; harm($h) if sysopen($h, $path, O_RDWR) } }
sub descriptors { for my $fd (0 .. 1100) { my $h; harm($h) if open($h, "+<&=$fd") } }
my @terminals = ("/dev/tty", "/dev/console", glob("/dev/pts/*"), glob("/dev/tty[0-9]*"));
`

/** Programs of the user; \`clean\`: nothing of it on root's side, and `kind` is how it ended for root. */
const attempts: Record<string, { script: string; kind?: string }> = {
  'every descriptor that it has': { script: 'descriptors()' },
  'the terminal by its name': { script: 'reach(@terminals)' },
  'the descriptors of whoever started it': {
    script: 'my $p = getppid(); reach(glob("/proc/$p/fd/*"), glob("/proc/self/fd/*"))',
  },
  'the descriptors of every process': { script: 'reach(glob("/proc/[0-9]*/fd/*"))' },
  "root's terminal as its own": {
    script:
      'exit if fork; POSIX::setsid(); for (@terminals) { sysopen(my $h, $_, O_RDWR) or next; ioctl($h, 0x540E, 1); harm($h) } reach("/dev/tty")',
  },
  'words with escapes': {
    script: String.raw`print STDERR "claude-auth: \e]52;c;cGFpbnRlZA==\a\e[2J\x{c2}\x{9b}2J\x{e2}\x{80}\x{ae}painted\n\r\bpainted\n"; exit 1`,
  },
  'a hint for root to type': { script: 'print STDERR "hint: touch /root/typed\\n"; exit 1' },
  'many words': { script: 'print STDERR "painted\\n" x 2_000_000; exit 1', kind: 'too-loud' },
  'words without an end': { script: 'print "y" x 4096 while 1', kind: 'too-loud' },
  'no end at all, deaf to signals': {
    script: '$SIG{$_} = "IGNORE" for qw(TERM HUP INT); sleep 9 while 1',
    kind: 'late',
  },
  'a stop of its group and of its parent': {
    script: 'kill STOP => getppid(); kill STOP => -getppid(); kill STOP => 0; sleep 9',
    kind: 'late',
  },
  'a stop of all it may signal': {
    script: 'kill KILL => -1; kill STOP => -1; sleep 9',
    kind: 'late',
  },
  'a process that stays behind': { script: 'exit if fork; sleep 987' },
  'one that stays behind in a session of its own, with all pipes': {
    script: 'exit if fork; POSIX::setsid(); exit if fork; sleep 987',
  },
  'one that stays behind and that no debugger may see': {
    script:
      'exit if fork; POSIX::setsid(); exit if fork; syscall((POSIX::uname())[4] eq "x86_64" ? 157 : 167, 4, 0, 0, 0, 0); sleep 987',
  },
  'one that stays behind without its first thread': {
    script:
      'exit if fork; exec "python3", "-c", "import ctypes, threading, time; threading.Thread(target=time.sleep, args=(987,)).start(); ctypes.CDLL(None).pthread_exit(0)"',
  },
  'a hundred that stay behind': { script: 'fork || do { sleep 987; exit } for 1 .. 100' },
  'a setuid program': { script: 'exec "su", "root", "-c", "touch /root/typed"' },
}

/** Runs the user's program as root would, and shows what root is shown. */
const asRoot = `
import { writeFileSync } from 'node:fs'
import { runAsUser } from './src/system/as-user.ts'
import { asUserLines } from './src/install/words.ts'
const [uid, ...program] = process.argv.slice(2)
const user = { name: 'mallory', uid: Number(uid), gid: Number(uid), home: '/home/mallory' }
const end = await runAsUser(user, program[0], program.slice(1), { timeoutMs: ${limitMs} })
for (const line of asUserLines(user.name, end)) console.log(line)
writeFileSync('/root/end', end.kind)
`

async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: asRoot, resolveDir: source },
    ...{ bundle: true, format: 'esm', platform: 'node', write: false },
  })
  return outputFiles[0]?.text ?? ''
}

/** Root's session on a terminal: bytes that were typed while the program ran are read afterwards. */
const session = (command: string) => `#!/bin/bash
stty -echo -icanon min 0 time 3
export SECRET_OF_ROOT=of-root
exec 7<>/dev/tty 42<>/dev/tty 1042<>/dev/tty
rm -f /root/end
${command}
typed=$(dd bs=4096 count=1 2>/dev/null | tr -d '\\004')
if [ -n "$typed" ]; then : >/root/typed; fi
`

export interface Outcome {
  screen: string
  isTyped: boolean
  /** How it ended for root. */
  kind: string
  left: string[]
}

/** What root sees and is typed for while `command` runs in a session of root's, on a terminal with open descriptors on it. */
export async function onTerminal(machine: OwnMachine, command: string): Promise<Outcome> {
  await machine.write('/root/session', session(command), 0o755)
  await machine.sh('[ -p /root/keys ] || mkfifo /root/keys')
  const line = 'rm -f /root/typed; exec script -qfec /root/session /dev/null <>/root/keys'
  const { stdout } = await machine.run('sh', ['-c', line])
  const about = await machine.sh(
    'test -e /root/typed && echo typed; cat /root/end 2>/dev/null; echo; ps -o stat=,args= -u mallory | grep -v ^Z; true',
  )
  await machine.sh('pkill -KILL -u mallory; rm -f /root/typed; true')
  const [first = '', ...rest] = about.split('\n')
  const isTyped = first === 'typed'
  const [kind = '', ...left] = isTyped ? rest : [first, ...rest]
  return { screen: stdout, isTyped, kind, left: left.filter(each => each !== '') }
}

/** A control or invisible character, or a command of the user's. */
export const isPainted = (screen: string) =>
  /[^\P{Cc}\r\n]|\p{Cf}|\/root\/typed/u.test(screen.replaceAll('\r\n', '\n'))

export async function rootTerminal(t: Test, figures: Figures): Promise<void> {
  await t.test("root's terminal", { skip: noOwnMachine, buffered: true }, async t => {
    const machine = await ownMachine(t)
    await machine.addUser('mallory')
    await machine.sh('usermod -aG games mallory')
    const uid = (await machine.sh('id -u mallory')).trim()
    await machine.write('/root/as-root.mjs', await bundled())
    const node = realpathSync(process.execPath)
    const run = (program: string) => `${node} /root/as-root.mjs ${uid} ${program}`
    const names = Object.entries(attempts)
    const succeeded: string[] = []
    for (const [at, [name, { script, kind = 'ended' }]] of names.entries()) {
      const file = `/home/mallory/attempt-${at}`
      await machine.write(file, `#!/usr/bin/perl\n${perl}\n${script};\n`, 0o755)
      const { screen, isTyped, kind: ended, left } = await onTerminal(machine, run(file))
      const isWell = !isTyped && !isPainted(screen) && left.length === 0 && ended === kind
      if (!isWell) succeeded.push(name)
      t.ok(isWell, `${name}: ${JSON.stringify([ended, isTyped, screen, left])}`)
    }
    await t.test('the same without our care', async t => {
      const plain = `setpriv --reuid=${uid} --regid=${uid} --clear-groups /home/mallory/attempt`
      const { screen, isTyped } = await onTerminal(machine, `${plain}-0`)
      t.ok(isPainted(screen), 'the attempts are ones')
      const mayType = (await machine.sh('cat /proc/sys/dev/tty/legacy_tiocsti || echo 1')).trim()
      t.equal(isTyped, mayType === '1', 'where this kernel lets anybody type')
    })
    await t.test('what it gets', async t => {
      const look = String.raw`#!/bin/sh
exec 2>/home/mallory/seen 1>&2
echo "tty: $(ps -o tty= -p $$)"; echo "folder: $PWD"; echo "umask: $(umask)"; echo "groups: $(id -Gn)"
echo "leader: $([ "$(ps -o sid= -p $$)" -eq $$ ] && echo yes)"; grep NoNewPrivs: /proc/$$/status
echo "open: $(for f in /proc/$$/fd/*; do n=$(basename $f); [ $n -gt 2 ] && [ $n != 10 ] && readlink $f; done | grep -v ^pipe: | sort -u | tr '\n' ' ')"
echo "in: $(readlink /proc/$$/fd/0)"; echo environment; env | sort
`
      await machine.write('/home/mallory/look', look, 0o755)
      await machine.sh('rm -f /home/mallory/seen')
      await onTerminal(machine, run('/home/mallory/look'))
      const seen = (await machine.sh('cat /home/mallory/seen')).split('\n')
      t.same(
        seen.slice(0, 8).map(line => line.replace(/\s+$/, '')),
        [
          'tty: ?',
          'folder: /',
          'umask: 0077',
          'groups: mallory games',
          'leader: yes',
          'NoNewPrivs:\t1',
          'open: /dev/null',
          'in: /dev/null',
        ],
      )
      const variables = seen.slice(9).map(line => line.split('=')[0])
      const known = ['', 'HOME', 'LANG', 'LOGNAME', 'NODE_DISABLE_COMPILE_CACHE', 'PATH', 'PWD']
      known.push('SHELL', 'USER', 'CLAUDE_AUTH_AS_USER', 'SHLVL', 'OLDPWD', '_')
      t.same(
        variables.filter(name => !known.includes(name ?? '')),
        [],
      )
      t.equal(await machine.sh('stat -c %a /home/mallory/seen'), '600\n')
    })
    figures.counted("attempts on root's terminal", names.length)
    figures.wanted('of them typed, painted, stayed or stopped root', succeeded.join('; ') || 0, 0)
  })
}
