// What a launch can inherit: options of the shell, descriptors, limits, signals, masks and folders; none keeps the client away.

import { chmodSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Shell, shells } from '../../kit/wrapper-box.js'
import { type Figures, isWhole } from '../figures.js'
import { lines, neighbourUid, ownerUid, type Street, skip, street } from './street.js'

/** Says by a folder of the home what it was started with: stdout may be closed, and files may have no room. */
const client = '#!/bin/sh\nexec mkdir "$H/said/client: $*"\n'

/** As many write one: it looks for the client, keeps something private in a file, says so, and starts the client as a child. */
const naive = `#!/bin/sh
set -e
search() { for each in $(echo "$PATH" | tr : ' '); do look "$each/claude"; done; }
look() { if [ -z "$found" ] && [ -x "$1" ]; then found=$1; fi; }
found=
case $1 in A) exit 1 ;; esac
search
start=$(date +%s)
printf '%s' "$start secret" >"$H/naive-state"
cd "$PWD"
echo checked
for file in "$H"/naive*; do read -r kept <"$file" || :; done
case $kept in *secret) ;; *) exit 1 ;; esac
if [ -n "$(find "$H/naive-state" -perm /022)" ]; then exit 1; fi
for each in 3 4 5; do if [ -s "/proc/$$/fd/$each" ]; then exit 1; fi; done
"$found" "$@"
`

interface Condition {
  env?: Record<string, string>
  /** Before the launch, in sh; \`$W\` is the wrapper, \`$SH\` the shell that runs it. */
  script?: string
}

const launch = 'exec "$SH" "$W" a b'
const options =
  'errexit nounset noglob noclobber pipefail allexport keyword monitor physical errtrace hashall'
const shopts = 'nocasematch failglob nullglob dotglob execfail lastpipe inherit_errexit xpg_echo'

const byName = (words: string, env: (word: string) => Record<string, string>) =>
  Object.fromEntries(words.split(' ').map(word => [word, { env: env(word) }]))

/** Kinds of conditions; all of a kind are one row. Not \`noexec\` and \`onecmd\`: with them a shell runs no script at all. */
const kinds: Record<string, Record<string, Condition>> = {
  'options of bash, exported': {
    ...byName(options, SHELLOPTS => ({ SHELLOPTS })),
    ...byName(shopts, BASHOPTS => ({ BASHOPTS })),
  },
  'variables of the shell': {
    FUNCNEST: { env: { FUNCNEST: '1' } },
    'FUNCNEST, a bit more': { env: { FUNCNEST: '3' } },
    EXECIGNORE: { env: { EXECIGNORE: '*' } },
    GLOBIGNORE: { env: { GLOBIGNORE: '*' } },
    BASH_COMPAT: { env: { BASH_COMPAT: '3.1' } },
    TMOUT: { env: { TMOUT: '1' } },
    PS4: { env: { PS4: '$(touch "$H/harm")', PS1: '$(touch "$H/harm")' } },
    'IFS and OPTIND': { env: { IFS: '/cla', OPTIND: '7' } },
    'PWD and OLDPWD': { env: { PWD: '/nowhere', OLDPWD: '/nowhere', CDPATH: '/usr' } },
    LC_ALL: { env: { LC_ALL: 'tr_TR.UTF-8', LANGUAGE: '../..', LC_CTYPE: 'C' } },
  },
  'descriptors that are closed or somebody else’s': {
    'no stdin': { script: `${launch} <&-` },
    'no stdout': { script: `${launch} >&-` },
    'no stderr': { script: `${launch} 2>&-` },
    none: { script: `${launch} <&- >&- 2>&-` },
    'a full disk as stdout': { script: `${launch} >/dev/full 2>/dev/full` },
    'a pipe that nobody reads': {
      script: `mkfifo "$Y/full" 2>/dev/null; exec 5<>"$Y/full"; ${launch} >&5 2>&5`,
    },
    'files open for writing': {
      script: `: >"$Y/open"; ${launch} 3>>"$Y/open" 4>>"$Y/open" 5>>"$Y/open" 6>>"$Y/open" 7>>"$Y/open" 8>>"$Y/open" 9>>"$Y/open"`,
    },
    'a lock that the caller holds': {
      script: `exec 9>"$Y/lock"; flock -x 9; ${launch}`,
    },
  },
  'limits for files (ulimit -f), descriptors, memory and time': {
    'few descriptors': { script: `ulimit -n 12; ${launch}` },
    'a second of processor': { script: `ulimit -t 1; ${launch}` },
    'little memory': { script: `ulimit -v 400000; ${launch}` },
    'no room in any file': { script: `ulimit -f 0; ${launch}` },
    'little room in a file': { script: `ulimit -f 8; ${launch}` },
    'a small stack': { script: `ulimit -s 128; ${launch}` },
  },
  'signals, masks and folders': {
    'all ignored': { script: `trap '' HUP INT QUIT TERM PIPE USR1 USR2 ALRM CHLD XFSZ; ${launch}` },
    'all blocked': {
      script: `exec perl -MPOSIX -e 'my $s = POSIX::SigSet->new; $s->fillset; sigprocmask(SIG_BLOCK, $s); exec @ARGV' "$SH" "$W" a b`,
    },
    'a mask of nothing': { script: `umask 0; ${launch}` },
    'a mask of all': { script: `umask 777; ${launch}` },
    'a folder that is deleted': {
      script: `mkdir "$H/gone"; cd "$H/gone"; rmdir "$H/gone"; ${launch}`,
    },
    'a folder of another': { script: `cd "$Y/theirs"; ${launch}` },
    'a folder that is closed': {
      script: `mkdir -p "$H/closed"; cd "$H/closed"; chmod 0 .; ${launch}`,
    },
    'no privileges': { script: 'exec setpriv --no-new-privs "$SH" "$W" a b' },
  },
}

