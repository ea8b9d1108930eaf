// `claude-auth roster` as root of a machine: a real OpenBao by the admin's policy of the docs, a real repository, real accounts.

import t from 'tap'
import { noOwnMachine } from '../kit/own-machine.js'
import { program, rosterMachine, tokenFile } from '../kit/roster-machine.js'

const roster = `users:
  ada: {tier: admin}
  bob: {tier: developer}
  dora: {parked: true}
  erik: {claude_auth: false}
`

t.test(
  'who is listed gets record, token and note; a second apply has nothing to do',
  { skip: noOwnMachine },
  async t => {
    const at = await rosterMachine(t)
    at.commit(roster, 'Bob comes\n\nHe starts on Monday.')
    const planned = await at.roster(['plan'])
    t.equal(planned.code, 4, planned.stderr)
    t.match(
      planned.stdout,
      /^Roster as of [0-9a-f]{12}: Bob comes \(4 users\)\nroster {2}write-roster/,
    )
    const steps = ['create-record', 'mint-token', 'note-accessor', 'place-token']
    const all = (state: string) => [
      `roster write-roster ${state}`,
      ...['ada', 'bob'].flatMap(user => steps.map(step => `${user} ${step} ${state}`)),
    ]
    t.same(await at.steps(['plan']), all('to-do'))
    t.equal(await at.metadata('bob'), null, 'a plan changes nothing')
    t.same(await at.steps(['apply', '--dry-run']), all('to-do'))
    t.equal(await at.metadata('bob'), null, 'nor does a dry run')

    t.same(await at.steps(['apply', '--yes']), all('done'))
    t.match(await at.metadata('bob'), {
      max_versions: 3,
      custom_metadata: { [`accessor_${at.host}`]: /./ },
    })
    t.equal(await at.machine.sh(`stat -c '%a %U %G' ${tokenFile('bob')}`), '600 bob bob\n')
    t.equal(await at.machine.sh('stat -c "%a %U" /etc/claude-auth/roster.yaml'), '644 root\n')
    t.equal(await at.machine.sh('cat /etc/claude-auth/roster.yaml'), roster)
    const token = await at.token('bob')
    t.same(
      await at.site.tries(token, 'bob'),
      [404, 404, 200],
      'the token opens the own document, which is empty',
    )
    t.equal((await at.site.tries(token, 'ada'))[0], 403, 'and no other')
    const noted = (await at.metadata('bob'))?.custom_metadata?.[`accessor_${at.host}`]
    const { body } = await at.site.server.ask('GET', 'auth/token/lookup-self', undefined, token)
    t.equal((body['data'] as { accessor: string }).accessor, noted, 'it is the one that was noted')
    t.same(await at.told(), ['ada added', 'bob added'])

    t.same(await at.steps(['plan']), [])
    const again = await at.roster(['apply', '--yes'])
    t.match(again, { code: 0, stdout: /^Nothing to do/ })
    t.equal(await at.token('bob'), token)
    t.same(await at.told(), ['ada added', 'bob added'], 'nobody is told twice')

    const journal = (await at.machine.sh('cat /var/lib/claude-auth/admin.jsonl')).trim().split('\n')
    const deeds = journal.map(line => JSON.parse(line))
    t.match(
      deeds.find(({ user, step }) => user === 'bob' && step === 'place-token'),
      {
        command: 'roster apply',
        who: `root@${at.host}`,
        why: /^Bob comes: He starts on Monday\. \([0-9a-f]{12}\)$/,
        result: 'done',
      },
    )
    t.equal(await at.machine.sh('stat -c %a /var/lib/claude-auth/admin.jsonl'), '600\n')
    const places = '/var/lib/claude-auth /etc/claude-auth/roster.yaml /var/told'
    t.equal(
      await at.machine.sh(`grep -rl "${token}" ${places} || true`),
      '',
      'no token is written down',
    )
  },
)

