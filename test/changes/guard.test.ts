// The guard as a pre-receive hook of a real repository: what it refuses of whom, and however the pusher is known.

import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { isAdmin, readPeople } from '../../src/changes/admins.js'
import { guardPush } from '../../src/changes/guard.js'
import { pusherOf } from '../../src/changes/push.js'
import { type PushWith, type WatchedPlace, watchedRepository } from '../kit/watched-repository.js'

const me = userInfo().username
const users = {
  ada: { tier: 'admin', git: ['ada', 'ada-forge'] },
  bob: { tier: 'developer', git: 'bob' },
}
const good = 'Open port 8443\n\nThe new proxy listens there.'

/** Makes a commit (or history) that breaks one rule, and says what is pushed. */
const breaches: Record<string, (place: WatchedPlace) => PushWith> = {
  'no-reason': place => {
    place.commit('Open port 8443')
    return {}
  },
  'skips-ci': place => {
    place.commit(`${good}\n\n[CI Skip]`)
    return {}
  },
  rewrites: place => {
    place.git('commit', '-q', '--amend', '-m', `${good} Anew.`)
    return { options: ['--force'] }
  },
  'mass-delete': place => {
    const files = Object.fromEntries([0, 1, 2, 3].map(at => [`begin/${at}`, null]))
    place.commit(good, files)
    return {}
  },
}
const plainEntry = {
  name: 'infra',
  branch: 'master',
  url: null,
  reason: 'body',
  maxDeleted: 25,
  pusher: null,
}
const forEveryone = ['rewrites', 'mass-delete']

/** How the pusher is known → the environment that says `name`. */
const sources: Record<string, (name: string) => { env: Record<string, string>; entry?: object }> = {
  GL_USER: name => ({ env: { GL_USER: name } }),
  GITEA_PUSHER_NAME: name => ({ env: { GITEA_PUSHER_NAME: name } }),
  GL_USERNAME: name => ({ env: { GL_USERNAME: name } }),
  REMOTE_USER: name => ({ env: { REMOTE_USER: name } }),
  'pusher of the configuration': name => ({
    env: { SITE_USER: name, GL_USER: name === 'ada' ? 'bob' : 'ada' },
    entry: { pusher: 'SITE_USER' },
  }),
}

t.test(
  'rule × tier × how the pusher is known, on one repository that holds every breach',
  async t => {
    const place = watchedRepository(t.testdir(), users)
    const old = place.git('rev-parse', 'origin/master').trim()
    const people = await readPeople(
      { roster: { file: `${place.home}/roster.yaml`, listed: false }, rosterFrom: null },
      { person: { uid: 0, user: me, home: place.home, host: 'box1' }, env: {}, nowMs: 0 },
    )
    let pushes = 0
    for (const [rule, breach] of Object.entries(breaches)) {
      place.git('switch', '-q', '-C', rule, old)
      breach(place)
      const now = place.git('rev-parse', 'HEAD').trim()
      place.git('push', '-q', '--force', '--no-verify', 'origin', `HEAD:${rule}`)
      for (const [source, known] of Object.entries(sources))
        for (const name of ['ada', 'bob', 'nobody-knows']) {
          const { env, entry = {} } = known(name)
          const watched = { ...plainEntry, repository: place.bare, ...entry }
          const sentences = await guardPush(place.bare, {
            env,
            cwd: '/',
            updates: [{ ref: 'refs/heads/master', old, now }],
            watched: [watched],
            who: async ({ pusher: variable }) => {
              const pusher = pusherOf(env, variable, 'git')
              return { pusher, isAdmin: isAdmin(pusher, people), unread: null }
            },
            clockMs: () => 0,
          })
          const isRefused = name !== 'ada' || forEveryone.includes(rule)
          const told = `${rule} by ${name}, known by ${source}`
          t.equal(sentences.length, isRefused ? 1 : 0, told)
          if (isRefused) t.match(sentences[0], `refused (${rule})`, told)
          pushes++
        }
    }
    t.equal(pushes, 4 * 5 * 3)
  },
)

