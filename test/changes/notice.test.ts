// The notice: every change by others than admins is told once, with who, what and why, late rather than never.

import { execFileSync } from 'node:child_process'
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { run } from '../kit/run.js'
import { program, watchedRepository } from '../kit/watched-repository.js'

const users = {
  ada: { tier: 'admin', git: 'ada' },
  bob: { tier: 'developer', git: 'bob', email: 'bob@example.com' },
}
const good = 'Open port 8443\n\nThe new proxy listens there.'

interface Slack {
  port: number
  got: string[]
  /** What it answers. */
  status: number
  close: () => void
  open: () => Promise<void>
}

/** A stand-in for Slack that can go away and come back at the same address. */
async function slackServer(t: Test): Promise<Slack> {
  let server: Server | null = null
  const slack: Slack = {
    port: 0,
    got: [],
    status: 200,
    close: () => {
      server?.close()
      server?.closeAllConnections()
    },
    open: () =>
      new Promise(resolve => {
        const now = createServer((request, response) => {
          let body = ''
          request.on('data', piece => {
            body += piece
          })
          request.on('end', () => {
            if (slack.status === 200) slack.got.push(JSON.parse(body).text)
            response.statusCode = slack.status
            response.end('ok')
          })
        })
        server = now
        now.listen(slack.port, '127.0.0.1', () => {
          slack.port = (now.address() as AddressInfo).port
          resolve()
        })
      }),
  }
  await slack.open()
  t.teardown(slack.close)
  return slack
}

async function watched(t: Test, entry: Record<string, unknown> = {}) {
  const place = watchedRepository(t.testdir(), users, { entry })
  const slack = await slackServer(t)
  const webhookFile = join(place.home, 'webhook')
  writeFileSync(webhookFile, `http://127.0.0.1:${slack.port}/services/x\n`)
  chmodSync(webhookFile, 0o600)
  place.config({ alerts: { slack: { webhookFile } } })
  const look = (args: string[] = ['--once'], input?: string) =>
    run(process.execPath, [program, 'changes', 'notice', ...args], {
      cwd: place.home,
      env: place.env,
      input,
    })
  const past = (refspec = '+HEAD:master') => {
    // Whatever a guard says: the notice does not count on one.
    writeFileSync(join(place.bare, 'hooks/pre-receive'), '#!/bin/sh\n')
    return place.git('push', '-q', '--force', 'origin', ...refspec.split(' '))
  }
  return { place, slack, look, past }
}

t.test(
  'the first look begins; then each change is told once, with what, why, who and where',
  async t => {
    const { place, slack, look, past } = await watched(t, {
      url: 'https://forge.example.com/infra/commit/{sha}',
    })
    t.match(await look(), { code: 0, stderr: /watched from [0-9a-f]{12} on/ })
    t.match(await look(), { code: 0, stderr: '' })
    const one = place.commit(good)
    place.commit('Close port 80\n\nNobody uses it [skip ci].', undefined, 'ada')
    past()
    place.commit('Silent')
    past()
    t.match(await look(), { code: 0, stderr: /3 changes told/ })
    const [message = ''] = slack.got
    t.equal(slack.got.length, 1)
    const lines = message.split('\n')
    t.equal(lines[0], 'claude-auth: 3 changes on master of infra.')
    t.match(
      lines[1],
      `• Open port 8443 — why: The new proxy listens there. — by bob (says the commit) — <https://forge.example.com/infra/commit/${one}>`,
    )
    t.match(lines[2], /Close port 80 — why: .* — by ada \(says the commit\) — ATTENTION: skips CI/)
    t.match(lines[3], /Silent — why: no reason given/)
    t.match(await look(), { code: 0 })
    t.equal(slack.got.length, 1)
  },
)

