// A roster of 20,000 people is read as one of twenty: within the limits, and in a time that grows with its length only.

import t from 'tap'
import { parseYaml, rosterLimits } from '../../src/config/yaml.js'
import { checkRoster } from '../../src/roster/check.js'
import { rosterRows } from '../../src/roster/roster-file.js'

const row = (at: number) =>
  `  user${at}:\n    email: user${at}@example.com\n    tier: ${at === 0 ? 'admin' : 'developer'}\n    git: [user${at}, user${at}-forge]\n    team: "east"\n`
const rows = (count: number) =>
  `users:\n${Array.from({ length: count }, (_, at) => row(at)).join('')}`

t.test('20,000 rows are in order, and the last one has its line', async t => {
  const file = parseYaml('roster.yaml', rows(20_000), rosterLimits)
  const beganMs = performance.now()
  const found = rosterRows(file)
  t.same([found.rows.length, found.problems, checkRoster(found.rows, file, 0)], [20_000, [], []])
  // With a search through all rows for each key it was 40 s.
  t.ok(performance.now() - beganMs < 10_000)
  t.equal(file.problem(['users', 'user19999', 'tier'], 'x').line, 99_999)
})

t.test('each of many slips has its line', async t => {
  const text = rows(3_000).replaceAll(/^ {2}user/gm, '  User')
  const file = parseYaml('roster.yaml', text, rosterLimits)
  const problems = checkRoster(rosterRows(file).rows, file, 0)
  t.equal(problems.length, 3_000)
  t.same([problems[0]?.line, problems[1]?.line], [2, 7])
})

t.test('what is beyond the limits is told with the limit', async t => {
  const wide = parseYaml('roster.yaml', rows(90_000), rosterLimits)
  t.match(wide.problems, [{ what: /^expected YAML of at most (?:8 MiB|400000)/ }])
  t.equal(wide.data, null)
})

t.test('an anchor may be used in every row, and one that stands for very much may not', async t => {
  const shared = (count: number) =>
    `shared: &all {tier: developer, team: east}\nusers:\n  ada: {tier: admin}\n${Array.from({ length: count }, (_, at) => `  user${at}: {<<: *all, email: user${at}@example.com}\n`).join('')}`
  const beganMs = performance.now()
  const file = parseYaml('roster.yaml', shared(20_000), rosterLimits)
  const found = rosterRows(file)
  t.same([found.problems, checkRoster(found.rows, file, 0)], [[], []])
  t.match(found.rows.at(-1), { user: 'user19999', tier: 'developer' })
  // Where each use was looked for among all of them it was 14 s for the data alone.
  t.ok(performance.now() - beganMs < 20_000)
  const levels = Array.from({ length: 9 }, (_, at) =>
    at === 0
      ? 'a0: &a0 [x, x, x, x, x, x, x, x, x]'
      : `a${at}: &a${at} [${Array(9).fill(`*a${at - 1}`)}]`,
  )
  t.match(parseYaml('roster.yaml', levels.join('\n'), rosterLimits), {
    data: null,
    problems: [
      { what: 'expected at most 400000 keys, values and list items, with what anchors stand for' },
    ],
  })
  for (const text of ['a: &a\n  b: *a\n', 'a: &a [*a]\n', 'a: &a\n  <<: *a\n'])
    t.match(parseYaml('roster.yaml', text, rosterLimits), {
      data: null,
      problems: [{ what: 'expected no alias (*name) within what it stands for' }],
    })
  t.match(parseYaml('roster.yaml', 'a: *none\n', rosterLimits).problems, [{ line: 1 }])
})
