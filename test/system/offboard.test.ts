// `claude-auth offboard` on a machine with users, a real OpenBao and a login server: each stage, the way back, and what is refused.

import t from 'tap'
import { journal, type OffboardAnswer, offboardMachine } from '../kit/offboard-machine.js'
import { noOwnMachine } from '../kit/own-machine.js'

function statesOf({ steps }: OffboardAnswer, where: string): string[] {
  return [...new Set(steps.filter(each => each.where === where).map(({ state }) => state))]
}

t.test('cut, undo, cut, revoke, destroy', { skip: noOwnMachine }, async t => {
  const place = await offboardMachine(t, ['alice', 'bob'])
  const { offboard, machine, site, box } = place

  const first = await offboard('alice', '--json')
  t.match(first, {
    code: 0,
    object: { stage: null, standing: 'active', next: 'claude-auth offboard alice --stage cut' },
  })

  const before = site.asked.length
  const dry = await offboard('alice', '--stage', 'cut', '--dry-run', '--json')
  t.match(dry, { code: 0, object: { standing: 'active' } })
  t.equal(site.asked.length, before)
  await machine.sh(`! test -e ${journal} && ! test -e /var/lib/claude-auth/left`)

  const unasked = await offboard('alice', '--stage', 'cut')
  t.match(unasked, { code: 2, stderr: /--yes/ }, 'nobody is there to be asked')

  const cut = await offboard('alice', '--stage', 'cut', '--yes', '--reason', 'last day', '--json')
  t.match(
    cut,
    { code: 4, object: { standing: 'cut', next: 'claude-auth offboard alice --stage revoke' } },
    cut.stderr,
  )
  t.same(statesOf(cut.object, 'vault'), ['done'])
  t.same(statesOf(cut.object, 'machine'), ['done'])
  t.same(statesOf(cut.object, 'site'), ['left'])
  t.match(await machine.sh(`stat -c '%U %a' /var/lib/claude-auth/left/$(id -u alice)`), 'root 644')

  const fleet = ['fleet', '--from', 'homes', '--json']
  const seen = JSON.parse((await machine.run('/usr/local/bin/claude-auth', fleet)).stdout)
  t.match(seen.users, [
    { user: 'bob', state: 'ok' },
    { user: 'alice', state: 'left', toDo: 'claude-auth offboard alice' },
  ])

  await t.test('her engine renews nothing, restores nothing and hands nothing back', async t => {
    const requests = box.authority.requests.length
    t.match(JSON.parse((await place.ensure('alice')).stdout), { because: 'off', did: [] })
    const launched = await machine.as('alice', '/usr/local/bin/claude', ['x'])
    t.match(launched, { code: 0, stdout: 'client\n', stderr: '' })
    t.notOk(await place.hasRefreshToken('alice'))
    await machine.as('alice', 'sh', [
      '-c',
      'mkdir -p .config/claude-auth && echo "mode: off" >.config/claude-auth/config.yaml',
    ])
    await place.ensure('alice')
    t.notOk(await place.hasRefreshToken('alice'), 'her own configuration has no say')
    await machine.as('alice', '/usr/local/bin/claude-auth', ['uninstall', '--yes'])
    t.notOk(await place.hasRefreshToken('alice'), 'nor has her uninstall')
    await machine.as('alice', 'sh', [
      '-c',
      'rm -rf .claude/.claude-auth .config/claude-auth/config.yaml',
    ])
    t.match(JSON.parse((await place.ensure('alice')).stdout), { because: 'off' })
    t.notOk(await place.hasRefreshToken('alice'), 'nor what she deletes')
    const mark = `/var/lib/claude-auth/left/${(await machine.sh('id -u alice')).trim()}`
    await machine.as('alice', 'rm', ['-f', mark])
    await machine.sh(`test -e ${mark}`)
    t.equal(box.authority.requests.length, requests, 'the login server was not asked')
    const doctor = await machine.as('alice', '/usr/local/bin/claude-auth', [
      'doctor',
      '--json',
      '--offline',
    ])
    const { checks } = JSON.parse(doctor.stdout) as { checks: { id: string; state: string }[] }
    t.match(
      checks.find(({ id }) => id === 'left'),
      { state: 'note', message: /ended your login/ },
    )
    const status = await machine.as('alice', '/usr/local/bin/claude-auth', ['status'])
    t.match(status.stdout, /An admin has ended your login/)
  })
  t.match(
    JSON.parse((await place.ensure('bob')).stdout),
    { because: 'fresh' },
    'bob is not touched',
  )

  const undone = await offboard('alice', '--undo', '--yes', '--json')
  t.match(undone, { code: 0, object: { standing: 'active', next: null } }, undone.stderr)
  await machine.sh('! test -e /var/lib/claude-auth/left/$(id -u alice)')
  t.match(
    JSON.parse((await place.ensure('alice')).stdout),
    { verdict: 'ok', because: 'fresh' },
    'without a sign-in',
  )

  const early = await offboard('alice', '--stage', 'revoke', '--yes')
  t.match(early, { code: 2, stderr: /the cut of alice is not complete/ })
  await offboard('alice', '--stage', 'cut', '--yes')
  const unrevoked = await offboard('alice', '--stage', 'destroy', '--yes', '--now')
  t.match(unrevoked, { code: 2, stderr: /alice is not revoked yet/ })
  t.ok(await site.server.document('alice'), 'the document is there')

  const revoked = await offboard('alice', '--stage', 'revoke', '--yes', '--json')
  t.match(revoked, { code: 4, object: { standing: 'revoked' } }, revoked.stderr)
  t.same(statesOf(revoked.object, 'vault'), ['done'])
  t.same(statesOf(revoked.object, 'machine'), ['done'])
  t.ok(
    box.authority.requests.some(({ path }) => path.includes('revoke')),
    'ended at the server',
  )

  const young = await offboard('alice', '--stage', 'destroy', '--yes')
  t.match(young, { code: 2, stderr: /too young: it can be destroyed from/ })
  const destroyed = await offboard('alice', '--stage', 'destroy', '--yes', '--now', '--json')
  t.match(destroyed, { code: 4, object: { standing: 'destroyed', next: null } }, destroyed.stderr)
  t.equal(await site.server.document('alice'), null)
  await machine.sh(
    '! test -e /home/alice/.local/share/claude-auth && ! test -e /home/alice/.claude/.claude-auth',
  )
  await machine.sh(
    '! test -e /home/alice/.config/claude-auth/vault-token && test -e /home/alice/.claude/.credentials.json',
  )
  t.match(await offboard('alice', '--undo', '--yes'), {
    code: 2,
    stderr: /no cut of alice is noted/,
  })

  const deeds = (await machine.sh(`cat ${journal}`))
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  t.match(
    deeds.find(({ command }) => command === 'offboard cut'),
    { user: 'alice', why: 'last day', who: /^root@/ },
  )
  t.equal(await machine.sh(`stat -c %a ${journal}`), '600\n')
  t.notMatch(JSON.stringify(deeds), /hvs\.|s\.[A-Za-z0-9]{20}|sk-ant/)

  await t.test('an uninstallation leaves the journal and the mark', async () => {
    const gone = await machine.run('/usr/local/bin/claude-auth', ['uninstall', '--system', '--yes'])
    t.ok([0, 4].includes(gone.code ?? -1), gone.stderr)
    await machine.sh(`test -e ${journal} && test -e /var/lib/claude-auth/left/$(id -u alice)`)
  })
})

