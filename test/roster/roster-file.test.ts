// A row of the roster: every key that the admin's side reads, and what is wrong with it, at its line.

import t from 'tap'
import { problemLine } from '../../src/config/problem.js'
import { parseYaml } from '../../src/config/yaml.js'
import { hasLeft, rosterRows } from '../../src/roster/roster-file.js'
import { aliceRow } from '../kit/roster-row.js'

const rowsOf = (text: string) => {
  const { rows, problems } = rosterRows(parseYaml('roster.yaml', text))
  return { rows, problems: problems.map(problemLine) }
}

const bare = { ...aliceRow, user: 'bob', vaultName: 'bob' }

t.test('a row says what it says; other keys of a site stand beside', async t => {
  const { rows, problems } = rowsOf(`
team: platform
users:
  bob:
  ada:
    email: Ada@Example.com
    account_uuid: 0B1E6C0A-0000-4000-8000-00000000ABCD
    organization_uuid: 0b1e6c0a-0000-4000-8000-00000000abce
    vault_name: ada.l
    tier: admin
    git: [ada, Ada-Lovelace]
    shell: /bin/zsh
  carol: {left: 2026-12-01, tier: developer, git: caro, claude_auth: false, parked: true}
`)
  t.same(problems, [])
  t.same(rows, [
    bare,
    {
      ...bare,
      user: 'ada',
      vaultName: 'ada.l',
      email: 'ada@example.com',
      accountUuid: '0b1e6c0a-0000-4000-8000-00000000abcd',
      organizationUuid: '0b1e6c0a-0000-4000-8000-00000000abce',
      tier: 'admin',
      isAdmin: true,
      gitNames: ['ada', 'Ada-Lovelace'],
    },
    {
      ...bare,
      user: 'carol',
      vaultName: 'carol',
      tier: 'developer',
      leftOn: '2026-12-01',
      gitNames: ['caro'],
      isEnrolled: false,
      isParked: true,
    },
  ])
})

t.test('a wrong key is a problem with its line, and the rest of the row stands', async t => {
  const wrong: [string, string][] = [
    ['{left: tomorrow}', 'users.bob.left: expected a date such as 2026-12-01, got "tomorrow"'],
    ['{left: 2026-02-30}', 'users.bob.left: expected a date such as 2026-12-01, got "2026-02-30"'],
    ['{left: true}', 'users.bob.left: expected a date such as 2026-12-01, got true'],
    ['{left: }', 'users.bob.left: expected a value, or no such key'],
    ['{tier: Admin}', 'users.bob.tier: expected admin in lower case, got "Admin"'],
    ['{tier: [admin]}', 'users.bob.tier: expected a word such as admin or developer, got a list'],
    ['{tier: }', 'users.bob.tier: expected a value, or no such key'],
    ['{git: 7}', 'users.bob.git: expected a name, or a list of names, got 7'],
    ['{git: [a, {b: c}]}', 'users.bob.git: expected a name, or a list of names, got a list'],
    ['{git: a b}', 'users.bob.git: expected a name, or a list of names'],
    ['{claude_auth: "yes"}', 'users.bob.claude_auth: expected true or false, got "yes"'],
    ['{parked: no}', 'users.bob.parked: expected true or false, got "no"'],
    ['{email: bob}', 'users.bob.email: expected an e-mail address, got "bob"'],
    ['{account_uuid: 1}', 'users.bob.account_uuid: expected a UUID, got 1'],
    ['[]', 'users.bob: expected a map of keys, got a list'],
    ['yes', 'users.bob: expected a map of keys, got "yes"'],
  ]
  for (const [row, problem] of wrong) {
    const { rows, problems } = rowsOf(`users:\n  # who\n  bob: ${row}\n`)
    t.match(problems, [/^roster\.yaml:3:\d+: /], row)
    t.match(problems[0], problem, row)
    t.equal(problems.length, 1, row)
    const unread = /^users\.bob\.(\w+)/.exec(problem)?.[1]
    // Of what is no map, nothing can be read.
    for (const key of ['tier', 'left', 'git', 'email'])
      t.equal(rows[0]?.unread.includes(key), unread === undefined || unread === key, row)
    t.same(rows, [{ ...bare, unread: rows[0]?.unread }], row)
  }
})

t.test('no roster, an empty one and none that can be read are told apart', async t => {
  t.same(rowsOf('users:\n'), { rows: [], problems: [] })
  t.same(rowsOf('users: {}\n'), { rows: [], problems: [] })
  t.match(rowsOf('people: [bob]\n'), { rows: [], problems: [/users: expected a map of users/] })
  t.match(rowsOf('users: [bob]\n'), {
    rows: [],
    problems: [/:1:8: users: expected a map of users/],
  })
  t.match(rowsOf(''), { rows: [], problems: [/users: expected a map of users/] })
  t.match(rowsOf('users:\n  bob: {}\n  bob: {}\n'), { problems: [/:3:3: expected each key once/] })
  t.match(rowsOf('users:\n\tbob: {}\n'), { problems: [/:2:1: expected spaces/] })
})

t.test('the day of left begins at midnight UTC', async t => {
  const at = Date.UTC(2026, 11, 1)
  t.equal(hasLeft({ leftOn: '2026-12-01' }, at - 1), false)
  t.equal(hasLeft({ leftOn: '2026-12-01' }, at), true)
  t.equal(hasLeft({ leftOn: null }, at), false)
})