for (const [source, known] of Object.entries(sources))
  t.test(`a real push by whom ${source} names`, async t => {
    const { env: admins } = known('ada')
    const { env: others, entry = {} } = known('bob')
    const place = watchedRepository(t.testdir(), users, { entry: { ...entry } })
    place.commit('Open port 8443')
    t.match(place.push({ env: others }), { code: 1, said: /refused \(no-reason\)/ })
    t.match(place.push({ env: admins }), { code: 0 })
  })

t.test('the user of the system counts where no server says who pushes', async t => {
  for (const tier of ['admin', 'developer']) {
    const place = watchedRepository(t.testdir(), { [me]: { tier } })
    place.commit('Open port 8443')
    t.equal(place.push().code, tier === 'admin' ? 0 : 1, tier)
  }
  // Whoever runs git as themselves could set any variable.
  const place = watchedRepository(t.testdir(), { ...users, [me]: { tier: 'developer' } })
  place.commit('Open port 8443')
  t.equal(place.push({ env: { GL_USER: 'ada' } }).code, 1)
})

t.test('a forged author or committer makes nobody an admin', async t => {
  const place = watchedRepository(t.testdir(), users)
  const forged = { GIT_COMMITTER_NAME: 'ada', GIT_COMMITTER_EMAIL: 'ada@example.com' }
  place.commit('Open port 8443', undefined, 'ada')
  t.match(place.push({ env: { GL_USER: 'bob', ...forged } }), {
    code: 1,
    said: /refused \(no-reason\): commit [0-9a-f]{12} “Open port 8443” does not say why; .*git commit --amend && git push origin HEAD:master; or ask for a review: git push origin HEAD:refs\/heads\/bob\/topic/,
  })
})

t.test('a variable that the configuration names and nobody set is nobody', async t => {
  const place = watchedRepository(t.testdir(), users, { entry: { pusher: 'SITE_USER' } })
  place.commit('Open port 8443')
  t.equal(place.push({ env: { GL_USER: 'ada' } }).code, 1)
})

t.test('without a roster everyone is held to the rules of all', async t => {
  const place = watchedRepository(t.testdir(), users)
  place.config({ roster: '/nowhere/roster.yaml' })
  place.commit('Open port 8443')
  t.match(place.push({ env: { GL_USER: 'ada' } }), { code: 1 })
})

t.test(
  'what is in order goes through: a reason, merges, other branches, tags, a moved folder',
  async t => {
    const place = watchedRepository(t.testdir(), users)
    const env = { GL_USER: 'bob' }
    place.commit(good)
    t.match(place.push({ env }), { code: 0 })
    place.git('switch', '-q', '-c', 'bob/topic')
    place.commit('wip')
    t.match(place.push({ env, refspec: 'HEAD:bob/topic' }), { code: 0 })
    place.git('commit', '-q', '--amend', '-m', 'wip again [ci skip]')
    place.git('tag', 'v1')
    t.match(place.push({ env, refspec: '+HEAD:bob/topic v1' }), { code: 0 })
    t.match(place.push({ env, refspec: ':bob/topic :v1' }), { code: 0 })
    place.git('commit', '-q', '--amend', '-m', good)
    place.git('switch', '-q', 'master')
    place.commit('Other\n\nSomebody asked for it.')
    place.git('merge', '-q', '--no-ff', '-m', 'Merge bob/topic', 'bob/topic')
    t.match(place.push({ env }), { code: 0 })
    place.git('mv', 'begin', 'moved')
    place.commit('Move\n\nThe name was wrong.', {})
    t.match(place.push({ env }), { code: 0 })
  },
)

t.test('a merge of what has no reason is refused, whichever branch it waited on', async t => {
  const place = watchedRepository(t.testdir(), users)
  const env = { GL_USER: 'bob' }
  place.git('switch', '-q', '-c', 'topic')
  place.commit('wip')
  t.equal(place.push({ env, refspec: 'HEAD:topic' }).code, 0)
  place.git('switch', '-q', 'master')
  place.git('merge', '-q', '--no-ff', '-m', 'Merge topic', 'topic')
  t.match(place.push({ env }), { code: 1, said: /no-reason/ })
})