t.test('what is refused, and what it says', { skip: noOwnMachine }, async t => {
  const more = 'rosterFrom: {repository: /srv/infra, file: roster.yaml}\n'
  const place = await offboardMachine(t, ['alice'], { more })
  const { offboard, machine, site } = place
  const roster = async (text: string) => {
    await machine.write('/srv/infra/roster.yaml', text)
    await machine.sh(
      'cd /srv/infra && git add . && git -c user.name=a -c user.email=a@b commit -qm roster',
    )
  }
  await machine.sh('mkdir -p /srv/infra && cd /srv/infra && git init -q')
  await roster('users:\n  zoe: {tier: admin}\n  alice: {email: alice@example.com}\n')

  for (const word of ['../bob', 'a b', '-x', 'a/../b', 'x'.repeat(80), 'sk-ant-oat01-abcdef'])
    t.match(await offboard('--stage', 'cut', '--yes', '--', word), { code: 2, stdout: '' }, word)
  const active = await offboard('alice', '--stage', 'cut', '--yes')
  t.match(active, { code: 2, stderr: /HEAD:roster.yaml:3:3: users.alice: add "left: \d{4}/ })
  t.match(await offboard('nobody-here', '--stage', 'cut', '--yes'), {
    code: 2,
    stderr: /nobody is called/,
  })
  t.match(await offboard('nobody-here', '--json'), { code: 2, stderr: /nobody is called/ })
  await t.test('whatever an admin is called in Vault, their row counts', async t => {
    await site.user('zoe')
    await site.user('zoe-vault')
    await roster('users:\n  zoe: {tier: admin}\n  kim: {tier: admin, vault_name: zoe-vault}\n')
    for (const [name, listed] of [
      ['Zoe', 'zoe'],
      ['zoe-vault', 'kim'],
      ['ZOE-Vault', 'kim'],
    ] as const) {
      const ended = await offboard(name, '--stage', 'cut', '--yes', '--now')
      t.match(
        ended,
        { code: 2, stderr: new RegExp(`the roster calls this user ${listed}\n`) },
        name,
      )
    }
    for (const text of ['users: [zoe]\n', 'users:\n  zoe: {tier: Admin}\n', 'users:\n\t- x\n']) {
      await roster(text)
      const ended = await offboard('zoe', '--stage', 'cut', '--yes', '--now')
      t.match(ended, { code: 2, stderr: /HEAD:roster.yaml:\d/ }, text)
    }
  })
  await machine.addUser('zoe')
  await roster('users:\n  zoe: {tier: admin, left: 2020-01-01}\n  alice: {left: 2020-01-01}\n')
  t.match(await offboard('zoe', '--stage', 'cut', '--yes'), { code: 2, stderr: /tier admin/ })
  t.match(await offboard('zoe', '--stage', 'cut', '--yes', '--admin'), { code: 4 })

  await t.test('as a user', async t => {
    const ended = await machine.as('alice', '/usr/local/bin/claude-auth', [
      'offboard',
      'zoe',
      '--stage',
      'cut',
      '--yes',
    ])
    t.match(ended, { code: 2, stderr: /as root/ })
    const erase = ['offboard', 'alice', '--as-user', 'erase']
    t.match(await machine.as('alice', '/usr/local/bin/claude-auth', erase), { code: 2 })
    t.ok(await machine.sh('ls /home/alice/.config/claude-auth/vault-token'))
  })

  await t.test('the admin without a token, and with a dead one', async t => {
    await machine.sh('mv /root/admin-token /root/kept')
    t.match(await offboard('alice', '--stage', 'cut', '--yes'), {
      code: 2,
      stderr: /there is no Vault token for this \(\/root\/admin-token\)/,
    })
    await machine.write('/root/admin-token', 'hvs.CAESIdeadbeefdeadbeefdeadbeef', 0o600)
    const dead = await offboard('alice', '--stage', 'cut', '--yes')
    t.match(dead, { code: 2, stderr: /does not know the admin's token.*nothing was changed/ })
    t.notMatch(dead.stderr, /hvs\./)
    await machine.sh('mv /root/kept /root/admin-token')
  })

  await t.test("others' keys in the document", async t => {
    await site.server.put('alice', {
      setup_token: '',
      vaultwarden_email: 'secret-of-others@example.com',
    })
    await offboard('alice', '--stage', 'cut', '--yes')
    await offboard('alice', '--stage', 'revoke', '--yes')
    const kept = await offboard('alice', '--stage', 'destroy', '--yes', '--now')
    t.match(kept, { code: 2, stderr: /keys of others: vaultwarden_email/ })
    t.notMatch(kept.stdout + kept.stderr, /secret-of-others/)
    t.ok(await site.server.document('alice'))
    const all = await offboard('alice', '--stage', 'destroy', '--yes', '--now', '--with-others')
    t.match(all, { code: 4, stderr: /vaultwarden_email/ })
    t.equal(await site.server.document('alice'), null)
  })

  await t.test('Vault away', async t => {
    await site.server.stop()
    const away = await offboard('zoe', '--json')
    t.match(away, {
      code: 5,
      object: { verdict: 'no-answer', steps: [] },
      stderr: /nothing was changed/,
    })
  })
})

t.test("the site's own program", { skip: noOwnMachine }, async t => {
  const place = await offboardMachine(t, ['alice'])
  const { offboard, machine } = place
  await machine.sh(
    `sed -i 's|^offboard:.*|offboard: {tokenFile: /root/admin-token, command: [/usr/local/sbin/site-offboard, word]}|' /etc/claude-auth/config.yaml`,
  )
  const script = `#!/bin/sh
read -r line; printf '%s %s\\n' "$1" "$line" >>/root/site.log
case $line in *'"step":"push-rights"'*) exit 3 ;; *'"step":"account"'*) echo 'no such thing' >&2; exit 7 ;; esac
`
  await machine.write('/usr/local/sbin/site-offboard', script, 0o755)
  const cut = await offboard(
    'alice',
    '--stage',
    'cut',
    '--yes',
    '--reason',
    '$(touch /root/harm)',
    '--json',
  )
  t.equal(cut.code, 1, cut.stderr)
  const site = Object.fromEntries(
    cut.object.steps.filter(each => each.where === 'site').map(each => [each.id, each]),
  )
  t.match(site, {
    'site:account': { state: 'failed', detail: /ended with 7.*no such thing/ },
    'site:identity-provider': { state: 'done' },
    'site:push-rights': { state: 'left' },
  })
  const lines = (await machine.sh('cat /root/site.log')).trim().split('\n')
  t.equal(lines.length, 3)
  t.match(JSON.parse(lines[0]?.replace(/^word /, '') ?? ''), {
    schemaVersion: 1,
    user: 'alice',
    stage: 'cut',
    step: 'account',
    undo: false,
    uid: Number(await machine.sh('id -u alice')),
  })
  await machine.write(
    '/usr/local/sbin/site-offboard',
    script.replace('exit 7', 'exit 0').replace('exit 3', 'exit 0'),
    0o755,
  )
  t.match(await offboard('alice', '--stage', 'cut', '--yes', '--json'), {
    code: 0,
    object: { verdict: 'ok' },
  })
  t.equal(
    (await machine.sh('cat /root/site.log')).trim().split('\n').length,
    5,
    'what is done is not asked again',
  )
  await machine.sh('! test -e /root/harm')
  t.match(await offboard('alice', '--undo', '--yes', '--json'), { code: 0 })
  t.match(await machine.sh('tail -1 /root/site.log'), /"undo":true/)
})