t.test('what a hook reports as the push of an admin is silent, and nothing else is', async t => {
  const { place, slack, look, past } = await watched(t)
  await look()
  const pushBy = async (pusher: string, message: string, author?: string) => {
    const old = place.git('rev-parse', 'origin/master').trim()
    const now = place.commit(message, undefined, author)
    past()
    return look(['--pusher', pusher], `${old} ${now} refs/heads/master\n`)
  }
  t.match(await pushBy('ada', good), { code: 0 })
  t.equal(slack.got.length, 0)
  await pushBy('bob', 'Forged\n\nIt was not ada.', 'ada')
  t.match(slack.got[0], /Forged — why: It was not ada\. — by bob as ada/)
  // Bob's push is seen together with the report of ada's.
  place.commit('By bob\n\nBefore ada.')
  past()
  const middle = place.git('rev-parse', 'HEAD').trim()
  const last = place.commit('By ada\n\nAfter bob.')
  past()
  await look(['--pusher', 'ada'], `${middle} ${last} refs/heads/master\n`)
  t.equal(slack.got.length, 2)
  t.match(slack.got[1], /1 change on master of infra/)
  t.match(slack.got[1], /By bob — why: Before ada/)
  // Without lines of a hook: all that is new.
  place.commit(good)
  past()
  await look(['--pusher', 'ada'])
  t.equal(slack.got.length, 2)
})

t.test(
  "a hook that comes late tells its own push, and leaves the next one to that push's hook",
  async t => {
    const { place, slack, look, past } = await watched(t)
    await look()
    const ids = [place.git('rev-parse', 'HEAD').trim()]
    for (const what of ['One', 'Two', 'Three']) {
      ids.push(place.commit(`${what}\n\nIt was asked for.`))
      past()
    }
    const report = (at: number, by: string) =>
      look(['--pusher', by], `${ids[at - 1]} ${ids[at]} refs/heads/master\n`)
    t.equal((await report(1, 'ada')).code, 0)
    t.same(slack.got, [])
    t.equal((await report(2, 'bob')).code, 0)
    t.equal((await report(1, 'ada')).code, 0, 'once more')
    t.equal((await report(3, 'ada')).code, 0)
    t.equal((await look()).code, 0)
    t.equal(slack.got.length, 1)
    t.match(slack.got[0], /Two — why: It was asked for. — by bob/)
  },
)

t.test('a push whose hook never ran is told by the timer, or with the next push', async t => {
  const { place, slack, look, past } = await watched(t)
  await look()
  const ids = [place.git('rev-parse', 'HEAD').trim()]
  const push = (what: string) => {
    ids.push(place.commit(`${what}\n\nIt was asked for.`))
    past()
  }
  const report = (at: number) =>
    look(['--pusher', 'ada'], `${ids[at - 1]} ${ids[at]} refs/heads/master\n`)
  for (const what of ['One', 'Two']) push(what)
  t.equal((await report(1)).code, 0)
  t.same(slack.got, [])
  t.equal((await look()).code, 0)
  t.match(slack.got, [/Two — why: It was asked for\. — by bob \(says the commit\)/])
  for (const what of ['Three', 'Four', 'Five']) push(what)
  t.equal((await report(3)).code, 0)
  t.equal((await report(5)).code, 0)
  t.equal(slack.got.length, 2)
  t.match(
    slack.got[1],
    /1 change on .*\n.*Four — why: It was asked for\. — by bob \(says the commit\)/,
  )
})

t.test(
  'Slack away for an hour: the report of who pushed is kept, and all is told late, once',
  async t => {
    const { place, slack, look, past } = await watched(t)
    await look()
    slack.close()
    const old = place.git('rev-parse', 'HEAD').trim()
    const now = place.commit(good)
    past()
    t.match(await look(['--pusher', 'bob'], `${old} ${now} refs/heads/master\n`), {
      code: 5,
      stderr: /not told yet, and tried again at the next look: slack: Slack gave no answer/,
    })
    for (let at = 0; at < 2; at++) {
      const before = place.git('rev-parse', 'HEAD').trim()
      const after = place.commit(`By ada ${at}\n\nShe may.`)
      past()
      t.equal((await look(['--pusher', 'ada'], `${before} ${after} refs/heads/master\n`)).code, 5)
    }
    await slack.open()
    slack.status = 500
    t.equal((await look()).code, 5)
    slack.status = 200
    t.equal((await look()).code, 0)
    t.equal((await look()).code, 0)
    t.equal(slack.got.length, 1)
    t.match(slack.got[0], /1 change on .*\n• Open port 8443 .* by bob/)
  },
)