const shortCut = [
  'variables of the shell',
  'descriptors that are closed or somebody else’s',
  'limits for files (ulimit -f), descriptors, memory and time',
]

/** \`program\` under the condition; what went wrong, or null. */
async function tried(here: Street, sh: string, program: string, condition: Condition) {
  const { box } = here
  const said = join(box.home.path, 'said')
  await box.run('rm', ['-rf', said, ...remains(here)])
  mkdirSync(said)
  await box.run('chown', [String(ownerUid), said])
  const env = { ...condition.env, H: box.home.path, Y: here.yard, SH: sh, W: program }
  // By env, or the shell that prepares the condition would be under it too.
  const words = Object.entries(condition.env ?? {}).map(([name, value]) => `${name}=${value}`)
  const script = condition.script ?? 'exec env "$@" "$SH" "$W" a b'
  const { H, Y, SH, W } = env
  const ended = await box.run(
    'setpriv',
    [
      ...[`--reuid=${ownerUid}`, `--regid=${ownerUid}`, '--clear-groups'],
      ...['sh', '-c', `umask 022; ${script}`, 'sh'],
      ...words,
    ],
    { cwd: here.yard, env: { H, Y, SH, W }, timeoutMs: 60_000 },
  )
  await box.settle()
  if (readdirSync(said).join() !== 'client: a b')
    return `no client (${ended.code} ${ended.signal} ${ended.stderr.slice(0, 300)})`
  const harm = (await here.owner('ls "$H/harm" 2>/dev/null; grep . "$Y/open" 2>/dev/null; true'))
    .stdout
  if (harm !== '') return `harm: ${harm}`
  return ended.stdout.includes('export ') ? 'its environment was printed' : null
}

const remains = ({ box, yard }: Street) => [
  join(box.home.path, 'harm'),
  join(yard, 'full'),
  join(yard, 'open'),
  join(box.home.path, 'closed'),
  join(box.home.path, 'naive-state'),
]

/** What a plain run finds afterwards: the login good, nothing spent twice, nothing open to others. */
async function aftermath(here: Street): Promise<string | null> {
  const { box } = here
  const left = lines(
    (await here.owner('ls -d "$H"/.claude/.*.lock "$H"/.claude.lock; true')).stdout,
  )
  if (left.length > 0) return `locks are left: ${left.join(', ')}`
  const { stdout, stderr } = await here.ensure(['--force'])
  if (box.authority.accepts(box.login()?.accessToken ?? '') === null)
    return `the login is lost: ${stdout} ${stderr}`
  if (box.ourReuses().length > 0) return 'a spent token was posted'
  const open = lines(
    (await here.owner('find "$H/.claude" "$H/.local" -type f -perm /077 2>/dev/null; true')).stdout,
  ).filter(path => !path.endsWith('/.claude.json'))
  return open.length > 0 ? `open to others: ${open.join(', ')}` : null
}

export async function inherited(t: Test, figures: Figures): Promise<void> {
  const used: Shell[] = isWhole ? ['bash', 'dash', 'ash'] : ['bash']
  for (const shell of used)
    await t.test(`what a launch inherits, ${shell}`, { skip, buffered: true }, async t => {
      const here = await street(t, { login: 'valid', client, config: { custody: 'shared' } })
      const { box } = here
      const sh = shell === 'ash' ? '/usr/bin/busybox' : join(box.home.path, 'sh')
      const applet = shell === 'ash' ? join(box.home.path, 'ash') : sh
      symlinkSync(shell === 'ash' ? '/bin/busybox' : (shells[shell][0] ?? ''), applet)
      box.home.write(join(box.home.path, 'naive'), naive, 0o755)
      const theirs = join(here.yard, 'theirs')
      mkdirSync(theirs)
      await box.run('chown', [String(neighbourUid), theirs])
      chmodSync(theirs, 0o755)
      await here.settleIn()
      for (const program of [box.wrapper, join(box.home.path, 'naive')])
        t.equal(await tried(here, applet, program, {}), null, 'under no condition both start it')
      for (const [kind, conditions] of Object.entries(kinds).filter(
        ([kind]) => isWhole || shortCut.includes(kind),
      )) {
        const harmed: string[] = []
        let naively = 0
        for (const [name, condition] of Object.entries(conditions)) {
          box.writeLogin(box.signIn(-60_000))
          await here.settleIn()
          const wrong =
            (await tried(here, applet, box.wrapper, condition)) ?? (await aftermath(here))
          if (wrong !== null) harmed.push(`${name}: ${wrong}`)
          const naiveProgram = join(box.home.path, 'naive')
          if ((await tried(here, applet, naiveProgram, condition)) !== null) naively += 1
        }
        const count = Object.keys(conditions).length
        figures.attack({
          kind: '13 The shell that starts us',
          attack: `${kind}, ${shell}`,
          tried: count,
          succeeded: harmed,
          control: { against: 'a script as many write it', succeeded: naively, tried: count },
        })
      }
    })
}
