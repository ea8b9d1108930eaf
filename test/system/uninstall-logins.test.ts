// Every login of a home has its refresh token back before claude-auth is gone, and none gets a copy that signs others out.

import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { boxes } from '../kit/hosts.js'
import { openBao } from '../kit/openbao.js'
import { type Sandbox, sandbox } from '../kit/sandbox.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))

async function does(t: Test, box: Sandbox, words: string[], env: Record<string, string> = {}) {
  const { code, stderr } = await box.run('node', [program, ...words], { env })
  t.equal(code, 0, `${words.join(' ')}: ${stderr}`)
  return stderr
}

/** The refresh token in the login file of `folder`, by its length: tests print no token. */
function hasToken(folder: string): boolean {
  const text = readFileSync(join(folder, '.credentials.json'), 'utf8')
  return typeof JSON.parse(text).claudeAiOauth?.refreshToken === 'string'
}

/** Installed, with a second login in a profile; both in sole custody. */
async function twoLogins(t: Test) {
  const box = await sandbox(t, { login: 'valid' })
  const first = box.home.paths.folder
  const work = join(box.home.path, '.claude-work')
  const config = JSON.parse(readFileSync(box.home.configFile, 'utf8'))
  box.writeConfig({ ...config, profiles: [{ name: 'work', folder: work }] })
  const file = join(work, '.credentials.json')
  box.home.write(file, JSON.stringify({ claudeAiOauth: box.signIn() }))
  await does(t, box, ['install', '--yes'])
  await does(t, box, ['ensure'], { CLAUDE_CONFIG_DIR: work })
  t.same([first, work].map(hasToken), [false, false], 'both are in our care')
  return { box, first, work, store: join(box.home.path, '.local/share/claude-auth') }
}

for (const named of ['', '.claude-work', '.unlisted'])
  t.test(`both of two logins, in a shell that names ${named || 'none'}`, async t => {
    const { box, first, work, store } = await twoLogins(t)
    const env: Record<string, string> = named
      ? { CLAUDE_CONFIG_DIR: join(box.home.path, named) }
      : {}
    await does(t, box, ['uninstall', '--yes'], env)
    t.same([first, work].map(hasToken), [true, true])
    t.notOk(existsSync(store))
    for (const folder of [first, work]) t.notOk(existsSync(join(folder, '.claude-auth')))
    t.equal(box.authority.counts().reuses, 0)
  })

const damages: Record<string, (file: string) => void> = {
  missing: file => rmSync(file),
  empty: file => writeFileSync(file, ''),
  garbled: file => writeFileSync(file, '{"claudeAiOauth":'),
  blank: file => writeFileSync(file, '{"claudeAiOauth":{"accessToken":"","refreshToken":""}}'),
}

for (const [name, damage] of Object.entries(damages))
  t.test(`a login file that is ${name} gets its login back first`, async t => {
    const box = await sandbox(t, { login: 'valid' })
    await does(t, box, ['install', '--yes'])
    damage(box.home.paths.loginFile)
    await does(t, box, ['uninstall', '--yes'])
    t.ok(hasToken(box.home.paths.folder))
    t.notOk(existsSync(join(box.home.path, '.local/share/claude-auth')))
  })

t.test('after a log-out nothing is put back, and nothing stays', async t => {
  const box = await sandbox(t, { login: 'valid' })
  await does(t, box, ['install', '--yes'])
  await does(t, box, ['logout'])
  await does(t, box, ['uninstall', '--yes'])
  t.notOk(box.login()?.refreshToken)
  t.notOk(existsSync(join(box.home.path, '.local/share/claude-auth')))
})

t.test('where another host renews the same login, no copy of its token is left behind', async t => {
  const bao = await openBao(t)
  const [one, two] = await boxes(t, bao, 2, { config: { custody: 'sole' } })
  if (one === undefined || two === undefined) throw new Error('two hosts')
  await does(t, one, ['install', '--yes'])
  const said = await does(t, one, ['uninstall', '--yes'])
  t.match(said, /other hosts go on with the login of .*\.claude; here it ends/)
  t.match(said, 'hint: claude auth login')
  t.notOk(one.login()?.refreshToken)
  t.match((await two.ensure(['--force'])).outcome, { verdict: 'ok' })
  t.equal(one.authority.counts().reuses, 0)
})
