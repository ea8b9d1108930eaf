// `claude-auth base update` on a machine of its own: users link the base, and git and rclone bring it.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'
import { fetchPeers } from '../kit/real-clients.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')

async function machineWithBase(t: Test) {
  const machine = await ownMachine(t)
  await machine.sh(`set -e
    mkdir -p /etc/claude-auth /opt/base /opt/source
    for at in 1 2 3 4; do for part in skills rules; do
      mkdir -p /opt/base/$part; echo one > /opt/base/$part/$at.md; done; done
    cp -a /opt/base/. /opt/source/`)
  await machine.write('/etc/claude-auth/config.yaml', 'version: 1\nbase: {folder: /opt/base}\n')
  const update = (...args: string[]) => machine.run(program, ['base', 'update', ...args])
  return { machine, update }
}

t.test(
  'a clone of git as the source; users see the new one by their links',
  { skip: noOwnMachine },
  async t => {
    const { machine, update } = await machineWithBase(t)
    await machine.sh(`set -e
    cd /opt/source && git init -q && git add . && git -c user.name=a -c user.email=a@x commit -qm one
    git clone -q /opt/source /opt/clone
    mkdir -p /home/u/.claude && ln -s /opt/base/skills /home/u/.claude/skills
    cd /opt/source && echo two > skills/1.md && git add . && git -c user.name=a -c user.email=a@x commit -qm two
    git -C /opt/clone pull -q`)
    t.match(await update('--from', '/opt/clone', '--dry-run'), {
      code: 0,
      stdout: '~ skills/1.md\n',
    })
    t.equal(await machine.sh('cat /home/u/.claude/skills/1.md'), 'one\n')
    const { code, stdout } = await update('--from', '/opt/clone', '--json')
    t.match(
      [code, JSON.parse(stdout)],
      [0, { schemaVersion: 1, did: 'updated', changed: ['skills/1.md'], deleted: [] }],
    )
    t.equal(await machine.sh('cat /home/u/.claude/skills/1.md'), 'two\n')
    t.equal(await machine.sh('cat /opt/base.previous/skills/1.md'), 'one\n')
    t.equal(await machine.sh('ls -A /opt/base'), 'rules\nskills\n')
    t.match(await update('--from', '/opt/clone'), { code: 0, stdout: /Nothing to do/ })
    const journal = await machine.sh(
      'stat -c %a /var/lib/claude-auth/admin.jsonl; cat /var/lib/claude-auth/admin.jsonl',
    )
    t.match(journal, /^600\n.*"command":"base update".*"result":"begun".*\n.*"result":"done"/)
  },
)

t.test(
  'a file system that cannot exchange folders: all stays as it was, and a link is the way on',
  { skip: noOwnMachine },
  async t => {
    const { machine, update } = await machineWithBase(t)
    // What lies in the lower layer of an overlay, as in an image, is not renamed.
    await machine.sh(`set -e
      mkdir -p /opt/layers && mount -t tmpfs none /opt/layers && cd /opt/layers
      mkdir -p lower upper work merged && cp -a /opt/base lower/base
      cp -a /opt/base lower/base.previous && echo zero > lower/base.previous/skills/1.md
      mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work,redirect_dir=off merged
      ln -s /opt/layers/merged /opt/merged`)
    const base = '/opt/layers/merged/base'
    const config = `version: 1\nbase: {folder: ${base}}\n`
    await machine.write('/etc/claude-auth/config.yaml', config)
    await machine.sh('echo two > /opt/source/skills/1.md')
    const all = `cd ${base}/.. && find . | sort && cat base/skills/1.md base.previous/skills/1.md`
    const before = await machine.sh(all)
    const refused = await update('--from', '/opt/source', '--yes')
    t.match(refused, { code: 1, stderr: /cannot exchange two folders in one step; make .* a link/ })
    t.equal(await machine.sh(all), before)
    const [, command = ''] = /(mv \S+ \S+ && ln -s \S+ \S+)/.exec(refused.stderr) ?? []
    await machine.sh(command)
    t.match(await update('--from', '/opt/source', '--yes'), { code: 0 })
    t.equal(await machine.sh(`cat ${base}/skills/1.md ${base}.previous/skills/1.md`), 'two\none\n')
    await machine.sh('umount /opt/layers/merged /opt/layers')
  },
)

t.test(
  'a mount in the base is no part of an update, and nothing in it is touched',
  { skip: noOwnMachine },
  async t => {
    const { machine, update } = await machineWithBase(t)
    await machine.sh(`set -e
      echo two > /opt/source/skills/1.md && mkdir /opt/base/skills/site && mount -t tmpfs none /opt/base/skills/site
      echo kept > /opt/base/skills/site/x`)
    const refused = await update('--from', '/opt/source', '--yes')
    t.match(refused, { code: 2, stderr: /\/opt\/base\/skills\/site is a mount point.*findmnt/s })
    t.equal(await machine.sh('cat /opt/base/skills/site/x /opt/base/skills/1.md'), 'kept\none\n')
    await machine.sh('umount /opt/base/skills/site')
    t.equal((await update('--from', '/opt/source', '--yes')).code, 0)
    // One more mount, in what is emptied next.
    await machine.sh(`set -e
      mkdir /opt/base.previous/m && mount -t tmpfs none /opt/base.previous/m && echo kept > /opt/base.previous/m/x
      echo three > /opt/source/skills/1.md`)
    t.equal((await update('--from', '/opt/source', '--yes')).code, 2)
    t.equal(await machine.sh('cat /opt/base.previous/m/x'), 'kept\n')
    await machine.sh('umount /opt/base.previous/m')
  },
)

const [rclone] = fetchPeers('rclone')

const noRclone = noOwnMachine || (rclone?.skip ?? 'no rclone')
t.test('rclone as the source', { skip: noRclone }, async t => {
  const { machine, update } = await machineWithBase(t)
  await machine.sh(
    `echo two > /opt/source/skills/1.md && ${rclone?.path} sync /opt/source /opt/fetched`,
  )
  t.match(await update('--from', '/opt/fetched'), { code: 0 })
  t.equal(await machine.sh('cat /opt/base/skills/1.md'), 'two\n')
})

t.test('a refusal changes nothing and says what and where', { skip: noOwnMachine }, async t => {
  const { machine, update } = await machineWithBase(t)
  await machine.sh('rm -r /opt/source/rules && echo "{}" > /opt/source/settings.json')
  const before = await machine.sh('find /opt -ls')
  t.match(await update('--from', '/opt/source'), {
    code: 1,
    stderr:
      /refused \(part-missing\): rules is in the base.*\n.*refused \(settings\): settings\.json is a settings file\n.*\n.*nothing was changed/,
  })
  t.match(await update('--from', '/nowhere'), {
    code: 2,
    stderr: /is no folder; nothing was changed/,
  })
  t.match(await update('--from', '/opt/base/skills'), { code: 2, stderr: /lie in each other/ })
  t.equal(await machine.sh('find /opt -ls'), before)
  const doctor = () =>
    machine
      .run(program, ['doctor', '--system', '--only', 'base', '--json'])
      .then(({ stdout }) => JSON.parse(stdout).checks[0])
  t.match(await doctor(), { id: 'base', state: 'ok', message: /skills, rules of \/opt\/base/ })
  await machine.sh('chmod 777 /opt/base')
  t.match(await doctor(), { state: 'fail', hint: 'chmod go-w /opt/base' })
  t.match(await update('--from', '/opt/source'), { code: 1, stderr: /writable by others/ })
})