t.test(
  'each is told with the reason of the commit that was about them, to each sink once',
  { skip: noOwnMachine },
  async t => {
    const at = await rosterMachine(t, { accounts: ['ada', 'bob', 'carol'] })
    at.commit('users: {ada: , bob: }\n', 'We begin')
    t.equal((await at.roster(['apply', '--yes'])).code, 0)
    at.commit('users: {ada: , bob: , carol: }\n', 'Carol comes\n\nShe looks after the mail.')
    at.commit('users: {ada: , carol: }\n', 'Bob goes\n\nHis contract has ended.')
    at.commit('users: {ada: {tier: admin}, carol: }\n', 'Ada is the admin')
    await at.machine.sh('touch /var/tell-fails')
    t.equal((await at.roster(['apply', '--yes'])).code, 4, 'they are not told of yet')
    await at.machine.sh('rm /var/tell-fails')
    t.equal((await at.roster(['apply', '--yes'])).code, 0)
    const told = (await at.machine.sh('tail -n 1 /var/told')).trim()
    t.match(JSON.parse(told), {
      people: [
        { user: 'carol', what: 'added', why: /^Carol comes: She looks after the mail\./ },
        { user: 'bob', what: 'cut', why: /^Bob goes: His contract has ended\./ },
      ],
    })
    t.match(await at.metadata('bob'), { custom_metadata: { offboard: /Bob goes: His contract/ } })
    const journal = await at.machine.sh('grep \'"user":"carol"\' /var/lib/claude-auth/admin.jsonl')
    for (const line of journal.trim().split('\n'))
      t.match(JSON.parse(line), { why: /^Carol comes/ })
  },
)

t.test('who vanishes or has left is cut, an admin never', { skip: noOwnMachine }, async t => {
  const at = await rosterMachine(t, { accounts: ['ada', 'bob', 'carol', 'eve'] })
  at.commit('users: {ada: {tier: admin}, bob: , carol: , eve: {tier: admin}}\n')
  t.equal((await at.roster(['apply', '--yes'])).code, 0)
  const [ada, bob, carol] = await Promise.all(['ada', 'bob', 'carol'].map(at.token))
  t.equal((await at.site.tries(bob ?? '', 'bob'))[2], 200)

  const day = new Date().toISOString().slice(0, 10)
  at.commit(`users: {carol: {left: ${day}}, eve: {tier: admin}}\n`, 'Bob and Carol go')
  t.match(await at.roster(['plan']), { code: 2, stderr: /3 of 4 users would vanish at once/ })
  t.match(await at.roster(['apply', '--yes', '--removals', '2']), { code: 2 }, 'not the number')
  t.same(await at.told(), ['ada added', 'bob added', 'carol added', 'eve added'])
  const applied = await at.roster(['apply', '--yes', '--removals', '3'])
  t.equal(applied.code, 4, 'the admin is left to a person')
  t.match(applied.stdout, /ada .*ask .*left to you +is no longer listed, and is an admin/)
  t.match(applied.stdout, /Type: sudo claude-auth offboard ada --stage cut --admin/)

  t.same(await at.site.tries(bob ?? '', 'bob'), [403, 403, 403], 'bob')
  t.same(await at.site.tries(carol ?? '', 'carol'), [403, 403, 403], 'carol')
  t.equal((await at.site.tries(ada ?? '', 'ada'))[2], 200, 'the admin keeps the login')
  t.match(await at.metadata('bob'), {
    custom_metadata: { offboard: /Bob and Carol go/, [`accessor_${at.host}`]: /./ },
  })
  t.equal(await at.token('bob'), bob, 'the token stays where it is')
  const marked = await at.machine.sh(
    'for u in ada bob carol; do [ ! -e /var/lib/claude-auth/left/$(id -u $u) ] || echo $u; done',
  )
  t.same(
    marked.split('\n').filter(Boolean),
    ['bob', 'carol'],
    'and root marks them on this machine',
  )
  t.same((await at.told()).slice(4).sort(), ['bob cut', 'carol cut'])

  t.same(await at.steps(['plan']), ['ada ask left'], 'nothing else is left')
  at.commit('users: {bob: , eve: {tier: admin}, ada: {tier: admin}}\n', 'Bob is back')
  const back = await at.roster(['apply', '--yes'])
  t.equal(back.code, 4)
  t.match(back.stdout, /bob .*ask .*was cut.*\n.*Type: sudo claude-auth offboard bob --undo/)
  t.same(
    await at.site.tries(bob ?? '', 'bob'),
    [403, 403, 403],
    'a roster switches nobody on again',
  )
})

