// Settings that can't be changed, such as a link into a read-only store: all else is installed, and the entries are there to copy.

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { noOwnMachine } from '../kit/own-machine.js'
import { type Sandbox, sandbox } from '../kit/sandbox.js'

t.jobs = 2

const events = ['SessionStart', 'UserPromptSubmit', 'StopFailure', 'SessionEnd']

/** A home whose settings are a link into `store`, which nobody can write while a command runs. */
async function linked(test: Parameters<typeof sandbox>[0], text = '{"model": "opus"}\n') {
  const box = await sandbox(test, { login: 'valid' })
  const store = join(box.home.path, 'store')
  const settings = join(box.home.path, '.claude/settings.json')
  mkdirSync(store)
  box.home.write(join(store, 'settings.json'), text)
  rmSync(settings, { force: true })
  symlinkSync(join(store, 'settings.json'), settings)
  return { box, settings }
}

function command({ box, words }: { box: Sandbox; words: string[] }) {
  const store = join(box.home.path, 'store')
  const mount = `mount --bind '${store}' '${store}' && mount -o remount,bind,ro '${store}'`
  const PATH = `${join(box.home.path, '.local/bin')}:${box.env['PATH']}`
  const program = join(import.meta.dirname, '../../bin/claude-auth')
  return box.run(
    'unshare',
    [
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      `${mount} && exec "$@"`,
      'sh',
      program,
      ...words,
    ],
    { env: { ...box.env, PATH } },
  )
}

t.test(
  'install does all else, prints the entries, and ends with 4',
  { skip: noOwnMachine },
  async t => {
    const { box, settings } = await linked(t)
    const { code, stdout, stderr } = await command({ box, words: ['install', '--yes'] })
    t.equal(code, 4)
    t.match(stderr, /store\/settings\.json is on a read-only file system and stays as it is/)
    const [json = ''] = /^\{\n[\s\S]*?^\}$/m.exec(stdout) ?? []
    const entries = JSON.parse(json) as { hooks: Record<string, unknown> }
    t.same(Object.keys(entries.hooks), events)
    t.ok(existsSync(join(box.home.path, '.local/bin/claude')), 'the wrapper is there')
    t.equal(readFileSync(settings, 'utf8'), '{"model": "opus"}\n')

    const again = await command({ box, words: ['install', '--yes', '--json'] })
    t.match(again, { code: 4 })
    t.match(JSON.parse(again.stdout), {
      changed: false,
      unmade: [{ path: /store\/settings\.json$/ }],
    })

    box.home.write(join(box.home.path, 'store/settings.json'), json)
    t.equal((await command({ box, words: ['install', '--yes'] })).code, 0, 'where they stand now')
    const hooks = await command({
      box,
      words: ['doctor', '--json', '--offline', '--only', 'hooks'],
    })
    t.match(JSON.parse(hooks.stdout).checks, [{ id: 'hooks', state: 'ok' }])
  },
)

const unfit: Record<string, [why: RegExp, spoil: (settings: string) => void]> = {
  'a folder': [/is a folder/, path => mkdirSync(path)],
  'a link to nothing': [/is a link to nothing/, path => symlinkSync('/nowhere/x', path)],
  'a link to itself': [/is a link to nothing/, path => symlinkSync(path, path)],
  'a link to a device': [/is no regular file/, path => symlinkSync('/dev/null', path)],
  'a read-only file': [/is read-only/, path => writeFileSync(path, '{}', { mode: 0o400 })],
  'UTF-16': [/is no UTF-8 text/, path => writeFileSync(path, Buffer.from('\uFEFF{}', 'utf16le'))],
}

for (const [name, [why, spoil]] of Object.entries(unfit))
  t.test(`${name} in their place holds nothing else up`, async t => {
    const box = await sandbox(t, { login: 'valid' })
    const settings = join(box.home.path, '.claude/settings.json')
    spoil(settings)
    const before = lstatSync(settings)
    const { code, stdout, stderr } = await box.command(['install', '--yes'])
    t.equal(code, 4, stderr)
    t.match(stderr, why)
    for (const event of events) t.match(stdout, event)
    t.ok(existsSync(join(box.home.path, '.local/bin/claude')), 'the wrapper is there')
    t.equal((await box.command(['uninstall', '--yes'])).code, 0)
    t.notOk(existsSync(join(box.home.path, '.local/bin/claude')))
    t.match(lstatSync(settings), { ino: before.ino, mtimeMs: before.mtimeMs })
  })

t.test('uninstall leaves them, says so, and does not fail', { skip: noOwnMachine }, async t => {
  const { box, settings } = await linked(t)
  const installed = await box.command(['install', '--yes'])
  t.equal(installed.code, 0, installed.stderr)
  const text = readFileSync(settings, 'utf8')
  const gone = await command({ box, words: ['uninstall', '--yes'] })
  t.equal(gone.code, 0, gone.stderr)
  t.match(gone.stderr, /store\/settings\.json is on a read-only file system and keeps what is ours/)
  t.equal(readFileSync(settings, 'utf8'), text)
  t.notOk(existsSync(join(box.home.path, '.local/bin/claude')))
  t.notOk(existsSync(join(box.home.path, '.local/state/claude-auth')))
  t.ok(box.login()?.refreshToken, 'the refresh token is back')
})