t.test(
  'a merge that drops what the branch has is a deletion; one that takes over deletions is none',
  async t => {
    const place = watchedRepository(t.testdir(), users, { files: 40, entry: { maxDeleted: 10 } })
    const env = { GL_USER: 'bob' }
    place.git('switch', '-q', '-c', 'topic')
    place.commit(good)
    place.git('switch', '-q', 'master')
    const later = Object.fromEntries(
      Array.from({ length: 15 }, (_, at) => [`later/${at}`, `l${at}`]),
    )
    place.commit(good, later)
    place.push({ env })
    // The tree of the topic as it was, over all that came since.
    place.git('merge', '-q', '-s', 'ours', '--no-ff', '-m', 'Merge topic', 'topic')
    place.git('rm', '-rq', 'later')
    place.git('commit', '-q', '--amend', '--no-edit')
    t.match(place.push({ env }), { code: 1, said: /mass-delete.*deletes 15 files/ })
    place.git('reset', '-q', '--hard', 'origin/master')
    place.git('switch', '-q', 'topic')
    for (const from of [0, 8])
      place.commit(
        good,
        Object.fromEntries(Array.from({ length: 8 }, (_, at) => [`begin/${from + at}`, null])),
      )
    place.git('switch', '-q', 'master')
    place.git('merge', '-q', '--no-ff', '-m', 'Merge topic', 'topic')
    t.match(place.push({ env }), { code: 0 })
  },
)

t.test('a commit that drops every file but two is refused, unless it says how many', async t => {
  const place = watchedRepository(t.testdir(), users, { files: 30 })
  const all = Object.fromEntries(Array.from({ length: 28 }, (_, at) => [`begin/${at}`, null]))
  place.commit(good, all)
  t.match(place.push({ env: { GL_USER: 'ada' } }), {
    code: 1,
    said: /refused \(mass-delete\): commit .* deletes 28 files; .*"Deletes: 28" at the end of its message, after an empty line, else/,
  })
  place.git('commit', '-q', '--amend', '-m', `${good}\n\nDeletes: 27`)
  t.equal(place.push({ env: { GL_USER: 'ada' } }).code, 1, 'another number')
  place.git('commit', '-q', '--amend', '-m', `${good}\n\nDeletes: 28`)
  t.equal(place.push({ env: { GL_USER: 'bob' } }).code, 0)
})

t.test('who is told to add a line is told where it counts', async t => {
  const entry = { reason: 'Why', maxDeleted: 3 }
  const place = watchedRepository(t.testdir(), users, { entry, files: 30 })
  const gone = Object.fromEntries([0, 1, 2, 3].map(at => [`begin/${at}`, null]))
  const env = { GL_USER: 'bob' }
  place.commit('Remove old hosts\nDeletes: 4\nWhy: They are gone.', gone)
  const { code, said } = place.push({ env })
  t.equal(code, 1)
  const lines = said.split('\n').filter(line => line.includes('refused ('))
  t.match(lines, [/"Deletes: 4".* after an empty line/, /after an empty line.*"Why: "/])
  place.git('commit', '-q', '--amend', '-m', 'Remove old hosts\n\nDeletes: 4\nWhy: They are gone.')
  t.match(place.push({ env }), { code: 0 })
})

/** What is left of the files nothing of, each in its own way. */
const losses: Record<string, (place: WatchedPlace, paths: string[]) => void> = {
  'emptied files': (place, paths) => {
    for (const path of paths) writeFileSync(join(place.work, path), '')
  },
  'files replaced by one text': (place, paths) => {
    for (const path of paths) writeFileSync(join(place.work, path), 'see elsewhere\n')
  },
  'files replaced by links': (place, paths) => {
    for (const path of paths) {
      rmSync(join(place.work, path))
      symlinkSync('/dev/null', join(place.work, path))
    }
  },
  'a folder replaced by a link': place => {
    rmSync(join(place.work, 'begin'), { recursive: true })
    symlinkSync('elsewhere', join(place.work, 'begin'))
  },
  'a folder replaced by a file': place => {
    rmSync(join(place.work, 'begin'), { recursive: true })
    writeFileSync(join(place.work, 'begin'), 'x')
  },
  'files replaced by others of other names': (place, paths) => {
    for (const path of paths) {
      rmSync(join(place.work, path))
      writeFileSync(join(place.work, `${path}-new`), `something else ${path}`)
    }
  },
}

