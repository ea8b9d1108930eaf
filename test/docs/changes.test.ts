// The snippets of the admin's pages: each one parses, and the hooks and lines that a forge or a clock runs do what the page says.

import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parse } from 'yaml'
import { isObject } from '../../src/system/json.js'
import { type WatchedPlace, watchedRepository } from '../kit/watched-repository.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = ['changes', 'base', 'onboarding'] as const

interface Block {
  page: string
  language: string
  text: string
}

/** The fenced blocks of a page, those within lists too. */
const blocks: Block[] = pages.flatMap(page => {
  const text = readFileSync(join(root, `docs/${page}.md`), 'utf8')
  return [...text.matchAll(/^( *)```(\w*)\n([\s\S]*?)^\1```/gm)].map(
    ([, indent = '', language = '', block = '']) => ({
      page,
      language,
      text: block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  )
})
const ofLanguage = (...languages: string[]) =>
  blocks.filter(({ language }) => languages.includes(language))
const blockWith = (words: string) => blocks.find(({ text }) => text.includes(words))?.text ?? ''

t.test('each block of YAML, shell and JSON parses, and each unit is one', async t => {
  for (const { page, text } of ofLanguage('yaml', 'yml'))
    t.ok(isObject(parse(text)), `${page}: ${text.slice(0, 40)}`)
  for (const { page, text } of ofLanguage('sh')) {
    const { status, stderr } = spawnSync('sh', ['-n'], { input: text, encoding: 'utf8' })
    t.same([status, stderr], [0, ''], `${page}: ${text.slice(0, 40)}`)
  }
  const bodies = ofLanguage('sh').flatMap(({ text }) => [...text.matchAll(/ -d '([^']*)'/g)])
  t.ok(bodies.length > 0)
  for (const [, body = ''] of bodies) t.doesNotThrow(() => JSON.parse(body), body)
  const keys =
    /^(?:Type|User|ExecStart|SuccessExitStatus|OnCalendar|WantedBy|LoadCredential|UMask)=\S/
  for (const { page, text } of ofLanguage('ini')) {
    let section = ''
    for (const line of text.split('\n').filter(line => line !== '' && !line.startsWith('#'))) {
      section = /^\[(Unit|Service|Timer|Install)\]$/.exec(line)?.[1] ?? section
      t.ok(section !== '' && (line === `[${section}]` || keys.test(line)), `${page}: ${line}`)
    }
  }
  t.ok(ofLanguage('ini').length >= 2 && ofLanguage('yml').length >= 2)
})

/** A repository whose hooks are those of the page, and a program that is told. */
function site(folder: string) {
  const users = { ada: { tier: 'admin', git: 'ada' }, bob: { git: 'bob' } }
  const place = watchedRepository(folder, users)
  const programs = join(folder, 'programs')
  mkdirSync(programs)
  symlinkSync(join(root, 'bin/claude-auth'), join(programs, 'claude-auth'))
  const told = join(folder, 'told')
  writeFileSync(told, '')
  const tell = join(programs, 'tell')
  writeFileSync(tell, `#!/bin/sh\ncat >> '${told}'\n`)
  chmodSync(tell, 0o755)
  place.config({ alerts: { command: [tell] } })
  const env = { PATH: `${programs}:${place.env['PATH']}` }
  const hook = (name: string, text: string) => {
    writeFileSync(join(place.bare, 'hooks', name), text)
    chmodSync(join(place.bare, 'hooks', name), 0o755)
  }
  const lines = () => readFileSync(told, 'utf8').split('\n').filter(Boolean)
  const run = (line: string) =>
    execFileSync('sh', ['-c', line], { cwd: place.home, env: { ...place.env, ...env } })
  return { place, env, hook, lines, run }
}

/** Waits until the notice has looked at what is on the branch now. */
async function seenUpTo({ home, git }: WatchedPlace) {
  const tip = git('rev-parse', 'HEAD').trim()
  const state = join(home, '.local/share/claude-auth/changes/infra.json')
  for (let round = 0; round < 200 && !readFileSync(state, 'utf8').includes(tip); round++)
    await sleep(100)
}

t.test('the hooks of the page, with the variables that each server gives', async t => {
  const guard = blockWith('exec claude-auth changes guard')
  const notice = blockWith('changes notice infra --pusher')
  for (const variable of ['GL_USER', 'GITEA_PUSHER_NAME']) {
    const { place, env, hook, lines, run } = site(t.testdir())
    run('claude-auth changes notice --once')
    hook('pre-receive', guard)
    hook('post-receive', notice.replaceAll('GL_USER', variable))
    const by = (name: string) => place.push({ env: { ...env, [variable]: name } })
    place.commit('Open port 8443')
    t.match(by('bob'), { code: 1, said: /refused \(no-reason\)/ }, variable)
    t.match(by('ada'), { code: 0 }, variable)
    // Its look goes on behind the push; that of the next push may not come first.
    await seenUpTo(place)
    place.commit('Open port 8444\n\nThe new proxy listens there.')
    t.match(by('bob'), { code: 0 }, variable)
    for (let round = 0; round < 100 && lines().length === 0; round++) await sleep(200)
    // Behind the message nothing of it goes on.
    run('claude-auth changes notice --once')
    t.equal(lines().length, 1, variable)
    t.match(JSON.parse(lines()[0] ?? '{}'), {
      changes: [{ what: 'Open port 8444', who: 'bob', isPusherKnown: true }],
    })
  }
})

t.test('the lines of the clock: systemd, Woodpecker, GitHub Actions', async t => {
  const unit = /^ExecStart=(.*)$/m.exec(blockWith('ExecStart=/usr/local/bin/claude-auth changes'))
  const woodpecker = parse(blockWith('event: cron'))
  const actions = parse(blockWith('runs-on:'))
  const steps: { run?: string }[] = actions.jobs.notice.steps
  const commands: string[] = [
    (unit?.[1] ?? '').replace('/usr/local/bin/', ''),
    ...woodpecker.steps[0].commands,
    ...steps.flatMap(({ run }) => run ?? []),
  ]
  t.equal(commands.length, 3)
  for (const command of commands) {
    const { place, lines, run } = site(t.testdir())
    run(command)
    place.commit('Open port 8443 [ci skip]\n\nThe proxy listens there.')
    writeFileSync(join(place.bare, 'hooks/pre-receive'), '#!/bin/sh\n')
    t.equal(place.push().code, 0)
    run(command)
    run(command)
    t.match(
      lines().map(line => JSON.parse(line)),
      [{ changes: [{ marks: [{ kind: 'skips-ci' }] }] }],
    )
    t.equal(lines().length, 1, command)
  }
  // What is kept between two runs is where the clone lies.
  const kept = [woodpecker.steps[0].volumes[0], actions.jobs.notice.steps[0].with.path]
  for (const path of kept) t.match(path, /\.local\/share\/claude-auth$/)
})

t.test('the settings of a bare repository are those that doctor asks for', async t => {
  const text = readFileSync(join(root, 'docs/changes.md'), 'utf8')
  const { place } = site(t.testdir())
  const lines = [...text.matchAll(/`(git config receive\.\w+ true)`/g)].map(([, line = '']) => line)
  t.equal(lines.length, 2)
  for (const line of lines) execFileSync('sh', ['-c', line], { cwd: place.bare })
  writeFileSync(join(place.bare, 'hooks/pre-receive'), '#!/bin/sh\n')
  place.commit('Open port 8443')
  t.equal(place.push().code, 0)
  t.equal(place.push({ refspec: '+HEAD~1:master' }).code, 1, 'no history is rewritten')
  t.equal(place.push({ refspec: ':master' }).code, 1, 'nor is the branch deleted')
})
