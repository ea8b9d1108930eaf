// A user near the limit of processes (`ulimit -u`): whatever can still be started, the client starts, and no gate stays shut.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noOwnMachine, type OwnMachine, ownMachine } from '../kit/own-machine.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')
/** Nobody else has it: the kernel counts a user's processes on the whole machine. */
const uid = 61_234
const home = '/home/alice'

/** Installed for all; alice's login has run out, and its server is away. */
async function prepare(machine: OwnMachine) {
  await machine.sh(`useradd -m -u ${uid} alice && usermod -p '*' alice`)
  await machine.write('/usr/local/bin/claude', '#!/bin/sh\necho started "$@"\n', 0o755)
  const nobody = 'http://127.0.0.1:9'
  await machine.sh('mkdir -p /etc/claude-auth')
  await machine.write(
    '/etc/claude-auth/config.yaml',
    `endpoints: {oauth: "${nobody}", api: "${nobody}"}\nrenewal: {launchWait: 1s}\n`,
  )
  await machine.sh(
    `PATH=${join(process.execPath, '..')}:$PATH ${program} install --system --yes || [ $? = 4 ]`,
  )
  const login = '{"claudeAiOauth":{"accessToken":"a","refreshToken":"r","expiresAt":1}}'
  await machine.sh(
    `install -d -o alice -g alice -m 700 ${home}/.claude && printf '%s' '${login}' >${home}/.claude/.credentials.json && chown -R alice:alice ${home} && chmod 600 ${home}/.claude/.credentials.json`,
  )
}

const wrapper = '/usr/local/lib/claude-auth/current/bin/claude'

/** A program of alice's that may have `most` processes, itself included. */
function limited(machine: OwnMachine, most: number, words: string[]) {
  const setpriv = [`--reuid=${uid}`, '--regid=alice', '--clear-groups']
  return machine.run('/usr/bin/setpriv', [
    ...setpriv,
    'env',
    `HOME=${home}`,
    'USER=alice',
    'LOGNAME=alice',
    'PATH=/usr/local/bin:/usr/bin:/bin',
    'prlimit',
    `--nproc=${most}:${most}`,
    ...words,
  ])
}

t.test('a user near the limit of processes', { skip: noOwnMachine }, async t => {
  const machine = await ownMachine(t)
  await prepare(machine)
  await machine.sh(`ln -s ${wrapper}-wrap /usr/local/bin/wrap`)
  const gate = `${home}/.claude/.claude-auth/gate`
  const isFree = (waitS: number) => machine.sh(`[ ! -e ${gate} ] || flock -w ${waitS} ${gate} true`)
  const limits: Record<string, number[]> = {
    '/bin/dash': [1, 2, 3, 24],
    // It tries for 15 s to get a process.
    '/bin/bash': [1],
    '/bin/busybox ash': [1, 3],
  }
  for (const [shell, mosts] of Object.entries(limits))
    for (const most of mosts) {
      const about = `${shell}, ${most}`
      const ended = await limited(machine, most, [...shell.split(' '), wrapper, 'x'])
      t.match(ended, { code: 0, stdout: 'started x\n' }, `${about}: ${ended.stderr}`)
      t.match(ended.stderr, /^claude-auth: /m, about)
      const hook = [...shell.split(' '), join(wrapper, '../claude-auth'), 'hook', 'session-start']
      t.match(await limited(machine, most, hook), { code: 0 }, `${about}: a hook stops no session`)
      // By the link that it may be, whose target takes a process to find.
      const given = [...shell.split(' '), '/usr/local/bin/wrap', '/usr/local/bin/claude', 'x']
      if (shell !== '/bin/bash' && [1, 24].includes(most))
        t.match(
          await limited(machine, most, given),
          { code: 0, stdout: 'started x\n' },
          `${about}: claude-wrap`,
        )
      await isFree(90)
      await machine.sh(`rm -rf ${home}/.claude/.claude-auth`)
    }
  // Node has its process, but waits for ever for a thread: it is ended from outside.
  const ended = await limited(machine, 8, ['/bin/dash', wrapper, 'x'])
  t.match(ended, { code: 0, stdout: 'started x\n' }, ended.stderr)
  // The launch does not wait for that; whoever ends the engine does, within the time of a run.
  await isFree(90)
  t.equal(await machine.sh(`pgrep -u ${uid}; true`), '', 'nothing is left')
})
