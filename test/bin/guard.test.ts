// The guard of the shell: what it lets through without Node, and that the rule would let all of it through.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
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

/** Any push makes Node keep what the shell needs, once the last second in which a file of the configuration changed is over. */
function askNode(made: WatchedPlace): void {
  mkdirSync(dirname(keptOf(made)), { recursive: true })
  const about = ['roster.yaml', '.config/claude-auth/config.yaml']
  const beganMs = Math.max(...about.map(path => statSync(join(made.home, path)).ctimeMs))
  const restMs = (Math.floor(beganMs / 1000) + 1) * 1000 + 40 - Date.now()
  if (restMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, restMs)
  const head = made.git('rev-parse', 'HEAD').trim()
  made.command(['guard'], `${zero} ${head} refs/tags/any\n`, { GIT_DIR: made.bare })
  age(made, '.config/claude-auth', '.')
}

const keptOf = ({ home }: WatchedPlace) => join(home, '.local/share/claude-auth/guard-config')

/** As if they were written long ago. */
function age({ home }: WatchedPlace, ...paths: string[]): void {
  for (const path of paths) utimesSync(join(home, path), 1, 1)
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
  'no empty line below the subject': made => {
    made.commit('Open port\nThe new proxy listens there.')
    return line(made)
  },
  'the subject of two lines again': made => {
    made.commit('Open port\n...\n8443 now\n\nopen port 8443 NOW!')
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
  'where the watched branch leads': made => {
    const cwd = made.bare
    execFileSync('git', ['update-ref', 'refs/heads/trunk', 'refs/heads/master'], { cwd })
    execFileSync('git', ['symbolic-ref', 'refs/heads/master', 'refs/heads/trunk'], { cwd })
    made.commit('wip')
    return line(made, 'refs/heads/trunk')
  },
  'a pipe in the place of the watched branch': made => {
    made.commit(good)
    const told = line(made)
    execFileSync('rm', ['refs/heads/master'], { cwd: made.bare })
    execFileSync('mkfifo', ['refs/heads/master'], { cwd: made.bare })
    return told
  },
  'a link of the file system in its place': made => {
    made.commit(good)
    const told = line(made)
    execFileSync('mv', ['refs/heads/master', 'refs/heads/trunk'], { cwd: made.bare })
    execFileSync('ln', ['-s', 'trunk', 'refs/heads/master'], { cwd: made.bare })
    return told
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

t.test('Node judges', async t => {
  const made = place(t)
  const places = [made.bare, made.work]
  for (const each of places) cpSync(each, `${each}.before`, { recursive: true })
  for (const [name, make] of Object.entries(doubted)) {
    for (const each of places) {
      rmSync(each, { recursive: true })
      cpSync(`${each}.before`, each, { recursive: true })
    }
    const { code, said } = await shell(made, make(made))
    t.equal(code, 127, `${name}: ${said}`)
  }
})

const trailers = {
  known: ['Signed-off-by: bob <bob@example.com>', 'Co-Authored-By: x', 'Change-Id: I0123'],
  others: [
    ...['no-ci: true', 'no_build : yes', 'No-Pipeline: on', '  ci-skip: 1', '\tno-cd:1'],
    ...['Any-Word: of a service of tomorrow', 'Signed-off-by : bob', ' Reviewed-by: bob'],
  ],
}

t.test('of trailers only those that are known go through without Node', async t => {
  const made = place(t)
  const base = old(made)
  for (const [kind, lines] of Object.entries(trailers))
    for (const each of lines)
      for (const message of [`${good}\n\n${each}`, `${good}\n${each}\nMore words.\n`]) {
        made.git('reset', '-q', '--hard', base)
        made.commit(message)
        t.equal((await shell(made, line(made))).code, kind === 'known' ? 0 : 127, message)
      }
})

t.test('a last line that nothing ends is judged, too', async t => {
  const made = place(t)
  const deletes = `${old(made)} ${zero} refs/heads/master`
  t.equal((await shell(made, deletes)).code, 127)
  const free = `${zero} ${old(made)} refs/heads/free\n`
  t.equal((await shell(made, `${free}${deletes}`)).code, 127)
  const PATH = dirname(process.execPath)
  t.match(await shell(made, deletes, { PATH }), { code: 1, said: /refused \(rewrites\)/ })
  t.match(await shell(made, free.repeat(9) + deletes, { PATH }), { code: 1 })
  made.commit(good)
  t.equal((await shell(made, line(made).trimEnd())).code, 0)
})

/** Each awk of this machine, as the system would call it. */
const awks = ['mawk', 'gawk', 'busybox', 'original-awk']
  .filter(each => existsSync(`/usr/bin/${each}`))
  .map(each => (each === 'busybox' ? 'busybox awk' : each))

/** What the program of the shell prints about commits of these ids, newest first. */
function verdict(awk: string, old: string, ids: readonly string[], linked = ids.slice(1)) {
  const message = `tree 1\n\n${good}\n`
  const heads = ids.map((id, at) => `commit ${id} ${linked[at] ?? old}\n`)
  const stored = ids.map(id => `${id} commit ${message.length}\n${message}\n`)
  return spawnSync(
    '/bin/sh',
    [
      '-c',
      `. "$1"; LC_ALL=C ${awk} -v old="x$2" -v now="x$3" -v most=300 "$ca_plain_commits"`,
      'sh',
      join(dirname(program), 'guard.sh'),
      old,
      ids[0] ?? '',
    ],
    { input: `${heads.join('')}end\n${stored.join('')}`, encoding: 'utf8' },
  ).stdout
}

for (const awk of awks)
  t.test(`ids that look like numbers are not one another in ${awk}`, async t => {
    const [one, two, three] = ['9', '1', '5'].map(digit => `0e${digit.repeat(38)}`) as [
      string,
      string,
      string,
    ]
    t.equal(verdict(awk, one, [two, three]), 'plain\n')
    t.equal(verdict(awk, one, [two], [three]), '', 'it comes from another commit than the old one')
    t.equal(verdict(awk, one, [two, three], [one]), '', 'the second is not the parent of the first')
    const leading = '00000000000000000000000000000000000000'
    t.equal(verdict(awk, `${leading}12`, [two], [`${leading.slice(2)}0012`]), 'plain\n')
    t.equal(verdict(awk, `${leading}12`, [two], [`${leading.slice(1)}12`]), '')
  })

t.test('git is asked nothing where nothing could end it', t => {
  const folder = t.testdir()
  execFileSync('git', ['init', '-q', '--bare', folder])
  const isFree = (found: string) =>
    spawnSync(
      '/bin/sh',
      [
        '-c',
        '. "$1"; ca_system_path=$PATH ca_repository=$2; f=$3; ca_find() { ca_found=$f; }; ca_is_free refs/heads/x',
        'sh',
        join(dirname(program), 'guard.sh'),
        folder,
        found,
      ],
      { stdio: 'ignore' },
    ).status
  t.equal(isFree('timeout'), 0)
  t.equal(isFree(''), 1)
  t.end()
})

t.test('of several entries about one branch the strictest counts, in any order', async t => {
  const made = place(t)
  made.commit(good)
  const lines = line(made)
  const plain = entryText(made)
  const strict = { ...plain, name: 'strict', reason: 'Why' }
  const elsewhere = join(made.home, 'link')
  symlinkSync(made.bare, elsewhere)
  for (const changes of [
    [plain, strict],
    [strict, plain],
    [plain, { ...strict, repository: elsewhere }],
    [{ ...strict, repository: elsewhere }, plain],
  ]) {
    made.config({ changes })
    askNode(made)
    t.equal((await shell(made, lines)).code, 127)
    const PATH = dirname(process.execPath)
    t.match(await shell(made, lines, { PATH }), { code: 1, said: /refused \(no-reason\)/ })
  }
})

t.test('a repository is known by every path that leads to it at that moment', async t => {
  const made = place(t)
  const link = join(made.home, 'link')
  const [plain, other] = [entryText(made), { name: 'other', repository: link, branch: 'other' }]
  mkdirSync(join(made.home, 'away'))
  symlinkSync('away', link)
  made.config({ changes: [plain, other] })
  askNode(made)
  const deletes = `${old(made)} ${zero} refs/heads/other\n`
  t.equal((await shell(made, deletes)).code, 0, 'it is about another repository')
  rmSync(link)
  symlinkSync(made.bare, link)
  age(made, '.')
  t.equal((await shell(made, deletes)).code, 127)
  // By that path alone it goes through as by the other.
  made.config({ changes: [{ ...plain, repository: link }] })
  askNode(made)
  made.commit(good)
  const lines = line(made)
  t.equal((await shell(made, lines)).code, 0)
  // The branches of a worktree are those of its repository.
  const tree = join(made.home, 'tree')
  execFileSync('git', ['worktree', 'add', '-q', '-b', 'own', tree, 'master'], { cwd: made.bare })
  const folder = join(made.bare, 'worktrees/tree')
  for (const repository of [tree, folder]) {
    made.config({ changes: [plain, { ...other, repository }] })
    askNode(made)
    const gone = `${old(made)} ${zero} refs/heads/master\n`
    t.equal((await shell(made, gone, { GIT_DIR: folder })).code, 127)
  }
})

t.test('a file of the configuration that was changed is seen, whatever its time says', async t => {
  const made = place(t)
  made.commit(good)
  const lines = line(made)
  const names = ['roster.yaml', '.config/claude-auth/config.yaml']
  for (const name of names) {
    const path = join(made.home, name)
    const change: Record<string, () => void> = {
      'another text of the same length': () => writeFileSync(path, readFileSync(path)),
      'another file in its place': () => {
        const text = readFileSync(path)
        rmSync(path)
        writeFileSync(path, text, { mode: 0o600 })
      },
      'other rights alone': () => chmodSync(path, 0o640),
    }
    for (const [what, make] of Object.entries(change)) {
      t.equal((await shell(made, lines)).code, 0)
      make()
      age(made, name, dirname(name))
      t.equal((await shell(made, lines)).code, 127, `${name}: ${what}`)
      askNode(made)
    }
  }
  // A form of what is kept that says nothing of the files.
  const kept = keptOf(made)
  const text = readFileSync(kept, 'utf8')
  t.equal((await shell(made, lines)).code, 0)
  writeFileSync(kept, text.replace(/^state .*\n/gm, ''))
  t.equal((await shell(made, lines)).code, 127)
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
  const kept = keptOf(made)
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
    'no-ci: true',
    ' no_build : yes',
    'No-Pipeline:on',
    'commit 1234',
    'end',
    ':100644 100644 a b D',
    'encoding',
    '\u200b',
    '...',
    '12 34',
  ],
]

/** A number below `most` that only `words` decide. */
function pick(words: string, most: number): number {
  return createHash('sha256').update(words).digest().readUInt32BE() % most
}

function randomMessage(key: string): Buffer {
  const count = 1 + pick(`${key} count`, 6)
  const words = Array.from({ length: count }, (_, each) => {
    // Most are of the harmless beginning.
    const among = pick(`${key} which ${each}`, 6) > 0 ? 5 : pieces.length
    const piece = pieces[pick(`${key} piece ${each}`, among)] ?? ''
    return piece + (['\n\n', '\n', '\n\n', ' '][pick(`${key} end ${each}`, 4)] ?? '')
  })
  const subject = ['', 'Change\n\n', 'Change\n'][pick(`${key} subject`, 3)]
  return Buffer.from(subject + words.join(''))
}

/** One file of a commit as git-fast-import(1) has it; most are plain. */
function randomFile(key: string, parent: string): string {
  const path = `begin/${pick(`${key} name`, 8)}`
  const number = pick(`${key} kind`, 60)
  const content = ['', 'one'][pick(`${key} content`, 20)] ?? `own ${key}`
  const write = (mode: string) => `M ${mode} inline ${path}\ndata ${content.length}\n${content}\n`
  if (number < 3) return `D begin/${pick(`${key} gone`, 6)}\n`
  if (number === 3) return `C begin ${path}-copy\n`
  if (number === 4) return write('120000')
  if (number === 5) return write('100755')
  if (number === 6) return `M 160000 ${parent} ${path}\n`
  return write('100644')
}

/** Up to three commits in a line; some have a head of their own, or another parent. */
function randomPush(at: number, base: string, other: string): Buffer[] {
  const count = 1 + Math.max(0, pick(`${at} commits`, 6) - 3)
  return Array.from({ length: count }, (_, each) => {
    const key = `${at} ${each}`
    const text = randomMessage(key)
    const encoding = ['encoding UTF-16\n', 'encoding latin1\n'][pick(`${key} encoding`, 40)] ?? ''
    const head = `commit refs/heads/case-${at}\ncommitter bob <b@x> ${at} +0000\n${encoding}data ${text.length}\n`
    const from = each === 0 ? `from ${pick(`${key} from`, 30) === 0 ? other : base}\n` : ''
    const merge = pick(`${key} merge`, 40) === 0 ? `merge ${other}\n` : ''
    const files = Array.from({ length: pick(`${key} files`, 4) }, (_, file) =>
      randomFile(`${key} ${file}`, base),
    )
    return Buffer.concat([
      Buffer.from(head),
      text,
      Buffer.from(`\n${from}${merge}${files.join('')}\n`),
    ])
  })
}

t.test('all that the shell lets through, the rule lets through', async t => {
  const cases = Number(process.env['CLAUDE_AUTH_CASES'] ?? 0) > 0 ? 1_500 : 80
  const made = place(t)
  const base = old(made)
  const tree = made.git('rev-parse', `${base}^{tree}`).trim()
  const other = made.git('commit-tree', tree, '-m', good).trim()
  made.git('push', '-q', 'origin', `${other}:refs/heads/other`)
  const stream = Array.from({ length: cases }, (_, at) => randomPush(at, base, other)).flat()
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
        unread: null,
      }),
      clockMs: () => 0,
    })
    if (refused.length > 0) t.fail(`${now}: ${refused.join(' ')}`)
  }
  t.ok(passed > cases / 10, `${passed} of ${cases} went through`)
  t.comment(`${passed} of ${cases} went through without Node`)
})