t.test('files of which nothing is left are deleted, whatever stands in their place', async t => {
  for (const [name, lose] of Object.entries(losses)) {
    const files = 32
    const place = watchedRepository(t.testdir(), users, { files })
    const text = (at: number) => `the text of ${at}, which no other file has: ${'x'.repeat(at)}\n`
    const paths = Array.from({ length: files }, (_, at) => `begin/${at}`)
    place.commit(good, Object.fromEntries(paths.map((path, at) => [path, text(at)])))
    t.equal(place.push({ env: { GL_USER: 'ada' } }).code, 0)
    lose(place, paths.slice(0, 28))
    place.commit(good, {})
    const { code, said } = place.push({ env: { GL_USER: 'ada' } })
    t.equal(code, 1, `${name}: ${said}`)
    t.match(said, /refused \(mass-delete\)/, name)
  }
})

t.test('changes to all files are no deletion, nor is the same line in all of them', async t => {
  const place = watchedRepository(t.testdir(), users, { files: 30 })
  const all = (text: (at: number) => string) =>
    Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`begin/${at}`, text(at)]))
  place.commit(
    good,
    all(at => `${at} with a line more\n`),
  )
  t.equal(place.push({ env: { GL_USER: 'bob' } }).code, 0)
  place.commit(
    good,
    all(() => 'version 1\n'),
  )
  place.git('commit', '-q', '--amend', '-m', `${good}\n\nDeletes: 30`)
  t.equal(place.push({ env: { GL_USER: 'bob' } }).code, 0, 'said')
  place.commit(
    good,
    all(() => 'version 2\n'),
  )
  t.equal(place.push({ env: { GL_USER: 'bob' } }).code, 0, 'from one text to another')
})

t.test('a merge that empties what the branch has is refused, one of many sides too', async t => {
  const place = watchedRepository(t.testdir(), users, { files: 30 })
  const env = { GL_USER: 'bob' }
  for (const topic of ['one', 'two']) {
    place.git('switch', '-q', '-c', topic, 'origin/master')
    place.commit(good)
  }
  place.git('switch', '-q', 'master')
  place.commit(good)
  place.git('merge', '-q', '--no-ff', '-m', 'Merge both', 'one', 'two')
  place.git('push', '-q', 'origin', 'HEAD:refs/heads/whole')
  for (let at = 0; at < 28; at++) writeFileSync(join(place.work, `begin/${at}`), '')
  place.git('commit', '-qa', '--amend', '--no-edit')
  t.match(place.push({ env }), { code: 1, said: /refused \(mass-delete\)/ })
  t.match(place.push({ env, refspec: 'origin/whole:master' }), { code: 0 })
})