t.test('a sink that has taken a message does not get it again for the sake of another', async t => {
  const { place, slack, look, past } = await watched(t)
  const taken = join(place.home, 'taken')
  const command = join(place.home, 'tell')
  const answer = (code: number) => {
    writeFileSync(command, `#!/bin/sh\n[ ${code} = 0 ] || exit ${code}\ncat >> ${taken}\n`)
    chmodSync(command, 0o700)
  }
  answer(1)
  const webhookFile = join(place.home, 'webhook')
  place.config({ alerts: { slack: { webhookFile }, command: [command] } })
  await look()
  place.commit('One\n\nIt is the first.')
  past()
  t.equal((await look()).code, 5)
  place.commit('Two\n\nIt is the second.')
  past()
  answer(0)
  t.equal((await look()).code, 0)
  t.equal(slack.got.length, 2)
  t.notMatch(slack.got[1], /• One/)
  const objects = readFileSync(taken, 'utf8')
    .trim()
    .split('\n')
    .map(each => JSON.parse(each))
  t.match(objects, [
    { event: 'changes', repository: 'infra', changes: [{ what: 'One', why: 'It is the first.' }] },
    { event: 'changes', changes: [{ what: 'Two', who: 'bob', as: null, marks: [] }] },
  ])
})

t.test(
  'nor is a sink told again that the branch is gone, and its return is told to all',
  async t => {
    const { place, slack, look, past } = await watched(t)
    const command = join(place.home, 'tell')
    const answer = (code: number) => {
      writeFileSync(command, `#!/bin/sh\ncat >/dev/null\nexit ${code}\n`)
      chmodSync(command, 0o700)
    }
    answer(1)
    const webhookFile = join(place.home, 'webhook')
    place.config({ alerts: { slack: { webhookFile }, command: [command] } })
    await look()
    execFileSync('git', ['config', 'receive.denyDeleteCurrent', 'ignore'], { cwd: place.bare })
    past('HEAD:other :master')
    for (let at = 0; at < 3; at++) t.equal((await look()).code, 5)
    t.equal(slack.got.length, 1)
    t.match(slack.got[0], /master of infra was deleted/)
    place.commit('One\n\nIt is the first.')
    past()
    answer(0)
    t.equal((await look()).code, 0)
    t.equal(slack.got.length, 2)
    t.match(slack.got[1], /• One/)
  },
)

t.test('two watchers at once send one message', async t => {
  const { place, slack, look, past } = await watched(t)
  await look()
  for (let round = 0; round < 3; round++) {
    place.commit(good)
    past()
    const ends = await Promise.all([look(), look()])
    t.same(
      ends.map(({ code }) => code),
      [0, 0],
    )
    t.equal(slack.got.length, round + 1)
  }
})

t.test('rewritten history, a mass deletion in a merge and a deleted branch are marked', async t => {
  const { place, slack, look, past } = await watched(t, { maxDeleted: 3 })
  place.commit(good)
  past()
  await look()
  place.git('commit', '-q', '--amend', '-m', `${good} Anew.`)
  past()
  await look()
  t.match(
    slack.got[0],
    /1 change on master of infra \(history was rewritten\)\.\nATTENTION: history was rewritten;/,
  )
  place.git('switch', '-q', '-c', 'topic')
  place.commit('Clean up\n\nIt is old.', {
    'begin/0': null,
    'begin/1': null,
    'begin/2': null,
    'begin/3': null,
  })
  place.git('switch', '-q', 'master')
  place.git('merge', '-q', '--no-ff', '-m', 'Merge topic', 'topic')
  past()
  await look()
  t.match(
    slack.got[1],
    /1 change on .*\n• Merge topic — why: It is old\. .* ATTENTION: deletes 4 files/,
  )
  execFileSync('git', ['config', 'receive.denyDeleteCurrent', 'ignore'], { cwd: place.bare })
  past('HEAD:other :master')
  await look()
  await look()
  t.equal(slack.got.length, 3)
  t.match(slack.got[2], /master of infra was deleted/)
})

