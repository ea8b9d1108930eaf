// One person installs it, lives with it, and removes it: what was theirs is theirs, and the login never was in danger.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Sandbox } from '../kit/sandbox.js'
import { sandbox } from '../kit/sandbox.js'

t.jobs = 2

const settings = `{
  // my own
  "model": "opus",
  "hooks": {
    "SessionStart": [ { "hooks": [ { "type": "command", "command": "true" } ] } ]
  },
}
`

interface Told {
  changed: boolean
  changes: { path: string; do: string }[]
}

async function install(box: Sandbox, ...words: string[]): Promise<Told & { code: number | null }> {
  // In a shell that meets the wrapper: Claude runs no hooks of settings with comments.
  const PATH = `${join(box.home.path, '.local/bin')}:${box.env['PATH']}`
  const { code, stdout, stderr } = await box.command([...words, '--json'], { env: { PATH } })
  if (code !== 0) throw new Error(`${words.join(' ')}: ${stderr}`)
  return { code, ...(JSON.parse(stdout) as Told) }
}

const settingsOf = (box: Sandbox) => join(box.home.path, '.claude/settings.json')

t.test('everything comes and goes again, in sole custody in between', async t => {
  const box = await sandbox(t, { login: 'valid' })
  const { path } = box.home
  box.home.write(settingsOf(box), settings, 0o640)
  const token = box.login()?.refreshToken
  const files = () => filesBelow(path).filter(each => !each.startsWith('tools/'))
  const before = { files: files(), login: readFileSync(box.home.paths.loginFile, 'utf8') }

  const dry = await box.command(['install', '--dry-run'])
  t.match(dry.stdout, /^\+.*"command": ?".*claude-auth hook session-start"/m)
  t.same(files(), before.files, 'a dry run changes nothing')

  t.ok((await install(box, 'install')).changed)
  t.equal(box.login()?.refreshToken, null)
  t.same(await box.grepSecrets(path, 'refresh'), [], 'no refresh token in plain text')
  const edited = readFileSync(settingsOf(box), 'utf8')
  for (const line of [
    '// my own',
    '"SessionStart": [ { "hooks": [ { "type": "command", "command": "true" } ] }',
  ])
    t.ok(edited.includes(line), line)
  t.equal(statSync(settingsOf(box)).mode & 0o777, 0o640)
  t.match(await install(box, 'install'), { changed: false, changes: [] })
  const again = await box.command(['install'])
  t.match(again.stdout, /Changed: nothing; everything was in place\.\nNext: .*\n$/)
  const loose =
    /settings\.json has a comment or a trailing comma in line 2: the client reads nothing/
  t.match(`${again.stdout}${again.stderr}`, loose)
  const checked = await box.command(['doctor', '--only', 'settings'])
  t.match(checked.stdout, /has a comment or a trailing\s+comma\s+in\s+line 2/)

  const launched = await box.run(join(path, '.local/bin/claude'), ['-p', 'hi'])
  t.match(launched, { code: 0, stdout: 'client: -p hi\n', stderr: '' })
  await box.settle()

  t.match(await box.command(['ensure']), { code: 0 })
  t.ok(existsSync(join(path, '.cache/claude-auth')))

  t.ok((await install(box, 'uninstall')).changed)
  t.notOk(existsSync(join(path, '.cache')), 'nor the folder that was made for ours')
  t.equal(box.login()?.refreshToken, token, 'handed back')
  t.equal(readFileSync(settingsOf(box), 'utf8'), settings)
  t.same(files(), before.files)
  t.same(JSON.parse(readFileSync(box.home.configFile, 'utf8')).custody, undefined)
  t.match(await install(box, 'uninstall'), { changed: false })
  t.equal(box.authority.counts().reuses, 0)
})

t.test('who has no folder of the client gets one, and uninstall takes it away again', async t => {
  const box = await sandbox(t, { login: 'none' })
  const folder = join(box.home.path, '.claude')
  rmSync(folder, { recursive: true, force: true })
  await box.command(['install'])
  t.ok(existsSync(join(folder, 'settings.json')))
  await box.command(['ensure'])
  t.ok((await install(box, 'uninstall')).changed)
  t.notOk(existsSync(folder))
})

t.test('--custody shared leaves the refresh token in the file, also the next time', async t => {
  const box = await sandbox(t, { login: 'valid' })
  const token = box.login()?.refreshToken
  await install(box, 'install', '--custody', 'shared')
  t.match(await install(box, 'install'), { changed: false })
  t.equal(box.login()?.refreshToken, token)
  await install(box, 'install', '--custody', 'sole')
  t.equal(box.login()?.refreshToken, null)
})

