// Places of a neighbour's in the environment, as `sudo -E` and `su` without `-` keep them: nothing there is believed, started
// or written, however it was made to look.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { type Figures, isWhole, scale } from '../figures.js'
import { lines, neighbourUid, ownerUid, type Street, skip, street } from './street.js'

const kind = '2 Configuration and marks of somebody else'

/** A home as the neighbour would like the victim to have it: in `$1`, with what runs `$Y/evil` wherever it can. */
const lure = String.raw`
set -e
at=$1; umask 022
mkdir -p "$at/.claude/.claude-auth/client$Y" "$at/.claude/.claude-auth/login$at" "$at/.config/claude-auth" "$at/.local/bin" "$at/claude-auth"
printf '#!/bin/sh\n: >"%s-all/ran"\n' "$Y" >"$Y/evil"; chmod 755 "$Y/evil"
printf 'version: 1\nclient: %s\nalerts: {command: [%s]}\n' "$Y/evil" "$Y/evil" >"$at/.config/claude-auth/config.yaml"
cp "$at/.config/claude-auth/config.yaml" "$at/config.yaml"; cp "$at/config.yaml" "$at/claude-auth/config.yaml"
cp "$Y/evil" "$at/.local/bin/claude"
state=$at/.claude/.claude-auth
printf '{"claudeAiOauth":{"accessToken":"x","refreshToken":"y","expiresAt":9999999999999,"scopes":[]}}' >"$at/.claude/.credentials.json"
: >"$state/seen"; : >"$state/checked"; : >"$state/fresh"; : >"$state/usable"; : >"$state/client-configured"
echo "$Y/evil" >"$state/client-path"; : >"$state/client$Y/evil"; : >"$state/login$at/.claude"
echo "touch '$Y-all/ran'" >>"$state/fresh"
printf 'format 2\nuser %s\nmode on\nclient %s\nend\n' "$at/.config/claude-auth/config.yaml" "$Y/evil" >"$state/launch-config"
touch -d '1 hour ago' "$state/seen" "$at/.claude/.credentials.json"; touch -d '+1 hour' "$state/fresh" "$state/usable"
`

/** How the lure is made to look like something else; each prints the path to it. \`$S\` is a folder of root's for all (1777). */
const plants: Record<string, string> = {
  'a folder of another': 'echo "$Y/lure"',
  'a link in a folder for all': 'ln -sfn "$Y/lure" "$S/link"; echo "$S/link"',
  'a link to a link':
    'ln -sfn "$S/second" "$S/first"; ln -sfn "$Y/lure" "$S/second"; echo "$S/first"',
  'a folder in a folder for all': 'cp -r "$Y/lure" "$S/copy"; echo "$S/copy"',
  'a way through the victim’s own home': 'echo "$H/../$(basename "$Y")/lure"',
  'a link to what a process sees':
    'sleep 600 >/dev/null 2>&1 & echo $! >>"$Y/pids"; ln -sfn "/proc/$!/cwd/lure" "$S/seen"; echo "$S/seen"',
  'a namespace where it is root’s': `
    unshare -Urm sh -c 'mount -t tmpfs own /mnt && cp -r "$Y/lure" /mnt/lure && : >"$Y/mounted" && exec sleep 600' >/dev/null 2>&1 &
    echo $! >>"$Y/pids"; for turn in 1 2 3 4 5 6 7 8 9; do [ -e "$Y/mounted" ] || sleep 0.2; done; echo "/proc/$!/root/mnt/lure"`,
  'an overlay that shows root’s folders': `
    unshare -Urm sh -c 'mount -t tmpfs own /mnt && mkdir /mnt/up /mnt/work /mnt/all && mount -t overlay own -o lowerdir=/usr,upperdir=/mnt/up,workdir=/mnt/work /mnt/all && cp -r "$Y/lure" /mnt/all/lure && mount --bind /usr/share /mnt/all/lure/.local/share 2>/dev/null; : >"$Y/laid" && exec sleep 600' >/dev/null 2>&1 &
    echo $! >>"$Y/pids"; for turn in 1 2 3 4 5 6 7 8 9; do [ -e "$Y/laid" ] || sleep 0.2; done; echo "/proc/$!/root/mnt/all/lure"`,
}

