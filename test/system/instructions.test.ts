// Instructions for all agents: both clients read them beside all that the site says, and uninstall leaves no trace of them.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import type { Call, RequestRecord } from '../../src/demo/endpoints.js'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'
import { realClients } from '../kit/real-clients.js'
import { sandbox } from '../kit/sandbox.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')
const rule = '/etc/claude-code/.claude/rules/claude-auth-changes.md'

for (const client of realClients())
  t.test(
    `client ${client.version} is told what the site says and what we add`,
    { skip: noOwnMachine || client.skip },
    async t => {
      const asked: string[] = []
      const hear = (record: RequestRecord, call: Call) => {
        if (record.endpoint === 'messages') asked.push(call.body)
      }
      const box = await sandbox(t, {
        client: client.path,
        via: 'proxy',
        authority: { hear },
      })
      const machine = await ownMachine(t)
      await machine.write('/etc/claude-code/CLAUDE.md', 'SITE-IN-CLAUDE-MD\n').catch(async () => {
        await machine.sh('mkdir -p /etc/claude-code')
        await machine.write('/etc/claude-code/CLAUDE.md', 'SITE-IN-CLAUDE-MD\n')
      })
      await machine.write(
        '/etc/claude-code/managed-settings.json',
        JSON.stringify({ claudeMd: 'SITE-IN-SETTINGS' }),
      )
      const listed = () => machine.sh('find /etc/claude-code | sort; cat /etc/claude-code/*.*')
      const before = await listed()
      const install = (...args: string[]) =>
        machine.run('node', [program, 'install', '--system', ...args])
      const installed = await install('--instructions', 'changes', '--custody', 'shared')
      t.ok([0, 4].includes(installed.code ?? -1), installed.stderr)
      t.match(await machine.sh(`stat -c %a ${rule}; cat ${rule}`), /^644\n# Changes to shared/)

      const ended = await machine.run(client.path, ['-p', 'hi'], {
        env: { ...box.env, CLAUDE_CODE_MAX_RETRIES: '0' },
        timeoutMs: 60_000,
      })
      t.equal(ended.code, 0, ended.stderr)
      const told = asked.join('\n')
      for (const each of ['SITE-IN-CLAUDE-MD', 'SITE-IN-SETTINGS', 'Never force-push to a shared'])
        t.ok(told.includes(each), each)

      t.match(await install(), { stdout: /Changed: nothing/ }, 'what was asked for stays')
      await install('--instructions', 'none')
      t.equal((await machine.run('test', ['-e', rule])).code, 1)
      await install('--instructions', 'changes')
      await machine.run('node', [program, 'uninstall', '--system'])
      t.equal(await listed(), before)
    },
  )

t.test(
  'a file of the site; what is no file, no text or a bad name changes nothing',
  { skip: noOwnMachine },
  async t => {
    const machine = await ownMachine(t)
    const install = (file: string) =>
      machine.run('node', [program, 'install', '--system', '--instructions', file])
    await machine.write('/root/house rules.md', 'x\n')
    await machine.write('/root/empty.md', '\n')
    for (const [file, why] of [
      ['/root/none.md', 'neither `changes` nor a file'],
      ['/root/empty.md', 'empty or no text'],
      ['/root/house rules.md', 'letters, digits'],
    ] as const)
      t.match(await install(file), { code: 2, stderr: why })
    t.equal((await machine.run('test', ['-e', '/var/lib/claude-auth/manifest.json'])).code, 1)
    await machine.write('/root/house.md', 'Be kind.')
    await install('/root/house.md')
    t.equal(
      await machine.sh('cat /etc/claude-code/.claude/rules/claude-auth-house.md'),
      'Be kind.\n',
    )
    t.match(await machine.run('node', [program, 'install', '--instructions', 'changes']), {
      code: 2,
      stderr: /go with --system/,
    })
  },
)
