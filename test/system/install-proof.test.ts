// Custody is taken only where it can be served: our own program runs where it was installed, and reaches the server.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { noOwnMachine } from '../kit/own-machine.js'
import { sandbox } from '../kit/sandbox.js'

const root = join(import.meta.dirname, '../..')

t.test('a server that is not reached: the refresh token stays in the login file', async t => {
  const dead = 'http://127.0.0.1:9'
  const box = await sandbox(t, {
    login: 'valid',
    config: { endpoints: { oauth: dead, api: dead } },
  })
  const token = box.login()?.refreshToken
  const ended = await box.command(['install', '--yes'])
  t.equal(ended.code, 4)
  t.match(ended.stderr, /custody stays shared: .*127\.0\.0\.1:9 is not reached/)
  t.match(ended.stdout, 'Custody: shared')
  t.equal(box.login()?.refreshToken, token)
  t.match(readFileSync(box.home.configFile, 'utf8'), /custody"?: ?"?shared/)
  const { authority } = box
  box.writeConfig({ version: 1, endpoints: { oauth: authority.url, api: authority.url } })
  t.match(await box.command(['install', '--yes', '--custody', 'sole']), { code: 0 })
  t.equal(box.login()?.refreshToken, null)
})

t.test('a home where nothing may be started: the same', { skip: noOwnMachine }, async t => {
  const box = await sandbox(t, { login: 'valid' })
  const token = box.login()?.refreshToken
  const lib = join(box.home.path, '.local/lib')
  const line = `mkdir -p '${lib}' && mount -t tmpfs -o noexec,mode=700 none '${lib}' && exec "$@"`
  const words = ['-c', line, 'sh', join(root, 'bin/claude-auth'), 'install', '--yes']
  const ended = await box.run('unshare', ['--mount', '--propagation', 'private', 'sh', ...words])
  t.equal(ended.code, 4)
  t.match(ended.stderr, /custody stays shared: .* is not allowed to start here/)
  t.equal(box.login()?.refreshToken, token)
})

t.test('hooks are switched off, and no shell meets the wrapper: the same', async t => {
  const box = await sandbox(t, { login: 'valid' })
  const token = box.login()?.refreshToken
  const settings = join(box.home.paths.folder, 'settings.json')
  box.home.write(settings, '{"disableAllHooks": true}\n')
  const ended = await box.command(['install', '--yes'])
  t.equal(ended.code, 4)
  t.match(ended.stderr, /custody stays shared: Claude runs no hooks .*; type: .*PATH=/)
  t.equal(box.login()?.refreshToken, token)
  const PATH = `${join(box.home.path, '.local/bin')}:${box.env['PATH']}`
  const again = await box.command(['install', '--yes', '--custody', 'sole'], { env: { PATH } })
  t.equal(again.code, 0, 'the wrapper is enough')
  t.equal(box.login()?.refreshToken, null)
})
