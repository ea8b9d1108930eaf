// The guard of the shell: what it lets through without Node, and that the rule would let all of it through.

import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { guardPush } from '../../src/changes/guard.js'
import type { RefUpdate } from '../../src/changes/push.js'
import { program, type WatchedPlace, watchedRepository } from '../kit/watched-repository.js'

const good = 'Open port 8443\n\nThe new proxy listens there.'
const zero = '0'.repeat(40)
const entry = {
  name: 'infra',
  branch: 'master',
  url: null,
  reason: 'body',
  maxDeleted: 25,
  pusher: null,
}

/** With a second clone's objects in the repository, and what Node keeps for the shell. */
function place(t: Test): WatchedPlace {
  const made = watchedRepository(t.testdir(), { ada: { tier: 'admin' }, bob: {} })
  rmSync(join(made.bare, 'hooks/pre-receive'))
  askNode(made)
  return made
}

/** Any push makes Node keep what the shell needs, once the files of the configuration are older than its clock's tick. */
function askNode(made: WatchedPlace): void {
  const past = Date.now() / 1000 - 60
  const age = () => {
    for (const path of [
      'roster.yaml',
      '.config/claude-auth/config.yaml',
      '.config/claude-auth',
      '.',
    ])
      utimesSync(join(made.home, path), past, past)
  }
  age()
  const head = made.git('rev-parse', 'HEAD').trim()
  made.command(['guard'], `${zero} ${head} refs/tags/any\n`, { GIT_DIR: made.bare })
  // Node has made a folder beside the roster.
  age()
}

/** Without Node on PATH: exit code 0 where the shell lets the push through by itself, 127 where it asks Node. */
async function shell(made: WatchedPlace, lines: string, env: Record<string, string> = {}) {
  const child = spawn('/bin/sh', [program, 'changes', 'guard'], {
    cwd: made.bare,
    env: { HOME: made.home, PATH: '/nowhere', GIT_DIR: '.', GL_USER: 'bob', ...env },
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  child.stdin.on('error', () => undefined)
  child.stdin.end(lines)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', text => {
    said += text
  })
  const [code] = await once(child, 'close')
  return { code: code as number, said }
}

const old = (made: WatchedPlace) => made.git('rev-parse', 'origin/master').trim()

/** The objects of HEAD come to the repository by a branch that nobody watches. */
function line(made: WatchedPlace, ref = 'refs/heads/master', from = old(made)): string {
  made.git('push', '-q', '--force', 'origin', 'HEAD:refs/heads/held')
  return `${from} ${made.git('rev-parse', 'HEAD').trim()} ${ref}\n`
}

t.test('what is beyond doubt goes through without Node, and says nothing', async t => {
  const made = place(t)
  for (let at = 0; at < 100; at++)
    made.git(
      'commit',
      '-q',
      '--allow-empty',
      '-m',
      `Change ${at}\n\nIt was asked for by user ${at}.`,
    )
  made.commit('Change files\n\nThe proxy moved.', {
    'begin/1': 'new text\n',
    'new/__init__.py': '',
  })
  t.same(await shell(made, line(made)), { code: 0, said: '' })
  // Branches and tags that nobody watches, whatever is in them.
  made.commit('wip [skip ci]')
  const id = made.git('rev-parse', 'HEAD').trim()
  line(made)
  t.same(await shell(made, `${zero} ${id} refs/heads/bob/topic\n${id} ${zero} refs/tags/v1\n`), {
    code: 0,
    said: '',
  })
})