t.test('a merge is told with the reason of each commit that came with it', async t => {
  const { place, slack, look, past } = await watched(t)
  await look()
  place.git('switch', '-q', '-c', 'topic')
  for (const at of [1, 2, 3, 4, 5, 6, 7]) place.commit(`Step ${at}\n\nReason ${at}.`)
  place.commit('Silent')
  place.commit('Step 8\n\nReason 1.')
  place.git('switch', '-q', 'master')
  place.git('merge', '-q', '--no-ff', '-m', 'Merge topic\n\nAda asked for it.', 'topic')
  past()
  await look()
  t.match(
    slack.got[0],
    /1 change on .*\n• Merge topic — why: Ada asked for it\.; Reason 1\.; Reason 2\.; Reason 3\.; Reason 4\.; and 3 more — by/,
  )
})

t.test('one look as one object, whatever came of it', async t => {
  const { place, slack, look, past } = await watched(t)
  const object = async () => {
    const { code, stdout } = await look(['--json'])
    return [code, JSON.parse(stdout)]
  }
  const state = (state: string, changes = 0, trouble: string | RegExp | null = null) => ({
    repositories: [{ name: 'infra', branch: 'master', state, changes, trouble }],
  })
  t.match(await object(), [0, { schemaVersion: 1, verdict: 'ok', ...state('begun') }])
  t.match(await object(), [0, { verdict: 'ok', ...state('nothing') }])
  place.commit(good)
  past()
  slack.status = 500
  t.match(await object(), [5, { verdict: 'no-answer', ...state('undelivered', 0, /Slack/) }])
  slack.status = 200
  t.match(await object(), [0, { verdict: 'ok', ...state('told', 1) }])
  place.config({
    changes: [{ name: 'infra', repository: `${place.home}/none.git`, branch: 'master' }],
    alerts: { command: ['/bin/true'] },
  })
  t.match(await object(), [5, { verdict: 'no-answer', ...state('failed', 0, /git fetch/) }])
  place.config({})
  t.match(await object(), [2, { verdict: 'broken', error: { message: /no one is told/ } }])
})

t.test('whatever a commit says, it is text, and at most twenty lines', async t => {
  const { place, slack, look, past } = await watched(t)
  await look()
  place.commit(
    '<!channel> *bold* \u001b[31mred\u202e @here\n\n<https://evil.example|click> `code` and a reason',
    undefined,
    '@here',
  )
  for (let at = 0; at < 30; at++) place.commit(`Change ${at}\n\nIt was wanted.`)
  past()
  await look()
  const [message = ''] = slack.got
  t.equal(message.split('\n').length, 20)
  t.match(message, /… and 13 more, up to [0-9a-f]{12}\./)
  t.match(message, /31 changes/)
  for (const each of ['<!', '\u001b', '\u202e', '<https://evil', '*', '@here', '`'])
    t.notOk(message.includes(each), each)
})

t.test('a branch that is not there, a repository that is not, nobody to tell', async t => {
  const { place, look } = await watched(t, { branch: 'nowhere' })
  t.match(await look(), { code: 0, stderr: /there is no such branch/ })
  place.config({
    changes: [{ name: 'infra', repository: `${place.home}/none.git` }],
    alerts: { command: ['/bin/true'] },
  })
  t.match(await look(), { code: 5, stderr: /git fetch of .* failed/ })
  place.config({})
  t.match(await look(), { code: 2, stderr: /no one is told/ })
})