t.test('odd commits are judged like others', async t => {
  const place = watchedRepository(t.testdir(), users)
  const env = { GL_USER: 'bob' }
  const refused = (said: RegExp) => t.match(place.push({ env }), { code: 1, said })
  const back = () => place.git('reset', '-q', '--hard', 'origin/master')
  // No change at all, line ends of Windows, five megabytes, other bytes than UTF-8.
  place.commit('Nothing', {})
  refused(/no-reason/)
  back()
  place.commit('Open port\r\n\r\nCo-authored-by: A <a@x>\r\n')
  refused(/no-reason/)
  back()
  place.commit('Open port\r\n\r\nThe proxy moved.\r\n')
  t.equal(place.push({ env }).code, 0)
  const file = join(place.home, 'message')
  writeFileSync(file, `Open port\n\n${'why not? '.repeat(600_000)}\n\n[skip ci]\n`)
  place.git('commit', '-q', '--allow-empty', '--cleanup=verbatim', '-F', file)
  refused(/skips-ci/)
  back()
  writeFileSync(file, Buffer.from('Caf\xe9\n\nD\xe9j\xe0 vu, [ci skip]\n', 'latin1'))
  writeFileSync(Buffer.from(`${place.work}/caf\xe9`, 'latin1'), 'x')
  place.git('add', '-A')
  place.git('commit', '-q', '--cleanup=verbatim', '-F', file)
  refused(/skips-ci/)
  back()
  // A submodule comes and goes.
  const id = place.git('rev-parse', 'HEAD').trim()
  place.git('update-index', '--add', '--cacheinfo', `160000,${id},sub`)
  place.git('commit', '-q', '-m', good)
  place.git('rm', '-q', '--cached', 'sub')
  place.git('commit', '-q', '-m', good)
  t.match(place.push({ env }), { code: 0 })
  // Tags of whatever kind are free.
  place.git('tag', 'blob', 'HEAD:begin/0')
  place.git('tag', 'tree', 'HEAD^{tree}')
  place.git('tag', '-a', '-m', 'x [skip ci]', 'annotated')
  t.match(place.push({ env, refspec: 'blob tree annotated' }), { code: 0 })
})

t.test('a key of the repository is not its owner', async t => {
  const place = watchedRepository(t.testdir(), users)
  place.commit('Open port 8443')
  const env = { GITEA_PUSHER_NAME: 'ada', GITEA_DEPLOY_KEY_ID: '7' }
  t.equal(place.push({ env }).code, 1)
  t.equal(place.push({ env: { ...env, GITEA_DEPLOY_KEY_ID: '0' } }).code, 0)
  t.equal(pusherOf(env, 'GITEA_PUSHER_NAME', 'git').name, null)
  t.equal(pusherOf({ ...env, SITE_USER: 'bob' }, 'SITE_USER', 'git').name, 'bob')
})

t.test('the branch is not deleted, made anew or reached by another name', async t => {
  const place = watchedRepository(t.testdir(), users)
  const env = { GL_USER: 'ada' }
  t.match(place.push({ env, refspec: ':master' }), { code: 1, said: /master is never deleted/ })
  // The server has a second name for the branch.
  execFileSync('git', ['symbolic-ref', 'refs/heads/main', 'refs/heads/master'], { cwd: place.bare })
  place.git('fetch', '-q')
  place.commit('Open port 8443')
  t.match(place.push({ env: { GL_USER: 'bob' }, refspec: 'HEAD:main' }), {
    code: 1,
    said: /no-reason/,
  })
})

t.test('a watched branch that is a second name is guarded where it leads', async t => {
  const place = watchedRepository(t.testdir(), users)
  const cwd = place.bare
  execFileSync('git', ['update-ref', 'refs/heads/trunk', 'refs/heads/master'], { cwd })
  execFileSync('git', ['symbolic-ref', 'refs/heads/master', 'refs/heads/trunk'], { cwd })
  place.git('fetch', '-q')
  place.commit('Open port 8443')
  for (const refspec of ['HEAD:trunk', 'HEAD:master'])
    t.match(
      place.push({ env: { GL_USER: 'bob' }, refspec }),
      { code: 1, said: /no-reason/ },
      refspec,
    )
})

t.test('a branch that is not there yet is guarded under each name that leads to it', async t => {
  const place = watchedRepository(t.testdir(), users, { entry: { branch: 'prod' } })
  const push = (refspec: string) => place.push({ env: { GL_USER: 'bob' }, refspec })
  const lead = (name: string, to: string) =>
    execFileSync('git', ['symbolic-ref', `refs/heads/${name}`, `refs/heads/${to}`], {
      cwd: place.bare,
    })
  place.commit('Open port 8443')
  lead('main', 'stable')
  lead('stable', 'prod')
  for (const name of ['main', 'stable', 'prod'])
    t.match(push(`HEAD:refs/heads/${name}`), { code: 1, said: /no-reason/ }, name)
  t.match(push('HEAD:refs/heads/other'), { code: 0 })
  // The watched name itself leads to nothing yet.
  for (const name of ['main', 'stable']) rmSync(join(place.bare, 'refs/heads', name))
  lead('prod', 'trunk')
  for (const name of ['trunk', 'prod'])
    t.match(push(`HEAD:refs/heads/${name}`), { code: 1, said: /no-reason/ }, name)
  place.git('commit', '-q', '--amend', '-m', good)
  t.match(push('HEAD:refs/heads/trunk'), { code: 0 })
})