/** What each variable is given, of the path to a lure. */
const variables: Record<string, (at: string) => Record<string, string>> = {
  HOME: at => ({ HOME: at }),
  'HOME and LOGNAME': at => ({ HOME: at, LOGNAME: 'nobody', USER: 'nobody' }),
  CLAUDE_CONFIG_DIR: at => ({ CLAUDE_CONFIG_DIR: `${at}/.claude` }),
  CLAUDE_SECURESTORAGE_CONFIG_DIR: at => ({ CLAUDE_SECURESTORAGE_CONFIG_DIR: `${at}/.claude` }),
  CLAUDE_AUTH_CONFIG: at => ({ CLAUDE_AUTH_CONFIG: `${at}/config.yaml` }),
  XDG: at => ({
    XDG_CONFIG_HOME: at,
    XDG_DATA_HOME: at,
    XDG_CACHE_HOME: at,
    XDG_STATE_HOME: at,
    XDG_RUNTIME_DIR: at,
  }),
  TMPDIR: at => ({ TMPDIR: at, TMP: at, TEMP: at }),
}

const program = '"$H/program/bin/claude"'
const commands: Record<string, string> = {
  'a launch': `${program} a b`,
  'a check': 'node "$H/program/bin/claude-auth" ensure --force',
  'a hook': 'echo "{}" | "$H/program/bin/claude-auth" hook session-start',
  'a prompt': '"$H/program/bin/claude-auth" status --short',
}

const named = `config=${'$'}{CLAUDE_AUTH_CONFIG:-$HOME/.config/claude-auth/config.yaml}`

/** Reads the same places as a script would that looks at the owner of the file alone, or at nothing. */
const naive = `
${named}
state=${'$'}{CLAUDE_SECURESTORAGE_CONFIG_DIR:-${'$'}{CLAUDE_CONFIG_DIR:-$HOME/.claude}}/.claude-auth
client=$(sed -n 's/^client:* //p' "$config" "$state/launch-config" 2>/dev/null | head -n 1)
[ ! -x "$client" ] || [ "$client" = "$H/tools/claude" ] || "$client"
for each in "$XDG_CACHE_HOME" "$TMPDIR"; do [ -z "$each" ] || : >"$each/claude-auth.$$" || :; done
`

interface Harm {
  ran: boolean
  written: string[]
}

async function harmOf({ box, yard }: Street, uid: number): Promise<Harm> {
  const script =
    'ls "$1/ran" 2>/dev/null; find "$0" "$1" -user "$2" ! -name ran ! -path "$1" -newer "$0/start" 2>/dev/null; rm -f "$1/ran"; find "$0" "$1" -user "$2" -name "claude-auth.*" -delete 2>/dev/null'
  const found = lines(
    (await box.run('sh', ['-c', script, yard, `${yard}-all`, String(uid)])).stdout,
  )
  const sign = join(`${yard}-all`, 'ran')
  return { ran: found.includes(sign), written: found.filter(path => path !== sign) }
}

const isHarm = ({ ran, written }: Harm) => ran || written.length > 0

/** As the victim, with the neighbour's variables. */
function victim({ box, yard }: Street, uid: number, script: string, env: Record<string, string>) {
  const change = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'sh', '-c', script]
  return box.run('setpriv', change, { cwd: '/', env: { H: box.home.path, Y: yard, ...env } })
}

async function withLure(t: Test): Promise<{ here: Street; all: string }> {
  const here = await street(t, { login: 'valid', config: { custody: 'shared' } })
  await here.ensure()
  await here.box.settle()
  const all = `${here.yard}-all`
  mkdirSync(all)
  chmodSync(all, 0o1777)
  await here.box.run('sh', ['-c', ': >"$0"; sleep 1', join(here.yard, 'start')])
  await here.box.run('chown', [String(neighbourUid), here.yard])
  chmodSync(here.yard, 0o755)
  t.teardown(async () => {
    await here.neighbour(
      'rm -f "$Y/going"; [ ! -e "$Y/pids" ] || xargs kill <"$Y/pids" 2>/dev/null; true',
    )
    rmSync(all, { recursive: true, force: true })
  })
  const made = await here.neighbour(`set -- "$Y/lure"; ${lure}`)
  t.equal(made.code, 0, made.stderr)
  return { here, all }
}