t.test('a repository is watched by each address that git can fetch', async t => {
  const { place, slack, past } = await watched(t)
  const webhookFile = join(place.home, 'webhook')
  // git runs this in the place of ssh: the words of the command are its last.
  const ssh = join(place.home, 'ssh')
  writeFileSync(ssh, '#!/bin/sh\nfor word; do :; done; exec sh -c "$word"\n', { mode: 0o755 })
  for (const repository of [
    `file://${place.bare}`,
    '~/../infra.git',
    `ssh://git@forge.example.com${place.bare}`,
    `git@forge.example.com:${place.bare}`,
  ]) {
    slack.got.length = 0
    place.config({
      alerts: { slack: { webhookFile } },
      changes: [{ name: 'infra', repository, branch: 'refs/heads/master' }],
    })
    rmSync(join(place.home, '.local/share/claude-auth/changes'), { recursive: true, force: true })
    const env = { ...place.env, GIT_SSH_COMMAND: ssh }
    const once = () =>
      run(process.execPath, [program, 'changes', 'notice', '--once'], { cwd: place.home, env })
    t.match(await once(), { code: 0, stderr: /watched from/ }, repository)
    place.commit(good)
    past()
    t.match(await once(), { code: 0, stderr: /1 change told/ }, repository)
    t.equal(slack.got.length, 1, repository)
  }
})

/** What a kill, a disk or a change of the configuration does to the clone. */
const damages: Record<string, (clone: string) => void> = {
  'locks that a kill has left': clone => {
    for (const name of ['refs/claude-auth/seen/master.lock', 'packed-refs.lock', 'HEAD.lock'])
      writeFileSync(join(clone, name), '')
  },
  'an empty mark': clone => writeFileSync(join(clone, 'refs/claude-auth/told/master'), ''),
  'a mark without its commit': clone =>
    writeFileSync(join(clone, 'refs/claude-auth/told/master'), `${'1'.repeat(40)}\n`),
  'no mark': clone => rmSync(join(clone, 'refs/claude-auth/told/master')),
  'an empty reference': clone => writeFileSync(join(clone, 'refs/claude-auth/seen/master'), ''),
  'another branch in the way': clone => {
    rmSync(join(clone, 'refs/claude-auth/seen/master'))
    execFileSync(
      'git',
      ['update-ref', 'refs/claude-auth/seen/master/x', 'refs/claude-auth/told/master'],
      { cwd: clone },
    )
  },
  'no HEAD that is one': clone => writeFileSync(join(clone, 'HEAD'), 'x'),
  'objects that are gone': clone => rmSync(join(clone, 'objects'), { recursive: true }),
  'no clone': clone => rmSync(clone, { recursive: true }),
}

t.test('a clone that is damaged is made anew, and each change is told once', async t => {
  const { place, slack, look, past } = await watched(t)
  const clone = join(place.home, '.local/share/claude-auth/changes/infra.git')
  await look()
  for (const [name, damage] of Object.entries(damages)) {
    slack.got.length = 0
    place.commit(`${name}\n\nIt was asked for.`)
    past()
    damage(clone)
    for (const _ of [1, 2]) t.match(await look(), { code: 0 }, name)
    t.equal(slack.got.length, 1, name)
    t.match(slack.got[0], new RegExp(`1 change on master of infra\\.\n• ${name}`), name)
  }
  // Nothing is left of what was told, and what was told is not in the history any more.
  slack.got.length = 0
  place.git('commit', '-q', '--amend', '-m', `${good} Anew.`)
  past()
  rmSync(clone, { recursive: true })
  for (const _ of [1, 2]) t.match(await look(), { code: 0 })
  t.match(slack.got, [/master of infra was changed \(history was rewritten\)/])
})