t.test('a first push of very many tags starts no git for each', async t => {
  const place = watchedRepository(t.testdir(), users, { entry: { branch: 'prod' } })
  const id = place.git('rev-parse', 'HEAD').trim()
  const updates = Array.from({ length: 3_000 }, (_, at) => ({
    ref: `refs/tags/v${at}`,
    old: null,
    now: id,
  }))
  let nowMs = 0
  const sentences = await guardPush(place.bare, {
    env: {},
    cwd: '/',
    updates,
    watched: [{ ...plainEntry, repository: place.bare, branch: 'prod' }],
    who: async () => t.fail('nothing is to be judged') as never,
    // Each question to git takes its time.
    clockMs: () => {
      nowMs += 10
      return nowMs
    },
  })
  t.same(sentences, [])
})

t.test('folder and branch are known by each way to write them', async t => {
  const place = watchedRepository(t.testdir(), users)
  place.commit('Open port 8443')
  for (const entry of [
    { repository: '~/../infra.git' },
    { repository: `file://${place.bare}` },
    { repository: `${place.home}/../infra/` },
    { repository: place.bare, branch: 'refs/heads/master' },
  ]) {
    place.config({ changes: [{ name: 'infra', branch: 'master', ...entry }] })
    const end = place.push({ env: { GL_USER: 'bob' } })
    t.match(end, { code: 1, said: /no-reason/ }, JSON.stringify(entry))
  }
})

t.test('settings of the repository hide no deleted submodule', async t => {
  const place = watchedRepository(t.testdir(), users)
  const id = place.git('rev-parse', 'HEAD').trim()
  const names = Array.from({ length: 30 }, (_, at) => `module-${at}`)
  for (const name of names)
    place.git('update-index', '--add', '--cacheinfo', `160000,${id},${name}`)
  place.git('commit', '-q', '-m', good)
  t.match(place.push({ env: { GL_USER: 'ada' } }), { code: 0 })
  execFileSync('git', ['config', 'diff.ignoreSubmodules', 'all'], { cwd: place.bare })
  place.git('rm', '-q', '--cached', ...names)
  place.git('commit', '-q', '-m', good)
  t.match(place.push({ env: { GL_USER: 'ada' } }), { code: 1, said: /mass-delete/ })
})

t.test('an admin of whose row something cannot be read is none', async t => {
  const rows = [
    { left: 'soon' },
    { left: null },
    { git: ['ada', 7] },
    { git: null },
    { tier: 'Admin' },
  ]
  for (const row of rows) {
    const place = watchedRepository(t.testdir(), { ada: { tier: 'admin', ...row }, bob: row })
    place.commit('Open port 8443')
    const [key] = Object.keys(row)
    const said = new RegExp(`no admin while users\\.ada\\.${key} of the roster cannot be read`)
    t.match(place.push({ env: { GL_USER: 'ada' } }), { code: 1, said }, JSON.stringify(row))
    const { code, said: toBob } = place.push({ env: { GL_USER: 'bob' } })
    t.equal(code, 1)
    t.equal(/cannot be read/.test(toBob), key === 'tier', 'to whom it may make an admin')
  }
})

t.test('a mistake elsewhere in the row of an admin takes no right away', async t => {
  const rows = [
    { email: 'ada at example' },
    { parked: 'no' },
    { vault_name: null },
    { account_uuid: 1 },
  ]
  for (const row of rows) {
    const place = watchedRepository(t.testdir(), { ada: { tier: 'admin', git: 'ada', ...row } })
    place.commit('Open port 8443')
    t.match(place.push({ env: { GL_USER: 'ada' } }), { code: 0 }, JSON.stringify(row))
  }
})