async function everyPlant(t: Test, figures: Figures) {
  const { here, all } = await withLure(t)
  const { box } = here
  for (const [name, plant] of Object.entries(plants)) {
    const planted = await here.neighbour(plant, { env: { S: all } })
    const at = planted.stdout.trim()
    const succeeded: string[] = []
    let tried = 0
    let naively = 0
    let naiveTried = 0
    const words = Object.entries(commands).filter((_, index) => isWhole || index === 0)
    for (const uid of [0, ownerUid])
      for (const [variable, env] of Object.entries(variables)) {
        for (const [command, script] of words) {
          const ended = await victim(here, uid, script, env(at))
          await box.settle()
          tried += 1
          const harm = await harmOf(here, uid)
          const isStarted = command !== 'a launch' || ended.stdout === 'client: a b\n'
          if (isHarm(harm) || !isStarted)
            succeeded.push(
              `${variable}, ${command}, user ${uid}: ${JSON.stringify([harm, ended.stdout, ended.stderr])}`,
            )
        }
        await victim(here, uid, naive, env(at))
        naiveTried += 1
        if (isHarm(await harmOf(here, uid))) naively += 1
      }
    figures.attack({
      kind,
      attack: name,
      tried,
      succeeded,
      control: {
        against: 'a script that reads what is named',
        succeeded: naively,
        tried: naiveTried,
      },
    })
  }
}

/** Becomes a setuid program that never ends, since nobody reads what it says, with a text as its command line. */
const stuck = `
use Fcntl;
pipe(my $reads, my $writes);
fcntl($writes, F_SETFL, O_NONBLOCK); 1 while syswrite $writes, "x" x 4096; 1 while syswrite $writes, "x"; fcntl($writes, F_SETFL, 0);
fcntl($reads, F_SETFD, 0); open(STDOUT, ">&", $writes); print STDERR "stuck\n";
exec {"/bin/su"} $ARGV[0], "--help";
`

/** The process of such a program: its command line is a file of root's in /proc. */
async function rootsFile(t: Test, yard: string): Promise<number> {
  const text = `version: 1\nclient: ${yard}/evil\n`
  const change = [`--reuid=${neighbourUid}`, `--regid=${neighbourUid}`, '--clear-groups']
  const child = spawn('setpriv', [...change, 'perl', '-e', stuck, text], {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: '/',
  })
  t.teardown(() => child.kill('SIGKILL'))
  await once(child.stderr, 'data')
  await sleep(200)
  return child.pid ?? 0
}

