// All users of a machine can read the arguments of every process: in those of ours stands no folder of the person's and no value of a variable.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noOwnMachine, type OwnMachine, ownMachine } from '../kit/own-machine.js'
import { type Sandbox, sandbox } from '../kit/sandbox.js'
import { shells } from '../kit/wrapper-box.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')
const installed = '/usr/local/lib/claude-auth/current/bin'
const skip =
  noOwnMachine || (spawnSync('strace', ['-V']).status === 0 ? false : 'strace is missing')
const project = '/home/alice/merger-with-acme'

/** As the client starts a hook: below a process with the person's environment, with what a repository set. */
const hooks = (shell: string) => `#!/bin/sh
[ "$1" = hooks ] || exit 0
export CLAUDE_PROJECT_DIR=${project} REPOSITORY=set-by-it
for event in session-start user-prompt-submit stop-failure session-end; do
  printf '{"error":"authentication_failed","reason":"logout"}' | ${shell} ${installed}/claude-auth hook $event
done
cd /home/alice/.claude/.claude-auth && rm -f signed-out
`

/** How the login stands before a launch; each needs other tools of the system. */
const situations: Record<string, string> = {
  'a first launch': 'rm -rf .claude/.claude-auth',
  'an ended login, and a notice': 'echo hello >.claude/.claude-auth/notice',
  'a login folder behind a link':
    '[ -L .claude ] || { mv .claude elsewhere; ln -s elsewhere .claude; }',
  'a home that its group may write to': 'chmod 775 .',
  'a configuration of its own':
    'mkdir -p .config/claude-auth; echo "version: 1" >.config/claude-auth/config.yaml',
}

async function machineWith(t: Parameters<typeof ownMachine>[0], box: Sandbox) {
  const machine = await ownMachine(t)
  const url = box.authority.url
  await machine.write(
    '/root/site.yaml',
    `version: 1\nendpoints: {oauth: "${url}", api: "${url}"}\n`,
  )
  await machine.write('/usr/bin/claude', '#!/bin/sh\n', 0o755)
  const words = [program, 'install', '--system', '--config', '/root/site.yaml']
  const done = await machine.run(process.execPath, words)
  if (done.code !== 0) throw new Error(done.stderr)
  for (const user of ['alice', 'mallory']) await machine.addUser(user)
  await machine.sh(`su alice -c 'mkdir -p ${project}/bin ~/.claude'`)
  return machine
}

const env = {
  PATH: `${project}/bin:/usr/local/bin:/usr/bin:/bin`,
  CLAUDE_AUTH_CLIENT: '/usr/bin/claude',
  SOME_VALUE: 'of-the-person',
}
/** What none of our programs may be started with. */
const telling = ['/home/alice', 'merger-with-acme', 'of-the-person', 'set-by-it', env.PATH]
telling.push(env.CLAUDE_AUTH_CLIENT)

/** Neither the client, started by its path as without us, nor what is only between the test and us. */
const isOurs = (words: string) =>
  !words.startsWith('"/usr/bin/claude"') && !words.includes('"/bin/sh", "/usr/bin/claude"')

async function signIn(machine: OwnMachine, box: Sandbox): Promise<void> {
  const login = { ...box.signIn(), expiresAt: Date.now() - 60_000 }
  // In words that tell nothing.
  const line = 'cd && cd .claude && umask 077 && cat >.credentials.json'
  await machine.as('alice', 'sh', ['-c', line], {
    input: JSON.stringify({ claudeAiOauth: login }),
  })
}

t.test('no program is started with them', { skip }, async t => {
  const box = await sandbox(t, { login: 'valid' })
  const machine = await machineWith(t, box)
  for (const [shell, words] of Object.entries(shells)) {
    await machine.write('/usr/bin/claude', hooks(words.join(' ')), 0o755)
    const launch = (more: string) =>
      machine.as(
        'alice',
        'strace',
        [
          ...['-f', '-qq', '-s', '100000', '-v', '-e', 'trace=execve', '-e', 'signal=none'],
          ...['-o', '/home/alice/trace', 'sh', '-c', `cd ${project} && exec "$@"`, 'sh'],
          ...[...words, `${installed}/claude`, ...more.split(' ')],
        ],
        { env },
      )
    let started = 0
    for (const [name, prepare] of Object.entries(situations))
      for (const more of name === 'a first launch' ? ['hooks', 'auth login'] : ['hooks']) {
        await signIn(machine, box)
        await machine.as('alice', 'sh', ['-c', prepare])
        const ended = await launch(more)
        t.match(ended, { code: 0, stderr: '' }, `${shell}, ${name}, ${more}`)
        const trace = await machine.sh('cat /home/alice/trace')
        const lines = trace.split('\n').filter(line => line.includes('execve('))
        const told = lines
          .map(line => /execve\((".*?"), \[(.*?)\], \[/.exec(line)?.[2] ?? line)
          .filter(line => !line.startsWith('"sh", "-c", "cd ') && isOurs(line))
        started += told.length
        const found = told.filter(line => telling.some(each => line.includes(each)))
        t.same([...new Set(found)], [], `${shell}, ${name}, ${more}`)
      }
    t.ok(started > 100, `${shell}: ${started} programs were seen`)
  }
})

/** Prints all command lines that there are, once each, until the file goes. */
const watch = `
use strict; my %seen; $| = 1; print "ready\\n";
while (-e "/tmp/watch") {
  for my $path (glob "/proc/[0-9]*/cmdline") {
    open(my $file, "<", $path) or next; local $/; my $text = <$file> // ""; $text =~ tr/\\0/ /;
    print "$text\\n" unless $seen{$text}++;
  }
}
`

t.test('a neighbor who reads them all the time learns nothing', { skip }, async t => {
  const box = await sandbox(t, { login: 'valid' })
  const machine = await machineWith(t, box)
  await machine.write('/usr/bin/claude', hooks(''), 0o755)
  await machine.write('/opt/watch', watch)
  await machine.sh('mount -t tmpfs -o mode=1777 tmp /tmp; : >/tmp/watch')
  const neighbor = machine.as('mallory', 'perl', ['/opt/watch'])
  const launch = ['-c', `cd ${project} && exec ${installed}/claude hooks`]
  for (let round = 0; round < 3; round++) {
    await signIn(machine, box)
    // By a variable: the test's own words would be what is read.
    const { code } = await machine.as('alice', 'sh', ['-c', 'eval "$LAUNCH"'], {
      env: { ...env, LAUNCH: launch[1] ?? '' },
    })
    t.equal(code, 0)
  }
  await machine.as('alice', 'sh', ['-c', 'timeout 1 env "A=$SOME_VALUE" sleep 2'], { env })
  await machine.sh('rm /tmp/watch')
  const seen = (await neighbor).stdout.split('\n')
  const control = seen.filter(line => line.includes('A=of-the-person'))
  t.ok(control.length > 0, 'she would see it')
  t.ok(
    seen.some(line => line.includes('ensure --for')),
    'she sees the worker',
  )
  const tells = (line: string) => telling.slice(0, -1).some(each => line.includes(each))
  t.same(
    seen.filter(
      line =>
        tells(line) &&
        !control.includes(line) &&
        !/^(?:env -i|\/usr\/bin\/(?:env|nsenter)|setpriv|sh -c cd)/.test(line),
    ),
    [],
  )
})
