// What a message says: a reason is words of its own, and whatever keeps CI away is found.

import t from 'tap'
import {
  ciSkipIn,
  ciSkipOption,
  deletesSaid,
  reasonOf,
  subjectOf,
} from '../../src/changes/message.js'

t.test('a reason is a body that says more than the subject and the record', async t => {
  const none = [
    'Open port',
    'Open port\n\n\n  \n',
    'Open port\n\nOpen port.',
    'Open a very long\n\nopen a very LONG!',
    'Open port\n\nSigned-off-by: Bob <b@x>\nCo-authored-by: Ada <a@x>',
    'Open port\n\n🤖 Generated with [Claude Code](https://claude.com/claude-code)\n\nCo-Authored-By: Claude <noreply@anthropic.com>',
    'Revert "Open port"\n\nThis reverts commit 0123456789abcdef0123456789abcdef01234567.',
    'Open port\n\n.\n-',
    'Open port\n\n# a comment',
    'Open port\n\nCo-authored-by : Ada <a@x>\nChange_Id: I0123abcd',
    'Open port\n\nhttps://forge.example.com/site/infra/issues/7',
    // Letters that nobody sees.
    'Open port\n\n\u3164\u3164\u3164\u3164',
    'Open port\n\n\uffa0\u115f\u1160\uffa0',
    'Open port\n\nO\u200bpen po\u3164rt',
    // git's subject ends at an empty line; it may have many.
    'Open port\nThe proxy listens there.',
    'Open port\r\nThe proxy\r\nlistens there.\r\n',
    '\n \t\nOpen port\nfor the proxy\n\nOpen port for the proxy',
    // What belongs to a trailer, and the numbers of issues.
    'Open port\n\nSigned-off-by: Bob\n  for all of us',
    'Open port\n\nConflicts:\n\tsrc/file.txt',
    'Open port\n\nFixes #12',
    'Open port\n\nCloses site/infra#12, and refs !3.',
    'Open port\n\nJIRA-1234',
  ]
  for (const message of none) t.equal(reasonOf(message, 'body'), null, message)
  const some = {
    'Open port\n\nThe proxy listens there.\n\nSigned-off-by: B': 'The proxy listens there.',
    'Open port\n\nChanges:\n  - the proxy moved': '  - the proxy moved',
    'Open port\n\nFixes #12: the proxy moved': 'Fixes #12: the proxy moved',
    'Open port\n\nWhy: the proxy moved': 'Why: the proxy moved',
    '\n\nOpen port\nfor the proxy\n \t\nIt moved there.': 'It moved there.',
    'Open port\n\nOpen port\nDer Proxy hört dort.': 'Der Proxy hört dort.',
    'Open port\n\n代理服务器在那里': '代理服务器在那里',
    'Open port\n\nAs asked in https://x.example/7': 'As asked in https://x.example/7',
  }
  for (const [message, reason] of Object.entries(some))
    t.equal(reasonOf(message, 'body'), reason, message)
})

t.test('a subject is one line, however it was broken', async t => {
  t.equal(subjectOf('\n  Open port\r\n for the proxy \n\nIt moved.'), 'Open port for the proxy')
  t.equal(subjectOf('\n \n'), '')
})

t.test('where a trailer is the reason, a body alone is none', async t => {
  t.equal(reasonOf('Open port\n\nThe proxy listens there.', 'Why'), null)
  t.equal(reasonOf('Open port\n\nWhy:', 'Why'), null)
  t.equal(
    reasonOf('Open port\n\nText.\n\nwhy: it moved,\n  as planned\nRefs: 1', 'Why'),
    'it moved, as planned',
  )
})

t.test('what keeps CI away', async t => {
  for (const words of [
    ...['[ci skip]', '[skip ci]', '[Skip CI]', '[no ci]', '[skip actions]', '[actions skip]'],
    ...['[skipci]', '[ciskip]', '[CI SKIP]', '[ skip ci ]', '[CF-Pages-Skip]', '[travis skip]'],
    ...['***NO_CI***', '[skip  ci]', '[skip-ci]', '[ci-skip]', '[skip circleci]', '[skip azp]'],
    ...['[skip bitrise]', '[skip travis-ci]', '[deploy skip]', '[skip ci:all]', '[skip tests]'],
  ])
    t.equal(ciSkipIn(`Open port ${words}\n\nA reason`), words)
  t.equal(ciSkipIn('Open port\n\nA reason\n\n\nskip-checks: true'), 'skip-checks: true')
  t.equal(ciSkipIn('Open port\n\nA reason\n\nskip-checks:true'), 'skip-checks:true')
  for (const line of ['Skip-CI: yes', 'ci-skip: true', 'no-ci: 1'])
    t.equal(ciSkipIn(`Open port\n\nA reason\n\n${line}`), line)
  // Wherever it stands, and however lines end.
  for (const message of [
    'a\r\n\r\nb\r\nskip-checks:true\r\n',
    'a\n\n- b [skip ci] c\n',
    '[ci skip]',
  ])
    t.not(ciSkipIn(message), null, JSON.stringify(message))
  for (const option of [
    'ci.skip',
    'integrations.skip_ci',
    'skip-ci',
    'ci.skip=1',
    'CI.SKIP',
    'ci.no_pipeline',
  ])
    t.equal(ciSkipOption([option]), option)
  for (const words of ['[skip the queue]', 'skip ci', '[ci]', 'skip-checks: false'])
    t.equal(ciSkipIn(`Open port ${words}`), null, words)
  t.equal(ciSkipOption(['x', 'ci.skip']), 'ci.skip')
  t.equal(ciSkipOption(['ci.variable="A=1"']), null)
})

t.test('how many files a commit says that it deletes', async t => {
  t.equal(deletesSaid('a\n\nb\n\nDeletes: 28'), 28)
  t.equal(deletesSaid('a\n\nDeletes: 27\nDeletes: 28\r\n'), 28, 'the last one counts')
  for (const message of ['a', 'a\n\nDeletes: many', 'a\n\nDeletes: -1'])
    t.equal(deletesSaid(message), null)
})
