// A busybox whose `timeout` is older than ours: without `-k` (before 1.34), and with the seconds after `-t` (before 1.30).

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')
const wrapper = '/usr/local/lib/claude-auth/current/bin/claude'

/** What such a `timeout` makes of its arguments; each says what the real one would. */
const older: Record<string, string> = {
  'before 1.34': `case $1 in
  -k) echo "timeout: invalid option -- 'k'" >&2; exit 1 ;;
  -*) echo 'Usage: timeout [-s SIG] SECS PROG ARGS' >&2; exit 1 ;;
esac`,
  'before 1.30': `case $1 in
  -t) shift ;;
  -*) echo "timeout: invalid option -- 'k'" >&2; exit 1 ;;
  *) echo "timeout: can't execute '$1': No such file or directory" >&2; exit 127 ;;
esac`,
}

for (const [version, judge] of Object.entries(older))
  t.test(`busybox ${version}: the login is looked at`, { skip: noOwnMachine }, async t => {
    const machine = await ownMachine(t)
    await machine.write('/usr/local/bin/claude', '#!/bin/sh\necho started "$@"\n', 0o755)
    await machine.sh('mkdir -p /etc/claude-auth')
    const nobody = 'http://127.0.0.1:9'
    await machine.write(
      '/etc/claude-auth/config.yaml',
      `endpoints: {oauth: "${nobody}", api: "${nobody}"}\nrenewal: {launchWait: 8s}\n`,
    )
    await machine.sh(
      `PATH=${join(process.execPath, '..')}:$PATH ${program} install --system --yes || [ $? = 4 ]`,
    )
    const login = '{"claudeAiOauth":{"accessToken":"a","refreshToken":"r","expiresAt":1}}'
    await machine.sh(
      'useradd -m alice && usermod -p "*" alice && install -d -o alice -m 700 ~alice/.claude',
    )
    await machine.write('/home/alice/.claude/.credentials.json', login, 0o600)
    await machine.sh('chown -R alice: /home/alice')
    // One program under many names, as busybox is; it tells the name that it was started by.
    await machine.sh(
      'mv /usr/bin/busybox /usr/bin/busybox-new && mv /usr/bin/timeout /usr/bin/timeout-new',
    )
    await machine.write(
      '/usr/bin/busybox',
      `#!/bin/dash
case \${0##*/} in
  timeout) ;;
  busybox) exec /usr/bin/busybox-new "$@" ;;
  *) exec /usr/bin/busybox-new "\${0##*/}" "$@" ;;
esac
${judge}
exec /usr/bin/timeout-new "$@"
`,
      0o755,
    )
    await machine.sh('ln /usr/bin/busybox /usr/bin/timeout')
    const launched = await machine.as('alice', '/usr/bin/busybox-new', ['ash', wrapper, 'x'])
    t.match(launched, { code: 0, stdout: 'started x\n' }, launched.stderr)
    t.match(launched.stderr, /^claude-auth: No answer from the login server/m)
    t.notMatch(launched.stderr, /invalid|execute|Usage|missing/)
    t.match(
      await machine.sh('cat /home/alice/.claude/.claude-auth/journal.jsonl'),
      /"did"/,
      'the engine has run',
    )
    const hook = ['ash', join(wrapper, '../claude-auth'), 'hook', 'session-start']
    const hooked = await machine.as('alice', '/usr/bin/busybox-new', hook, { input: '{}' })
    t.match(hooked, { code: 0 }, hooked.stderr)
    t.notMatch(`${hooked.stdout}${hooked.stderr}`, /missing|invalid|execute/)
  })
