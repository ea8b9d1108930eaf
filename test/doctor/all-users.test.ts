// What `doctor --system` says of the machine's configuration and its users.

import t from 'tap'
import { config, users } from '../../src/doctor/all-users.js'
import { house } from '../config/house.js'

/** What is found where the machine's file has this text. */
async function finding(folder: string, text: string) {
  const at = house(folder)
  at.writeSystem(text)
  return config({ config: { kind: 'good', config: await at.load(), exists: true } })
}

const broken: Record<string, { message: RegExp; hint: RegExp }> = {
  'custody: sole\nfleet: {silentAftr: 26h, page: 7}\n': {
    message: /config\.yaml:2:\d+: fleet\.silentAftr: unknown key.* \(and 1 more\)$/,
    hint: /^vi \+2 /,
  },
  'changes: many\n': { message: /config\.yaml:1:.*changes/, hint: /^vi \+1 / },
  'rosterFrom: {repository: 7}\n': { message: /rosterFrom/, hint: /^vi / },
  'base: {maxDeleted: none}\n': { message: /base\.maxDeleted/, hint: /^vi / },
  'offboard: {command: [logger]}\n': { message: /offboard\.command/, hint: /^vi / },
  'changes: [{name: a, repository: /srv/a.git}, {name: a, repository: /srv/b.git}]\n': {
    message: /changes\[1\]\.name/,
    hint: /^vi /,
  },
}
for (const [text, { message, hint }] of Object.entries(broken))
  t.test(`${JSON.stringify(text)}: an admin’s section that is wrong is a failure`, async t =>
    t.match(await finding(t.testdir(), text), { state: 'fail', words: { message, hint } }),
  )

t.test('a roster that is not there needs care', async t =>
  t.match(await finding(t.testdir(), 'roster: /nowhere/roster.yaml\n'), {
    state: 'warn',
    words: { message: /there is no \/nowhere\/roster\.yaml/ },
  }),
)

t.test('what does not fit the one who asks says nothing of the machine', async t =>
  t.match(await finding(t.testdir(), 'identity: {email: "{team}@example.com"}\n'), { state: 'ok' }),
)

t.test('a list of users that lacks some is not said to be all of them', async t => {
  const timer = { kind: 'active', failed: null } as const
  const ada = { name: 'ada', by: 'machine-timer', client: null } as const
  for (const known of [[], [ada]]) {
    const facts = { installed: { version: '1' }, users: known, timer }
    t.match(users({ ...facts, hasEveryUser: true }), { state: 'ok' })
    t.match(users({ ...facts, hasEveryUser: false }), {
      state: 'warn',
      words: { message: /directory of users gives no answer/, hint: 'getent passwd' },
    })
  }
})
