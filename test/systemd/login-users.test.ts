// Who the timer of the machine works for: all users with a login folder of their own, and without an active timer.

import { execFileSync, spawnSync } from 'node:child_process'
import { chownSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const script = fileURLToPath(new URL('../../bin/login-users.sh', import.meta.url))
const skip = process.getuid?.() === 0 ? false : 'needs root, to make homes of others'

t.test('the list', { skip }, async t => {
  const folder = t.testdir()
  const home = (name: string, uid: number, loginUid: number | null = uid) => {
    const path = join(folder, 'home', name)
    mkdirSync(path, { recursive: true })
    if (loginUid !== null) {
      mkdirSync(join(path, '.claude'), { recursive: true })
      chownSync(join(path, '.claude'), loginUid, 0)
    }
    chownSync(path, uid, 0)
    return path
  }
  const line = (name: string, uid: number | string, path: string) =>
    `${name}:x:${uid}:100:Somebody, else:${path}:/bin/bash`
  for (const uid of [70_005, 70_013]) {
    mkdirSync(join(folder, `run/${uid}/systemd`), { recursive: true })
    writeFileSync(join(folder, `run/${uid}/systemd/private`), '')
  }
  const linked = home('linked-target', 70_006)
  symlinkSync(linked, join(folder, 'home/linked'))
  const passwd = [
    line('alice', 70_001, home('alice', 70_001)),
    line('no-login', 70_002, home('no-login', 70_002, null)),
    line('stolen', 70_003, home('stolen', 70_003, 70_001)),
    line('others-home', 70_004, home('others-home', 70_001, 70_004)),
    line('has-timer', 70_005, home('has-timer', 70_005)),
    line('no-timer', 70_013, home('no-timer', 70_013)),
    line('linked', 70_006, join(folder, 'home/linked')),
    line('CORP\\bob', 70_007, home('bob', 70_007)),
    line('-n', 70_008, home('dash', 70_008)),
    line('service', 300, home('../var/service', 300)),
    line('root', 0, home('../root', 0)),
    line('toor', 0, home('../root', 0)),
    line('nobody', 65_534, home('nobody', 65_534)),
    line('no-home', 70_009, '/nonexistent'),
    line('rootish', '', '/'),
    line('odd', '1e5', '/root'),
    'garbage',
    '',
    line('zoe', 70_010, home("it's $(touch pwned) home", 70_010)),
  ]
  const place = (path: string, text: string) => {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text, { mode: 0o755 })
  }
  place(join(folder, 'passwd'), `${passwd.join('\n')}\n`)
  // A directory service that lists nobody: its users are known one by one.
  const directory = line('dora', 70_011, home('dora', 70_011))
  for (const uid of [70_012, 6_999]) home(`unknown-${uid}`, uid)
  const tools = join(folder, 'tools')
  place(
    join(tools, 'getent'),
    `#!/bin/sh
[ ! -e '${folder}/is-away' ] || { echo '${directory}'; exit 1; }
[ $# = 1 ] && exec cat '${folder}/passwd'
shift
# As musl's: the first unknown key is the end.
for key; do
  case $key in 70011) echo '${directory}' ;; 70001) grep -F :70001: '${folder}/passwd' ;; *) exit 2 ;; esac
done
`,
  )
  place(
    join(tools, 'systemctl'),
    `#!/bin/sh
case "$*" in
  *is-active*has-timer* | *has-timer*is-active*) exit 0 ;;
  '--user is-active'*) [ "$XDG_RUNTIME_DIR" = '${folder}/run/70005' ] ; exit ;;
  *is-active*) exit 3 ;;
esac
echo "$*" >>'${folder}/started'
exit 1
`,
  )
  place(
    join(tools, 'id'),
    `#!/bin/sh
[ "$*" = -u ] && echo "\${ACTING-0}" && exit
case $3 in has-timer) echo 70005 ;; no-timer) echo 70013 ;; *) exit 1 ;; esac
`,
  )
  const copy = join(folder, 'login-users.sh')
  const text = readFileSync(script, 'utf8')
    .replace('/run/user', join(folder, 'run'))
    .replace('ca_homes=/home', `ca_homes=${join(folder, 'home')}`)
    .replace('ca_passwd=/etc/passwd', `ca_passwd=${join(folder, 'passwd')}`)
    .replace('PATH=', `PATH=${tools}:`)
  place(copy, text)
  const expected = [
    'alice',
    'no-timer',
    'linked',
    '70007',
    '70008',
    'service',
    'root',
    'zoe',
    'dora',
  ]
  for (const shell of [['dash'], ['bash'], ['busybox', 'ash']]) {
    const [program = '', ...args] = shell
    const listed = execFileSync(program, [...args, copy], { encoding: 'utf8', cwd: folder })
    t.same(listed.trim().split('\n'), expected, shell.join(' '))
  }
  writeFileSync(join(folder, 'is-away'), '')
  for (const shell of ['dash', 'bash']) {
    const listed = execFileSync(shell, [copy], { encoding: 'utf8', cwd: folder })
    const own = expected.filter(user => user !== 'dora')
    t.same(
      listed.split('\n').filter(user => own.includes(user)),
      own,
      `${shell}: the directory is away, and the file is read`,
    )
  }
  rmSync(join(folder, 'is-away'))
  spawnSync('sh', [copy, '--start'])
  const started = readFileSync(join(folder, 'started'), 'utf8').trim().split('\n').sort()
  const all = [...expected, 'has-timer']
  t.same(started, all.map(user => `start claude-auth@${user}.service`).sort(), 'and each is asked')
  for (const [uid, code] of [
    [70_001, 0],
    [70_005, 1],
    [70_013, 0],
  ] as const) {
    const env = { PATH: '/usr/bin:/bin', ACTING: String(uid) }
    t.equal(spawnSync('sh', [copy, '--unattended'], { env }).status, code, `user ${uid}`)
  }
})

t.test('the service of a user asks before it checks', async t => {
  const unit = readFileSync(
    fileURLToPath(new URL('../../systemd/system/claude-auth@.service', import.meta.url)),
    'utf8',
  )
  t.match(unit, /^ExecCondition=\/bin\/sh @program@\/bin\/login-users\.sh --unattended$/m)
})