t.test('the mark that an earlier program kept in the clone outlives the clone', async t => {
  const { place, slack, look, past } = await watched(t)
  const folder = join(place.home, '.local/share/claude-auth/changes')
  const [clone, file] = ['infra.git', 'infra.json'].map(name => join(folder, name)) as [
    string,
    string,
  ]
  await look()
  for (const [name, damage] of Object.entries(damages)) {
    // Of these the earlier program itself began anew.
    if (['an empty mark', 'a mark without its commit', 'no mark', 'no clone'].includes(name))
      continue
    slack.got.length = 0
    for (const at of [1, 2]) {
      place.commit(`${name} ${at}\n\nIt was asked for.`)
      past()
    }
    damage(clone)
    const { told: _, ...earlier } = JSON.parse(readFileSync(file, 'utf8'))
    writeFileSync(file, JSON.stringify(earlier))
    t.match(await look(), { code: 0, stderr: /2 changes told/ }, name)
    t.match(await look(), { code: 0, stderr: '' }, name)
    t.match(slack.got, [new RegExp(`• ${name} 1.*\n• ${name} 2`)], name)
  }
})

t.test('a branch that is watched again goes on from its mark', async t => {
  const { place, slack, look, past } = await watched(t)
  const webhookFile = join(place.home, 'webhook')
  const watch = (branch: string) =>
    place.config({
      alerts: { slack: { webhookFile } },
      changes: [{ name: 'infra', repository: place.bare, branch }],
    })
  past('HEAD:other')
  await look()
  watch('other')
  t.match(await look(), { code: 0, stderr: /watched from/ })
  place.commit(good)
  past()
  damages['locks that a kill has left']?.(
    join(place.home, '.local/share/claude-auth/changes/infra.git'),
  )
  watch('master')
  t.match(await look(), { code: 0, stderr: /1 change told/ })
  t.equal(slack.got.length, 1)
})

t.test('a message that only some have taken, about a commit that nobody has any more', async t => {
  const { place, slack, look, past } = await watched(t)
  await look()
  const file = join(place.home, '.local/share/claude-auth/changes/infra.json')
  const state = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(
    file,
    JSON.stringify({ ...state, pending: { tip: '1'.repeat(40), sentTo: ['slack'] } }),
  )
  place.commit(good)
  past()
  t.match(await look(), { code: 0 })
  t.match(slack.got, [/1 change on master of infra/])
})

t.test('a repository of SHA-256, and one that is shallow, are watched like others', async t => {
  const { place, slack, look } = await watched(t)
  const [bare, work] = ['long.git', 'long'].map(name => join(place.home, name)) as [string, string]
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: work, env: place.env, stdio: 'pipe' })
  execFileSync('git', ['init', '-q', '--bare', '-b', 'master', '--object-format=sha256', bare])
  execFileSync('git', ['init', '-q', '-b', 'master', '--object-format=sha256', work])
  const put = (to: string) => {
    git('commit', '-q', '--allow-empty', '-m', good)
    git('push', '-q', to, 'HEAD:master')
  }
  const webhookFile = join(place.home, 'webhook')
  const watch = (repository: string) =>
    place.config({
      alerts: { slack: { webhookFile } },
      changes: [{ name: 'long', repository, branch: 'master' }],
    })
  watch(bare)
  put(bare)
  t.match(await look(), { code: 0, stderr: /watched from [0-9a-f]{12} on/ })
  put(bare)
  t.match(await look(), { code: 0, stderr: /1 change told/ })
  const shallow = join(place.home, 'shallow.git')
  execFileSync('git', ['clone', '-q', '--bare', '--depth=1', `file://${bare}`, shallow])
  rmSync(join(place.home, '.local/share/claude-auth/changes'), { recursive: true })
  watch(shallow)
  t.match(await look(), { code: 0, stderr: /watched from/ })
  put(shallow)
  t.match(await look(), { code: 0, stderr: /1 change told/ })
  t.equal(slack.got.length, 2)
})