/** What Node has to judge, each with what is done to a repository and what is said on stdin. */
const doubted: Record<string, (made: WatchedPlace) => string> = {
  'no reason': made => {
    made.commit('Open port 8443')
    return line(made)
  },
  'the subject again': made => {
    made.commit('Open port 8443\n\nopen Port: 8443!')
    return line(made)
  },
  'trailers only': made => {
    made.commit('Open port 8443\n\nSigned-off-by: bob <bob@example.com>\nRefs : 12')
    return line(made)
  },
  'the footer of a tool': made => {
    made.commit('Open port 8443\n\nGenerated with a tool of today')
    return line(made)
  },
  'words about CI': made => {
    made.commit(`${good}\n\n[skip ci]`)
    return line(made)
  },
  'the number of an issue': made => {
    made.commit('Open port\n\nCloses site/infra#12')
    return line(made)
  },
  'what git does not show of a message': made => {
    const tree = made.git('rev-parse', 'HEAD^{tree}').trim()
    const head = `tree ${tree}\nparent ${old(made)}\nauthor b <b> 1 +0000\ncommitter b <b> 1 +0000\n`
    const now = execFileSync(
      'git',
      ['hash-object', '-t', 'commit', '-w', '--stdin', '--literally'],
      {
        cwd: made.bare,
        input: `${head}\n${good}\n\0`,
        encoding: 'utf8',
      },
    )
    return `${old(made)} ${now.trim()} refs/heads/master\n`
  },
  'a character that cannot be seen': made => {
    made.commit('Open port\n\n\u200b\u200b\u200b\u200b')
    return line(made)
  },
  'deleted files': made => {
    made.commit(good, { 'begin/1': null, 'begin/2': null })
    return line(made)
  },
  'emptied files': made => {
    made.commit(good, { 'begin/1': '' })
    return line(made)
  },
  'one text for two files': made => {
    made.commit(good, { 'begin/1': 'gone', 'begin/2': 'gone' })
    return line(made)
  },
  'another history': made => {
    made.git('commit', '-q', '--amend', '-m', good)
    return line(made)
  },
  'an older commit': made => {
    made.commit(good)
    const newer = made.git('rev-parse', 'HEAD').trim()
    line(made)
    made.git('reset', '-q', '--hard', 'HEAD~1')
    return line(made, 'refs/heads/master', newer)
  },
  'a merge': made => {
    made.git('switch', '-q', '-c', 'topic')
    made.commit(good)
    made.git('switch', '-q', 'master')
    made.commit(good)
    made.git('merge', '-q', '--no-ff', '-m', good, 'topic')
    return line(made)
  },
  'a new watched branch': made => line(made, 'refs/heads/master', zero),
  'its deletion': made => `${old(made)} ${zero} refs/heads/master\n`,
  'another name of the branch': made => {
    execFileSync('git', ['symbolic-ref', 'refs/heads/main', 'refs/heads/master'], {
      cwd: made.bare,
    })
    made.commit(good)
    return line(made, 'refs/heads/main')
  },
  'a reference that is neither branch nor tag': made => line(made, 'refs/replace/1'),
  'one good branch beside a bad one': made => {
    made.commit(good)
    return `${line(made)}${old(made)} ${zero} refs/heads/master\n`
  },
  'many references': made => {
    made.commit(good)
    return Array.from({ length: 9 }, (_, at) => line(made, `refs/tags/${at}`)).join('')
  },
  'a commit that is not there': made => `${old(made)} ${'1'.repeat(40)} refs/heads/master\n`,
  'no commit at all': () => 'a b refs/heads/master\n',
  nothing: () => '',
}

for (const [name, make] of Object.entries(doubted))
  t.test(`Node judges: ${name}`, async t => {
    const made = place(t)
    const lines = make(made)
    const { code, said } = await shell(made, lines)
    t.equal(code, 127, said)
  })

t.test('Node judges where anything else than the push speaks', async t => {
  const made = place(t)
  made.commit(good)
  const lines = line(made)
  t.equal((await shell(made, lines)).code, 0)
  for (const env of [
    { GIT_PUSH_OPTION_COUNT: '1', GIT_PUSH_OPTION_0: 'ci.skip' },
    { CLAUDE_AUTH_CONFIG: join(made.home, '.config/claude-auth/config.yaml') },
    { HOME: '' },
    { GIT_DIR: '' },
  ])
    t.equal((await shell(made, lines, env)).code, 127, JSON.stringify(env))
  // What the environment says of git is not believed.
  const replaced = {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'log.mailmap',
    GIT_CONFIG_VALUE_0: 'x',
  }
  t.equal((await shell(made, lines, replaced)).code, 0)
  // What was kept is of another time, or anybody's.
  const kept = join(made.home, '.local/share/claude-auth/guard-config')
  chmodSync(kept, 0o666)
  t.equal((await shell(made, lines)).code, 127, 'others can write to it')
  chmodSync(kept, 0o600)
  writeFileSync(join(made.home, 'roster.yaml'), 'users: {}\n')
  t.equal((await shell(made, lines)).code, 127, 'the roster has changed')
  askNode(made)
  t.equal((await shell(made, lines)).code, 0, 'Node has looked again')
  for (const more of [{ reason: 'Why' }, { maxDeleted: 0 }]) {
    made.config({ changes: [{ ...entryText(made), ...more }] })
    askNode(made)
    t.match(readFileSync(kept, 'utf8'), /^watch other master /m)
    t.equal((await shell(made, lines)).code, 127, JSON.stringify(more))
  }
})