t.test('replaced objects on the server hide nothing', async t => {
  const place = watchedRepository(t.testdir(), users)
  const env = { GL_USER: 'bob' }
  place.commit(good)
  const harmless = place.git('rev-parse', 'HEAD').trim()
  place.git('commit', '-q', '--amend', '-m', 'no reason at all')
  const bad = place.git('rev-parse', 'HEAD').trim()
  t.equal(place.push({ env, refspec: `${harmless}:refs/replace/${bad}` }).code, 0)
  t.match(place.push({ env }), { code: 1, said: /no-reason/ })
})

t.test('a push option that keeps CI away is refused, to an admin it is not', async t => {
  for (const name of ['bob', 'ada']) {
    const place = watchedRepository(t.testdir(), users)
    place.commit(good)
    const { code, said } = place.push({ env: { GL_USER: name }, options: ['-o', 'ci.skip'] })
    t.equal(code, name === 'ada' ? 0 : 1, said)
  }
})

/** So many commits on top of the branch, each with a reason. */
function addMany(place: WatchedPlace, count: number): void {
  const message = 'Open a port\n\nThe new proxy listens there.'
  const stream = Array.from(
    { length: count },
    (_, at) =>
      `commit refs/heads/master\ncommitter bob <b@x> ${at} +0000\ndata ${message.length}\n${message}\n${at === 0 ? 'from refs/heads/master^0\n' : ''}`,
  ).join('')
  execFileSync('git', ['fast-import', '--quiet'], { cwd: place.work, input: stream })
}

t.test('more commits than can be looked at go in by the commands that are named', async t => {
  const place = watchedRepository(t.testdir(), users)
  addMany(place, 2_600)
  const env = { ...place.env, GL_USER: 'ada' }
  for (let parts = 0; parts < 5; parts++) {
    const { code, said } = place.push({ env: { GL_USER: 'ada' } })
    if (code === 0) {
      t.equal(parts, 2)
      break
    }
    const command = /push them in parts: (git push origin [0-9a-f]+:refs\/heads\/master)/.exec(said)
    t.ok(command, said)
    execFileSync('sh', ['-c', command?.[1] ?? 'false'], { cwd: place.work, env, stdio: 'pipe' })
  }
  const [here, there] = ['HEAD', 'origin/master'].map(name => place.git('rev-parse', name))
  t.equal(there, here)
})

t.test('a part goes on from the branch, and not from what is merged into it', async t => {
  const place = watchedRepository(t.testdir(), users)
  const old = place.git('rev-parse', 'HEAD').trim()
  place.git('switch', '-q', '--orphan', 'other')
  place.commit('Another beginning\n\nIt was elsewhere.')
  place.git('switch', '-q', 'master')
  place.commit(good)
  place.git('merge', '-q', '--no-ff', '--allow-unrelated-histories', '-m', good, 'other')
  addMany(place, 1_001)
  const { said } = place.push({ env: { GL_USER: 'ada' } })
  const [, id = ''] = /git push origin ([0-9a-f]+):/.exec(said) ?? []
  t.equal(place.git('merge-base', old, id).trim(), old, said)
})

t.test('where a single merge brings more than can be looked at, its commits are shown', async t => {
  const place = watchedRepository(t.testdir(), users)
  const tree = place.git('rev-parse', 'HEAD^{tree}').trim()
  const begun = place.git('commit-tree', tree, '-m', 'Elsewhere').trim()
  const stream = Array.from(
    { length: 1_001 },
    (_, at) =>
      `commit refs/heads/side\ncommitter bob <b@x> ${at} +0000\ndata 1\nx\n${at === 0 ? `from ${begun}\n` : ''}`,
  ).join('')
  execFileSync('git', ['fast-import', '--quiet'], { cwd: place.work, input: stream })
  place.git('merge', '-q', '--no-ff', '--allow-unrelated-histories', '-m', good, 'side')
  const { code, said } = place.push({ env: { GL_USER: 'ada' } })
  t.equal(code, 1)
  t.match(said, /push them in parts: git log --graph --oneline [0-9a-f]+\.\.[0-9a-f]+/)
})