async function rootsText(t: Test, figures: Figures) {
  const { here, all } = await withLure(t)
  const { box, yard } = here
  const pid = await rootsFile(t, yard)
  const owner = await box.run('stat', ['-c', '%u', `/proc/${pid}/cmdline`])
  t.equal(owner.stdout, '0\n', 'the file is root’s')
  await here.neighbour(
    `ln -s /proc/${pid}/cmdline "$S/config.yaml"; ln -sfn /proc/${pid}/cmdline "$Y/lure/.config/claude-auth/config.yaml"`,
    { env: { S: all } },
  )
  const ways: Record<string, Record<string, string>> = {
    'by its name': { CLAUDE_AUTH_CONFIG: `/proc/${pid}/cmdline` },
    'by a link': { CLAUDE_AUTH_CONFIG: join(all, 'config.yaml') },
    'in a home': { HOME: join(yard, 'lure') },
    'by way of a thread': { CLAUDE_AUTH_CONFIG: `/proc/${pid}/task/${pid}/cmdline` },
    'by /dev/fd': { CLAUDE_AUTH_CONFIG: '/dev/fd/8' },
  }
  const succeeded: string[] = []
  let naively = 0
  let tried = 0
  for (const uid of [0, ownerUid])
    for (const [way, env] of Object.entries(ways)) {
      for (const script of Object.values(commands).slice(0, scale(2, 4))) {
        const ended = await victim(here, uid, `exec 8</proc/${pid}/cmdline; ${script}`, env)
        await box.settle()
        tried += 1
        if (isHarm(await harmOf(here, uid))) succeeded.push(`${way}, user ${uid}: ${ended.stderr}`)
      }
      const check =
        '[ "$(stat -Lc %u "$config")" = 0 ] || exit 1; client=$(tr "\\0" "\\n" <"$config" | sed -n "s/^client: //p"); "$client"'
      await victim(here, uid, `exec 8</proc/${pid}/cmdline; ${named}; ${check}`, env)
      if (isHarm(await harmOf(here, uid))) naively += 1
    }
  figures.attack({
    kind,
    attack:
      'a file of root’s with a text of the neighbour’s (/proc/PID/cmdline of a setuid program)',
    tried,
    succeeded,
    control: { against: 'a look at the file’s owner', succeeded: naively, tried: 10 },
  })
}

/** Exchanges \`$Y/at\`, a link to the victim's own, and the lure, as fast as it can (renameat2, RENAME_EXCHANGE). */
const exchange = `
cd "$Y" && ln -sfn "$OWN" at && : >going
perl -e 'my ($x, $y) = ("at", "lure"); while (-e "going") { for (1 .. 50) { syscall(316, -100, $x, -100, $y, 2) } }' >/dev/null 2>&1 &`

async function races(t: Test, figures: Figures) {
  const { here } = await withLure(t)
  const { box, yard } = here
  const own = join(box.home.path, 'own')
  await victim(
    here,
    ownerUid,
    'mkdir -p "$0" && cp -r "$H/.claude" "$0/.claude" && mkdir -p "$0/.config/claude-auth" && cp "$H/.config/claude-auth/config.yaml" "$0/config.yaml" && cp "$0/config.yaml" "$0/.config/claude-auth/"'.replaceAll(
      '$0',
      own,
    ),
    {},
  )
  await here.neighbour(exchange, { env: { OWN: own } })
  await sleep(300)
  const at = join(yard, 'at')
  const succeeded: string[] = []
  const rounds = scale(20, 300)
  const named = Object.entries(variables)
  for (let round = 0; round < rounds; round++) {
    const [variable, env] = named[round % named.length] ?? ['HOME', (at: string) => ({ HOME: at })]
    const ended = await victim(here, ownerUid, `${program} a b`, env(at))
    const harm = await harmOf(here, ownerUid)
    if (harm.ran || ended.stdout !== 'client: a b\n')
      succeeded.push(`${variable}: ${JSON.stringify([harm, ended.stdout, ended.stderr])}`)
  }
  await box.settle()
  const check = `config=$HOME/.config/claude-auth/config.yaml; ran() { [ "$(stat -Lc %u "$config")" = ${ownerUid} ] || return; client=$(sed -n "s/^client: //p" "$config"); [ -z "$client" ] || "$client"; }; turns=0; while [ $turns -lt 400 ] && ! [ -e "$Y-all/ran" ]; do ran 2>/dev/null; turns=$((turns + 1)); done; echo $turns`
  const naively = await victim(here, ownerUid, check, { HOME: at })
  const { ran } = await harmOf(here, ownerUid)
  await here.neighbour('rm -f "$Y/going"')
  figures.attack({
    kind,
    attack: 'a link to the victim’s own folder and the lure, exchanged all the time',
    tried: rounds,
    succeeded,
    control: {
      against: 'a script that checks and then opens',
      succeeded: ran ? 1 : 0,
      tried: Number(naively.stdout.trim()) || 0,
    },
  })
}

export async function foreignPlaces(t: Test, figures: Figures): Promise<void> {
  for (const [name, act] of Object.entries({ everyPlant, rootsText, races }))
    await t.test(name, { skip, buffered: true }, t => act(t, figures))
}