t.test('nothing happens, and it is said', { skip: noOwnMachine }, async t => {
  const at = await rosterMachine(t)
  at.commit('users: {ada: {tier: admin}, bob: , carol: , dan: }\n')
  t.equal((await at.roster(['apply', '--yes', '--user', 'ada'])).code, 0)
  t.same(
    await at.steps(['apply', '--yes', '--user', 'bob']),
    ['create-record', 'mint-token', 'note-accessor', 'place-token'].map(step => `bob ${step} done`),
  )
  await at.roster(['apply', '--yes'])
  const world = () =>
    at.machine.sh(
      'cat /etc/claude-auth/roster.yaml /var/lib/claude-auth/roster.applied.yaml /var/told; wc -l < /var/lib/claude-auth/admin.jsonl',
    )
  const before = await world()
  const config = await at.machine.sh('cat /etc/claude-auth/config.yaml')
  const from = (repository: string) =>
    at.machine.write('/etc/claude-auth/config.yaml', config.replace(at.git.bare, repository))
  const nothing = async (code: number, words: RegExp) => {
    for (const args of [['plan'], ['apply', '--yes']]) {
      const ended = await at.roster(args)
      t.equal(ended.code, code, `${args[0]}: ${ended.stderr}`)
      t.match(ended.stderr, words)
      t.match(ended.stderr, /claude-auth: Nothing was done\.\n$/)
    }
    t.equal(await world(), before)
  }

  await from(at.git.clone)
  await at.machine.sh(`echo '# edited' >> ${at.git.clone}/ws/roster.yaml`)
  await nothing(2, /ws\/roster\.yaml in .* has changes that are not committed/)
  await from('git://127.0.0.1:1/infra.git')
  await nothing(5, /the repository of the roster gives no answer/)
  await from('/nowhere.git')
  await nothing(2, /there is no repository/)
  await at.machine.write('/etc/claude-auth/config.yaml', config)
  at.git.git(['checkout', '-q', '.'])
  for (const [roster, words] of [
    ['users: {}\n', /an empty roster would cut all users/],
    ['people: {}\n', /users: expected a map of users/],
    ['users: {ada: {tier: admin}}\n', /3 of 4 users would vanish at once: bob, carol, dan/],
    [
      'users: {ada: {tier: admin}, bob: , carol: , dan: , Bob: {vault_name: b}}\n',
      /expected a name that no other user has: "bob" has it/,
    ],
    [
      'users: {ada: {tier: admin}, bob: {left: soon}, carol: , dan: }\n',
      /:1:\d+: users\.bob\.left: expected a date/,
    ],
    ['users: {ada: {tier: admin}, bob: ,\n', /expected YAML/],
  ] as const) {
    at.commit(roster)
    await nothing(2, words)
  }
  at.commit('users: {ada: {tier: admin}, bob: , carol: , dan: , eva: }\n')
  await at.machine.write('/root/.config/claude-auth/admin-token', 'hvs.gone-gone-gone', 0o600)
  await nothing(1, /Vault does not know the admin's token/)
  await at.machine.write(
    '/etc/claude-auth/config.yaml',
    config.replace(at.site.server.address, 'http://127.0.0.1:1'),
  )
  await nothing(5, /Vault/)
})

t.test(
  'one who fails keeps nobody else waiting, and what was planted gets no token',
  { skip: noOwnMachine },
  async t => {
    const at = await rosterMachine(t, { accounts: ['ada', 'bob', 'carol', 'dan', 'eva', 'fay'] })
    const { machine, site } = at
    // Cut by hand, without a note.
    const token = await site.user('bob')
    const { body } = await site.server.ask('GET', 'auth/token/lookup-self', undefined, token)
    await site.server.ask(
      'POST',
      `identity/entity/id/${(body['data'] as { entity_id: string }).entity_id}`,
      { disabled: true },
    )
    await site.server.bao([
      'kv',
      'metadata',
      'delete',
      '-mount=secret',
      'workstation/claude-users/bob',
    ])
    await machine.sh('mkdir /opt/trap && chmod 777 /opt/trap')
    await machine.sh(
      'mkdir -p /home/carol/.config && ln -s /opt/trap /home/carol/.config/claude-auth && chown -hR carol: /home/carol/.config',
    )
    await machine.sh(
      'mkdir -p /home/dan/.config/claude-auth && ln -s /opt/trap/token /home/dan/.config/claude-auth/vault-token && chown -hR dan: /home/dan/.config',
    )
    await machine.sh('chown root: /home/eva && rm -rf /home/fay')
    at.commit('users: {ada: , bob: , carol: , dan: , eva: , fay: }\n')
    const applied = await at.roster(['apply', '--yes'])
    t.equal(applied.code, 4, applied.stderr)
    t.match(applied.stdout, /bob +mint-token +FAILED +.*the entity of bob in Vault is disabled/)
    t.match(applied.stdout, /bob +place-token +not tried/)
    t.match(applied.stdout, /carol +ask .*\/home\/carol\/\.config\/claude-auth is a link/)
    t.match(applied.stdout, /dan +ask .*vault-token is a link/)
    t.match(applied.stdout, /eva +ask .*the home \/home\/eva belongs to user 0/)
    t.match(applied.stdout, /fay +ask .*has no home yet.*\n.*Type: sudo mkhomedir_helper fay/)
    t.match(await at.token('ada'), /^s\.|^hvs\./)
    t.equal(await machine.sh('ls /opt/trap'), '')
    t.same(await at.told(), ['ada added', 'carol added', 'dan added', 'eva added', 'fay added'])

    await machine.sh(
      'touch /var/tell-fails; rm /home/dan/.config/claude-auth/vault-token; chown eva: /home/eva',
    )
    await machine.sh('cp -a /etc/skel /home/fay && chown -R fay: /home/fay')
    const next = await at.roster(['apply', '--yes'])
    t.equal(next.code, 4)
    t.match(
      next.stderr,
      /The message about who was added or cut was not delivered: command: alerts\.command ended with/,
    )
    for (const user of ['dan', 'eva', 'fay']) t.match(await at.token(user), /^s\.|^hvs\./, user)
    const waiting = await at.roster(['plan', '--user', 'dan'])
    t.equal(waiting.code, 4, 'a message is left to deliver')
    t.match(waiting.stdout, /^Not delivered yet: the message about dan\.$/m)
    await machine.sh('rm /var/tell-fails')
    t.equal((await at.roster(['apply', '--yes', '--user', 'dan'])).code, 0)
    t.equal((await at.roster(['plan', '--user', 'dan'])).code, 0)
    t.equal(await at.token('bob'), '')
  },
)

t.test(
  'no token is minted for a home that takes none, and one as soon as it does',
  { skip: noOwnMachine },
  async t => {
    const at = await rosterMachine(t, { accounts: ['ada', 'bob', 'carol', 'dan'] })
    await at.machine.sh(`mount --bind /home/bob /home/bob && mount -o remount,bind,ro /home/bob
      mkdir -m 500 /home/carol/.config && chown carol: /home/carol/.config
      mkdir -p /home/dan/.config/claude-auth && chown dan: /home/dan/.config`)
    at.commit('users: {ada: , bob: , carol: , dan: }\n')
    const applied = await at.roster(['apply', '--yes'])
    t.equal(applied.code, 4, applied.stderr)
    for (const words of [
      /bob +ask .*\/home\/bob can't be written \(EROFS\)/,
      /carol +ask .*\/home\/carol\/\.config is closed to its own user/,
      /dan +ask .*\/home\/dan\/\.config\/claude-auth belongs to user 0/,
    ])
      t.match(applied.stdout, words)
    for (const user of ['bob', 'carol', 'dan'])
      t.equal((await at.metadata(user))?.custom_metadata, null, 'no token was minted')
    t.match(await at.token('ada'), /^s\.|^hvs\./)
    await at.machine.sh(
      'umount /home/bob; chmod 700 /home/carol/.config; chown dan: /home/dan/.config/claude-auth',
    )
    t.equal((await at.roster(['apply', '--yes'])).code, 0)
    for (const user of ['bob', 'carol', 'dan']) t.match(await at.token(user), /^s\.|^hvs\./, user)
  },
)

t.test(
  'a token is placed where a file system has no hard links, and a write that fails is told as one',
  { skip: noOwnMachine },
  async t => {
    const at = await rosterMachine(t, { accounts: ['ada', 'bob'] })
    const failing = (tool: string) =>
      at.machine.write(`/usr/local/bin/${tool}`, '#!/bin/sh\nexit 1\n', 0o755)
    await failing('ln')
    at.commit('users: {ada: }\n')
    const placed = await at.roster(['apply', '--yes'])
    t.equal(placed.code, 0, placed.stdout + placed.stderr)
    const folder = '/home/ada/.config/claude-auth'
    t.equal(await at.machine.sh(`stat -c '%a %U %h' ${folder}/* `), '600 ada 1\n')
    t.match(await at.token('ada'), /^s\.|^hvs\./)

    await failing('mv')
    at.commit('users: {ada: , bob: }\n')
    const refused = await at.roster(['apply', '--yes'])
    t.match(refused.stdout, /bob +place-token +FAILED +.*bob could not write it/)
    t.equal(await at.machine.sh('ls -A /home/bob/.config/claude-auth'), '')
  },
)

t.test(
  'who has no account here is handed the wrapped token, at a terminal only',
  { skip: noOwnMachine },
  async t => {
    const at = await rosterMachine(t, { accounts: [] })
    at.commit('users: {zoe: }\n')
    t.same(await at.steps(['apply', '--yes']), [
      'roster write-roster done',
      'zoe create-record done',
      'zoe mint-token left',
      'zoe note-accessor left',
      'zoe hand-over left',
    ])
    t.same(await at.told(), [], 'who got nothing yet is not told of')
    const line = `script -qec "node ${program} roster apply --yes" /dev/null`
    const screen = await at.machine.sh(line)
    const [, wrapping = ''] =
      /For zoe alone; opens once, within the hour:\r?\n +(\S+)/.exec(screen) ?? []
    const opened = await at.site.server.ask('POST', 'sys/wrapping/unwrap', undefined, wrapping)
    t.equal(opened.status, 200)
    const { client_token: token, accessor } = opened.body['auth'] as Record<string, string>
    t.same((await at.site.tries(token ?? '', 'zoe'))[2], 200)
    t.match(await at.metadata('zoe'), { custom_metadata: { [`accessor_${at.host}`]: accessor } })
    t.same(await at.told(), ['zoe added'])
    t.same(await at.steps(['plan']), [])
    t.equal(
      await at.machine.sh(`grep -r "${wrapping}" /var/lib/claude-auth /etc/claude-auth || true`),
      '',
    )
  },
)

t.test(
  'who is not root applies too: no file of the machine is written, every token is handed over',
  { skip: noOwnMachine },
  async t => {
    const at = await rosterMachine(t, { accounts: ['ada', 'bob'] })
    const { machine } = at
    at.commit('users: {ada: {tier: admin}, bob: }\n')
    await machine.sh(`mkdir -p /home/ada/.config/claude-auth && cp /root/.config/claude-auth/admin-token /home/ada/.config/claude-auth/
      chown -R ada: /home/ada/.config && chmod o+rx ${at.git.folder} && chmod -R o+rX ${at.git.bare} && cp /etc/claude-auth/roster.yaml /opt/before`)
    const line = `script -qec 'node ${program} roster apply --yes' /dev/null`
    const applied = await machine.as('ada', 'sh', ['-c', line])
    t.equal(applied.code, 0, applied.stdout + applied.stderr)
    for (const user of ['ada', 'bob'])
      t.match(applied.stdout, new RegExp(`For ${user} alone; opens once`), user)
    t.equal(await machine.sh('cmp /etc/claude-auth/roster.yaml /opt/before && echo same'), 'same\n')
    t.equal(await machine.sh('ls /var/lib/claude-auth 2>/dev/null || true'), '')
    t.equal(await at.token('bob'), '', 'nothing is put into the home of another user')
    const state = '/home/ada/.local/share/claude-auth-admin'
    t.equal(
      await machine.sh(`stat -c '%a %U' ${state} ${state}/admin.jsonl | sort -u`),
      '600 ada\n700 ada\n',
    )
    const again = await machine.as('ada', 'sh', ['-c', `node ${program} roster plan`])
    t.match(again, { code: 0, stdout: /Nothing to do/ })
  },
)