t.test('a repository that no entry names is left alone, and it is said', async t => {
  const place = watchedRepository(t.testdir(), users)
  place.config({ changes: [] })
  place.commit('Open port 8443')
  t.match(place.push({ env: { GL_USER: 'bob' } }), { code: 0, said: /nothing was checked/ })
})

t.test('a push of very many references or options hides nothing behind them', async t => {
  const place = watchedRepository(t.testdir(), users)
  const id = place.git('rev-parse', 'HEAD').trim()
  const zero = '0'.repeat(40)
  const lines = Array.from({ length: 180_000 }, (_, at) => `${zero} ${id} refs/tags/${at}\n`)
  const input = `${lines.join('')}${id} ${zero} refs/heads/master\n`
  t.match(place.command(['guard'], input, { GIT_DIR: place.bare }), {
    code: 2,
    said: /refused \(too-large\)/,
  })
  place.commit(good)
  const many = Array.from({ length: 1_001 }, (_, at) => ['-o', `option-${at}`]).flat()
  t.match(place.push({ env: { GL_USER: 'bob' }, options: [...many, '-o', 'ci.skip'] }), {
    code: 1,
    said: /refused \(skips-ci\)/,
  })
})

/** A commit on top of the branch whose object is written byte by byte. */
function rawCommit(place: WatchedPlace, message: string, head = ''): string {
  const tree = place.git('rev-parse', 'HEAD^{tree}').trim()
  const parent = place.git('rev-parse', 'origin/master').trim()
  const who = 'bob <bob@example.com> 1700000000 +0000'
  const object = `tree ${tree}\nparent ${parent}\nauthor ${who}\ncommitter ${who}\n${head}\n${message}`
  return execFileSync('git', ['hash-object', '-t', 'commit', '-w', '--stdin', '--literally'], {
    cwd: place.work,
    input: Buffer.from(object, 'latin1'),
    encoding: 'utf8',
  }).trim()
}

t.test('what git does not show of a message is read, too', async t => {
  const place = watchedRepository(t.testdir(), users)
  const env = { GL_USER: 'bob' }
  const by = (commit: string) => place.push({ env, refspec: `${commit}:master` })
  t.match(by(rawCommit(place, `${good}\n\0[skip ci]\n`)), { code: 1, said: /refused \(skips-ci\)/ })
  const foreign = rawCommit(place, `${good}\n\n+AFs-skip ci+AF0-\n`, 'encoding UTF-7\n')
  t.match(by(foreign), { code: 1, said: /refused \(no-reason\)/ })
  for (const second of ['encoding UTF-16\n', 'encoding UTF-8\rX\n']) {
    const both = rawCommit(place, `${good}\n`, `encoding UTF-8\n${second}`)
    t.match(by(both), { code: 1, said: /refused \(no-reason\)/ }, second)
  }
  const latin = rawCommit(place, 'Caf\xe9\n\nD\xe9j\xe0 vu.\n', 'encoding ISO-8859-1\n')
  t.match(by(latin), { code: 0 })
})

t.test(
  'a branch is reached through a worktree of the server, and by a file that names its folder',
  async t => {
    const place = watchedRepository(t.testdir(), users)
    const env = { GL_USER: 'bob' }
    const tree = join(place.home, 'tree')
    execFileSync('git', ['worktree', 'add', '-q', '-b', 'other', tree, 'master'], {
      cwd: place.bare,
    })
    place.commit('Open port 8443')
    const push = (to: string) => {
      place.git('remote', 'set-url', 'origin', to)
      return place.push({ env })
    }
    t.match(push(tree), { code: 1, said: /refused \(no-reason\)/ })
    const linked = join(place.home, 'linked')
    mkdirSync(linked)
    writeFileSync(join(linked, '.git'), `gitdir: ${place.bare}\n`)
    place.config({ changes: [{ name: 'infra', repository: linked, branch: 'master' }] })
    t.match(push(`file://${place.bare}`), { code: 1, said: /refused \(no-reason\)/ })
  },
)