function entryText({ bare }: WatchedPlace) {
  return { name: 'infra', repository: bare, branch: 'master' }
}

/** Pieces that the rules are about, and whatever stands between them. */
const pieces = [
  ...[
    '',
    'Open port',
    'open PORT 8443',
    'The new proxy listens there.',
    'why',
    'Why: it moved',
    'Refs: 12',
    'a',
    'ab',
  ],
  ...[
    '[skip ci]',
    '[ci',
    'skip]',
    '***NO_CI***',
    'skip-checks: true',
    '--skip-ci',
    '[no ci]',
    ' ',
    '\t',
    '\r',
    '\u00a0',
  ],
  ...[
    'Generated by hand',
    'Made of steel',
    'This reverts commit 1234567.',
    '# x',
    '(x)',
    'https://a.b/c',
    'caf\u00e9',
  ],
  ...[
    'Signed-off-by: a <a@b>',
    'Deletes: 3',
    'commit 1234',
    'end',
    ':100644 100644 a b D',
    'encoding',
    '\u200b',
    '...',
    '12 34',
  ],
]

t.test('all that the shell lets through, the rule lets through', async t => {
  const cases = Number(process.env['CLAUDE_AUTH_CASES'] ?? 0) > 0 ? 1_500 : 80
  const made = place(t)
  const base = old(made)
  const pick = (at: number, salt: string, most: number) =>
    createHash('sha256').update(`${at} ${salt}`).digest().readUInt32BE() % most
  const stream = Array.from({ length: cases }, (_, at) => {
    const count = 1 + pick(at, 'count', 6)
    const words = Array.from({ length: count }, (_, each) => {
      // Half of them are of the harmless beginning.
      const among = pick(at, `which ${each}`, 2) === 0 ? 8 : pieces.length
      const piece = pieces[pick(at, `piece ${each}`, among)] ?? ''
      return piece + (['\n', '\n\n', ' '][pick(at, `end ${each}`, 3)] ?? '')
    })
    const text = Buffer.from(words.join(''))
    const files = Array.from({ length: pick(at, 'files', 4) }, (_, each) => {
      const name = pick(at, `name ${each}`, 8)
      const content =
        ['', 'one', `own ${at} ${each}`][Math.min(2, pick(at, `content ${each}`, 8))] ?? ''
      return pick(at, `gone ${each}`, 12) === 0
        ? `D begin/${name % 6}\n`
        : `M 100644 inline begin/${name}\ndata ${content.length}\n${content}\n`
    })
    const head = `commit refs/heads/case-${at}\ncommitter bob <b@x> ${at} +0000\ndata ${text.length}\n`
    return Buffer.concat([
      Buffer.from(head),
      text,
      Buffer.from(`\nfrom ${base}\n${files.join('')}\n`),
    ])
  })
  execFileSync('git', ['fast-import', '--quiet'], { cwd: made.bare, input: Buffer.concat(stream) })
  const tips = execFileSync(
    'git',
    ['for-each-ref', '--format=%(objectname)', 'refs/heads/case-*'],
    {
      cwd: made.bare,
      encoding: 'utf8',
    },
  )
  let passed = 0
  for (const now of tips.trim().split('\n')) {
    const { code } = await shell(made, `${base} ${now} refs/heads/master\n`)
    if (code !== 0) continue
    passed++
    const updates: RefUpdate[] = [{ ref: 'refs/heads/master', old: base, now }]
    const refused = await guardPush(made.bare, {
      env: {},
      cwd: '/',
      updates,
      watched: [{ ...entry, maxDeleted: 1, repository: made.bare }],
      who: async () => ({
        pusher: { name: null, by: 'server', systemUser: 'git' },
        isAdmin: false,
      }),
      clockMs: () => 0,
    })
    if (refused.length > 0) t.fail(refused.join(' '))
  }
  t.ok(passed > cases / 20, `${passed} of ${cases} went through`)
})