t.test('an installation whose program is gone takes no refresh token', async t => {
  const box = await sandbox(t, { login: 'valid' })
  const token = box.login()?.refreshToken
  await install(box, 'install', '--custody', 'shared')
  const config = JSON.parse(readFileSync(box.home.configFile, 'utf8'))
  box.home.write(box.home.configFile, JSON.stringify({ ...config, custody: 'sole' }), 0o600)
  rmSync(join(box.home.path, '.local/lib/claude-auth'), { recursive: true })
  const { code, stdout } = await box.command(['ensure'])
  t.equal(code, 4)
  t.match(stdout, /stays in the login file: .*claude-auth is not there; type: claude-auth install/)
  t.equal(box.login()?.refreshToken, token, 'neither hook nor wrapper could renew it')
  await box.command(['install', '--yes'])
  t.equal(box.login()?.refreshToken, null)
})

t.test('a token that cannot be handed back stops the removal, which goes on later', async t => {
  const box = await sandbox(t, { login: 'valid' })
  await install(box, 'install')
  const store = join(box.home.path, '.local/share/claude-auth')
  const key = readdirSync(store).find(name => name.includes('key')) ?? ''
  const bytes = readFileSync(join(store, key))
  box.home.write(join(store, key), 'x'.repeat(bytes.length))
  const stopped = await box.command(['uninstall'])
  t.equal(stopped.code, 1)
  t.match(stopped.stderr, /could not be handed back/)
  t.ok(existsSync(join(box.home.path, '.local/bin/claude')), 'all else is in place')
  box.home.write(join(store, key), bytes.toString('latin1'))
})

t.test('files that cannot be edited stop it before anything is changed', async t => {
  const cases: [string, (box: Sandbox) => void, RegExp][] = [
    ['not JSON', box => box.home.write(settingsOf(box), 'oops'), /settings\.json is not JSON/],
    [
      'bad YAML',
      box => box.home.write(box.home.configFile, 'a: [', 0o600),
      /config\.yaml is not YAML/,
    ],
  ]
  for (const [name, spoil, message] of cases) {
    const box = await sandbox(t, { login: 'valid' })
    spoil(box)
    const { code, stderr } = await box.command(['install'])
    t.equal(code, 2, name)
    t.match(stderr, message, name)
    t.notOk(existsSync(join(box.home.path, '.local/lib')), name)
  }
})

t.test('settings behind a link are edited where they are kept', async t => {
  const box = await sandbox(t, { login: 'valid' })
  const kept = join(box.home.path, 'dotfiles/settings.json')
  box.home.write(kept, settings)
  symlinkSync(kept, settingsOf(box))
  await install(box, 'install')
  t.match(readFileSync(kept, 'utf8'), /claude-auth hook session-start/)
  await install(box, 'uninstall')
  t.equal(readFileSync(kept, 'utf8'), settings)
})

t.test("the native installer's link becomes the wrapper, and comes back", async t => {
  const box = await sandbox(t, { login: 'valid', client: null })
  const version = join(box.home.path, '.local/share/claude/versions/2.1.330')
  box.home.write(version, '#!/bin/sh\necho native "$@"\n', 0o755)
  const link = join(box.home.path, '.local/bin/claude')
  mkdirSync(join(box.home.path, '.local/bin'), { recursive: true })
  symlinkSync(version, link)
  await install(box, 'install')
  t.match(await box.run(link, ['-p', 'hi']), { code: 0, stdout: 'native -p hi\n' })
  await box.settle()
  await install(box, 'uninstall')
  t.match(await box.run(link, ['x']), { stdout: 'native x\n' })
  t.equal(readFileSync(link, 'utf8').includes('claude-auth'), false)
})

t.test("the native installer's link comes back to the newest version that is there", async t => {
  const box = await sandbox(t, { login: 'valid', client: null })
  const versions = join(box.home.path, '.local/share/claude/versions')
  const native = '#!/bin/sh\necho native\n'
  box.home.write(join(versions, '2.1.197'), native, 0o755)
  const link = join(box.home.path, '.local/bin/claude')
  mkdirSync(join(box.home.path, '.local/bin'), { recursive: true })
  symlinkSync(join(versions, '2.1.197'), link)
  await install(box, 'install')
  rmSync(join(versions, '2.1.197'))
  for (const name of ['2.1.99', '2.1.330', 'part'])
    box.home.write(join(versions, name), native, 0o755)
  await install(box, 'uninstall')
  t.equal(readlinkSync(link), join(versions, '2.1.330'))
})

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true }).map(String).sort()
}
