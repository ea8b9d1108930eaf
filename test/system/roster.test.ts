// `claude-auth roster` as root of a machine: a real OpenBao by the admin's policy of the docs, a real repository, real accounts.

import t from 'tap'
import { noOwnMachine } from '../kit/own-machine.js'
import { rosterMachine, tokenFile } from '../kit/roster-machine.js'

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
