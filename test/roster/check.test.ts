// A roster that can be carried out, and every way in which one can't: at its line, before anything is touched.

import t from 'tap'
import { problemLine } from '../../src/config/problem.js'
import { parseYaml } from '../../src/config/yaml.js'
import { checkRoster } from '../../src/roster/check.js'
import { rosterRows } from '../../src/roster/roster-file.js'

const nowMs = Date.UTC(2026, 10, 29)
const rowsIn = (text: string) => rosterRows(parseYaml('roster.yaml', text)).rows
const checked = (text: string) => {
  const file = parseYaml('roster.yaml', text)
  const { rows, problems } = rosterRows(file)
  return [...problems, ...checkRoster(rows, file, nowMs)].map(problemLine)
}

t.test('a roster in order has no problems', async t => {
  t.same(
    checked(`
users:
  ada: {tier: admin, email: ada@example.com, git: [ada, ada.l]}
  bob:
  carol.d-1: {left: 2026-12-24, email: carol@example.com}
  dan: {left: 2020-01-01}
  CORP\\eve: {vault_name: eve}
`),
    [],
  )
})

t.test('two spellings that a reader takes for one are one', async t => {
  const pairs = [
    ['git: "caf\u00e9"', 'git: "cafe\u0301"'],
    ['git: stra\u00dfe', 'git: STRASSE'],
    ['email: ada@example.com', 'email: "\uff41da@example.com"'],
    ['email: ada@example.com', 'email: ADA@Example.COM'],
  ]
  for (const [one, other] of pairs)
    t.match(checked(`users:\n  ada: {${one}}\n  bob: {${other}}\n`), [
      /^.*:3:\d+: .*that no other user has/,
    ])
  // Letters of another script, and letters that nobody sees.
  for (const row of [
    'git: "\u0430da"',
    'email: "\u0430da@example.com"',
    'email: "ad\u200ba@x.example"',
  ])
    t.match(checked(`users:\n  bob: {${row}}\n`), [
      /:2:\d+: .*expected (?:letters of one script|visible letters)/,
    ])
  t.same(checked('users:\n  bob: {git: "\u0431\u043e\u0431"}\n'), [], 'one script is one')
})

t.test('an anchor counts in its row, merged or whole; users are not merged', async t => {
  const text = (row: string) => `d: &d {tier: admin}\nusers:\n  ada: *d\n  bob: ${row}\n`
  for (const row of ['*d', '{<<: *d}', '{<<: *d, email: bob@example.com}']) {
    t.same(checked(text(row)), [], row)
    const admins = rowsIn(text(row)).map(({ isAdmin }) => isAdmin)
    t.same(admins, [true, true], row)
  }
  const own = rowsIn(text('{<<: *d, tier: x}')).at(-1)
  t.equal(own?.isAdmin, false, 'what stands in the row wins')
  const left = checked('d: &d {left: soon}\nusers:\n  bob: {<<: *d}\n')
  t.match(left, [/users\.bob\.left: expected a date/])
  for (const row of ['*x', '{<<: *x}', '{<<: [*x], tier: y}']) {
    const blank = checked(`x: &x {left: }\nusers:\n  ada:\n  bob: ${row}\n`)
    t.match(blank, [/users\.bob\.left: expected a value, or no such key/], row)
  }
  const merged = checked('b: &b {ada: }\nusers:\n  <<: *b\n  bob:\n')
  t.match(merged, [/:3:3: users\.<<: expected a name/])
})

t.test('what is wrong is told at its line', async t => {
  const wrong: [string, string][] = [
    ['users:\n', ':1:7: users: expected users: an empty roster would cut all users'],
    ['users: {}\n', ':1:8: users: expected users: an empty roster would cut all users'],
    ['users:\n  a: {left: 2026-11-29}\n', ':2:3: users: expected a user who has not left'],
    ['users:\n  bob: {}\n  Ada: {}\n', ':3:3: users.Ada: expected a name of a-z, 0-9'],
    ['users:\n  -ada: {}\n', ':2:3: users.-ada: expected a name that begins with'],
    ['users:\n  .ada: {}\n', ':2:3: users..ada: expected a name that begins with'],
    ['users:\n  a..b: {}\n', 'expected a name without ".."'],
    ['users:\n  ../x: {vault_name: x}\n', ':2:3: users.../x: expected a name of a-z, 0-9'],
    ['users:\n  a b: {vault_name: x}\n', ':2:3: users.a b: expected a name of a-z, 0-9'],
    [
      'users:\n  ada: {}\n  ADA: {vault_name: x}\n',
      ':3:21: users.ADA.vault_name: expected a name that no other user has: "ada" has it',
    ],
    [
      'users:\n  ada: {}\n  bob: {vault_name: ada}\n',
      ':3:21: users.bob.vault_name: expected a name that no other user has: "ada"',
    ],
    [
      'users:\n  ada: {email: A@x.org}\n  bob: {email: a@X.org}\n',
      ':3:16: users.bob.email: expected an e-mail address that no other user has: "ada"',
    ],
    [
      'users:\n  ada: {git: x}\n  bob: {git: [y, X]}\n',
      ':3:14: users.bob.git: expected a git name that no other user has: "ada"',
    ],
    [
      'users:\n  ada: {}\n  bob: {git: ada}\n',
      'users.bob.git: expected a git name that no other user has: "ada"',
    ],
    [
      'users:\n  ada: {tier: developer}\n',
      ':2:3: users: expected one user of tier: admin at least',
    ],
    [
      'users:\n  ada: {tier: admin, left: 2027-01-01}\n  bob: {tier: admin}\n',
      ':2:28: users.ada.left: an admin is never cut',
    ],
  ]
  const uuid = '0b1e6c0a-0000-4000-8000-00000000abcd'
  const upper = uuid.toUpperCase()
  wrong.push([
    `users:\n  ada: {account_uuid: ${uuid}}\n  bob: {account_uuid: ${upper}}\n`,
    ':3:23: users.bob.account_uuid: expected an account that no other user has: "ada"',
  ])
  for (const [text, problem] of wrong) t.match(checked(text)[0], problem, text)
})

t.test('all that is wrong is told at once, in the order of the lines', async t => {
  const lines = checked('users:\n  Ada: {}\n  bob: {email: x@y.z}\n  carol: {email: x@y.z}\n')
  t.match(lines, [/:2:3: /, /:4:18: /])
  t.equal(lines.length, 2)
})

t.test('of a file that cannot be read as YAML nothing is said of the whole', async t => {
  const words = checked('users:\n\talice: {}\n')
  t.ok(words.length > 0)
  t.notMatch(words.join('\n'), /empty roster/)
})
