// Processes of a neighbor's that keep whoever looks at them waiting, while root looks at, hands back to and removes from the users.

import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { noOwnMachine, type OwnMachine, ownMachine } from '../../kit/own-machine.js'
import { sandbox } from '../../kit/sandbox.js'
import type { Figures } from '../figures.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const installed = '/usr/local/lib/claude-auth/current/bin/claude-auth'
/** Much less than these processes hold. */
const mostMs = 25_000

/** What root does, in this order, and the code that it ends with. */
const commands: Record<string, { words: string[]; codes: number[] }> = {
  status: { words: [installed, 'status'], codes: [0, 3] },
  'doctor for root itself': { words: [installed, 'doctor', '--json'], codes: [0, 3, 4] },
  'doctor --system': { words: [installed, 'doctor', '--system', '--json'], codes: [0, 4] },
  'uninstall --system': { words: [installed, 'uninstall', '--system', '--yes'], codes: [0] },
}

/** Starts `script` (of this folder) and waits for the line that begins with `says`. */
async function start(machine: OwnMachine, name: string, words: string, says: string) {
  const script = words.split(' ')[0] ?? ''
  const text = readFileSync(join(root, 'test/lab/neighbours', script), 'utf8')
  await machine.write(`/opt/${script}`, text)
  await machine.sh(
    `(setsid python3 /opt/${words} >/opt/said.${name} 2>&1 &) </dev/null; ` +
      `for i in 1 2 3 4 5 6 7 8 9; do grep -qs ^${says} /opt/said.${name} && exit 0; sleep 0.3; done; cat /opt/said.${name}; exit 1`,
  )
}

async function heldBy(machine: OwnMachine, name: string): Promise<string> {
  return (await machine.sh(`sed -n 's/^held //p' /opt/said.${name}`)).trim()
}

export async function heldProcesses(t: Test, figures: Figures): Promise<void> {
  await t.test(
    'processes that hold up who looks',
    { skip: noOwnMachine, buffered: true },
    async t => {
      const box = await sandbox(t, { login: 'valid' })
      const machine = await ownMachine(t)
      for (const user of ['alice', 'mallory']) await machine.addUser(user)
      await machine.write('/usr/bin/claude', '#!/bin/sh\necho client\n', 0o755)
      const url = box.authority.url
      const config = `version: 1\nendpoints: {oauth: "${url}", api: "${url}"}\n`
      await machine.write('/root/site.yaml', config)
      const words = [
        join(root, 'bin/claude-auth'),
        'install',
        '--system',
        '--config',
        '/root/site.yaml',
      ]
      t.match(await machine.run(realpathSync(process.execPath), words), { code: 0 })
      for (const user of ['alice', 'mallory', 'root']) {
        const home = (await machine.sh(`getent passwd ${user} | cut -d: -f6`)).trim()
        const login = JSON.stringify({ claudeAiOauth: box.signIn() })
        await machine.sh(`mkdir -p -m 700 ${home}/.claude`)
        await machine.write(`${home}/.claude/.credentials.json`, login, 0o600)
        await machine.sh(`chown -R ${user}: ${home}/.claude`)
        await machine.as(user, installed, ['ensure', '--force'], {
          ...(user === 'root' ? { env: { HOME: '/root' } } : {}),
        })
      }
      const uid = (await machine.sh('id -u mallory')).trim()
      await machine.sh(`for each in seen hidden files; do install -d -o mallory /opt/$each; done`)
      await start(machine, 'seen', `held.py /opt/seen ${uid}`, 'held')
      await start(machine, 'hidden', `held.py /opt/hidden ${uid} hidden`, 'held')
      // A process with a file open on a mount for all that answers nothing any more.
      await machine.sh('mkdir /opt/tree; echo >/opt/tree/file')
      await start(machine, 'files', `fuse.py /opt/tree /opt/files ${uid} one-open`, 'mounted')
      await machine.sh(
        `(setpriv --reuid=${uid} --clear-groups sh -c 'exec sleep 987 5</opt/files/file' >/dev/null 2>&1 &) </dev/null; sleep 0.5`,
      )
      let naively = 0
      for (const name of ['seen', 'hidden']) {
        const pid = await heldBy(machine, name)
        for (const part of ['environ', 'cmdline']) {
          const look = ['-s', 'KILL', '2', 'cat', `/proc/${pid}/${part}`]
          const { code } = await machine.run('timeout', look)
          if (code !== 0) naively++
        }
      }
      t.equal(naively, 4, 'who reads them waits')
      const succeeded: string[] = []
      for (const [name, { words, codes }] of Object.entries(commands)) {
        const [first = '', ...rest] = words
        const ended = await machine.run(first, rest, { timeoutMs: mostMs })
        const isWell = codes.includes(ended.code ?? -1) && ended.ms < mostMs
        if (!isWell) succeeded.push(name)
        t.ok(
          isWell,
          `${name}: ${ended.code} after ${Math.round(ended.ms)} ms: ${ended.stdout.slice(-400)}${ended.stderr}`,
        )
      }
      for (const user of ['alice', 'mallory']) {
        const login = JSON.parse(await machine.sh(`cat /home/${user}/.claude/.credentials.json`))
        t.match(login.claudeAiOauth, { refreshToken: /^sk-ant-ort01-/ }, `${user} is handed back`)
      }
      figures.attack({
        kind: '12 One user’s trouble',
        attack:
          'processes of theirs whose arguments and environment keep each reader waiting, one shown as root’s, and a file open on a mount that answers nothing',
        tried: Object.keys(commands).length,
        succeeded,
        control: {
          against: 'who reads the arguments or the environment',
          succeeded: naively,
          tried: 4,
        },
      })
    },
  )
}
