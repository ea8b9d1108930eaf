// `claude-auth roster check FILE --against REF` as CI runs it: what is compared, and what is said where nothing can be.

import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { run } from '../kit/run.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))
const users = (count: number) =>
  `users: {ada: {tier: admin}, ${Array.from({ length: count }, (_, at) => `u${at}: `).join(', ')}}\n`

function repository(t: Test) {
  const folder = t.testdir()
  const home = join(folder, 'home')
  const work = join(folder, 'work')
  for (const each of [home, work]) mkdirSync(each)
  const env = { ...process.env, HOME: home, GIT_CONFIG_NOSYSTEM: '1' }
  const git = (args: string[], cwd = work) => {
    const as = ['-c', 'user.name=a', '-c', 'user.email=a@x']
    return execFileSync('git', [...as, ...args], { cwd, env, encoding: 'utf8' })
  }
  git(['init', '-q', '-b', 'master'])
  const commit = (roster: string) => {
    writeFileSync(join(work, 'roster.yaml'), roster)
    git(['add', '-A'])
    git(['commit', '-qm', 'x'])
  }
  const check = (args: string[], cwd = work) =>
    run(process.execPath, [program, 'roster', 'check', ...args], { cwd, env })
  return { folder, work, git, commit, check }
}

t.test('a quarter that vanishes is found, by whatever name the file is read', async t => {
  const { work, git, commit, check } = repository(t)
  commit(users(12))
  symlinkSync('roster.yaml', join(work, 'link.yaml'))
  git(['add', '-A'])
  git(['commit', '-qm', 'link'])
  writeFileSync(join(work, 'roster.yaml'), users(8))
  for (const file of ['roster.yaml', 'link.yaml', join(work, 'link.yaml')])
    t.match(await check([file, '--against', 'HEAD']), {
      code: 2,
      stdout: /4 of 13 users would vanish/,
    })
  t.equal((await check(['roster.yaml', '--against', 'HEAD', '--removals', '4'])).code, 0)
  t.equal((await check(['roster.yaml', '--against', 'HEAD', '--removals', '3'])).code, 2)
})

t.test('where nothing can be compared, that is said', async t => {
  const { folder, work, git, commit, check } = repository(t)
  commit('users: {ada: \n')
  commit(users(3))
  const broken = await check(['roster.yaml', '--against', 'HEAD~1'])
  t.match(broken, { code: 0, stdout: /nothing was compared: the roster of HEAD~1 cannot be read/ })
  writeFileSync(join(work, 'new.yaml'), users(3))
  const json = await check(['new.yaml', '--against', 'HEAD', '--json'])
  t.match(JSON.parse(json.stdout), { removals: null, notCompared: 'HEAD has no such file' })
  const shallow = join(folder, 'shallow')
  git(['clone', '-q', '--depth', '1', `file://${work}`, shallow], folder)
  t.match(await check(['roster.yaml', '--against', 'HEAD~1'], shallow), {
    code: 2,
    stderr: /there is no commit HEAD~1 here .*git fetch --unshallow/,
  })
  t.equal((await check(['roster.yaml', '--against', 'HEAD^{tree}'])).code, 2)
})
