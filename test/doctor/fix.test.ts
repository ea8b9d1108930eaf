// A fix looks once more on the spot, and leaves alone what is not this user's or is in use again.

import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { User } from '../../src/demo/grants.js'
import type { Fix } from '../../src/doctor/check.js'
import { applyFix } from '../../src/doctor/fix.js'
import { loginContextOf } from '../../src/engine/login-context.js'
import { type DoctorCheck, doctor, healthy } from '../kit/doctor.js'
import { makeHome, trivialClient } from '../kit/home.js'

const user: User = {
  email: 'alice@example.com',
  accountUuid: 'a',
  organizationUuid: 'o',
  organizationName: 'Example',
  subscriptionType: 'enterprise',
}
const isRoot = process.geteuid?.() === 0

function homeOf(t: { teardown: (end: () => void) => void }) {
  const home = makeHome(user, trivialClient, process.execPath)
  t.teardown(home.remove)
  const place = loginContextOf({ HOME: home.path })
  const tools = { place, nonce: () => 'abcdef01', ensure: async () => 'ok' as const }
  return { home, fixIt: (fix: Fix) => applyFix(fix, tools), tools }
}

t.test('a mode is changed through no link, and for no file of another user', async t => {
  const { home, fixIt } = homeOf(t)
  const [file, link] = [join(home.path, 'file'), join(home.path, 'link')]
  writeFileSync(file, '', { mode: 0o644 })
  symlinkSync(file, link)
  t.match(await fixIt({ do: 'chmod', path: link, mode: 0o600 }), 'is a link')
  t.equal(statSync(file).mode & 0o777, 0o644)
  t.equal(await fixIt({ do: 'chmod', path: file, mode: 0o600 }), null)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.match(await fixIt({ do: 'chmod', path: `${file}x`, mode: 0o600 }), 'is not there any more')
  if (!isRoot) return
  chownSync(file, 12_345, 12_345)
  t.match(await fixIt({ do: 'chmod', path: file, mode: 0o777 }), 'belongs to user 12345')
  t.equal(statSync(file).mode & 0o777, 0o600)
})

t.test('a lock that was taken anew meanwhile stays', async t => {
  const { home, fixIt } = homeOf(t)
  const path = join(home.paths.folder, '.oauth_refresh.lock')
  mkdirSync(path)
  const { birthtimeMs } = statSync(path)
  t.match(await fixIt({ do: 'remove-lock', path, birthtimeMs: birthtimeMs - 5 }), 'in use again')
  t.ok(existsSync(path))
  t.equal(await fixIt({ do: 'remove-lock', path, birthtimeMs }), null)
  t.notOk(existsSync(path))
})

t.test('a program in the place of the link is no link, and stays', async t => {
  const { home, fixIt } = homeOf(t)
  const path = join(home.path, 'claude')
  writeFileSync(path, 'mine')
  t.match(await fixIt({ do: 'relink', path, target: '/x' }), 'in use')
  t.equal(readFileSync(path, 'utf8'), 'mine')
})

t.test('the client’s configuration keeps every other byte; a torn one stays as it is', async t => {
  const { home, fixIt } = homeOf(t)
  const path = home.paths.clientConfig
  writeFileSync(path, '{\n  "a": 1.0,\n  "z": "\\u00e4"\n}\n')
  t.equal(await fixIt({ do: 'onboarding', path }), null)
  const text = readFileSync(path, 'utf8')
  t.match(
    text,
    /^\{\n {2}"a": 1\.0,\n {2}"z": "\\u00e4",\n {2}"hasCompletedOnboarding": true\n\}\n$/,
  )
  writeFileSync(path, '{"a":')
  t.match(await fixIt({ do: 'onboarding', path }), 'holds no JSON object')
  t.equal(readFileSync(path, 'utf8'), '{"a":')
})

t.test('nothing is fixed in a home of somebody else', async t => {
  const { home, tools } = homeOf(t)
  const place = { ...tools.place, owned: false }
  const file = join(home.path, 'file')
  writeFileSync(file, '')
  chmodSync(file, 0o644)
  const refusal = await applyFix({ do: 'chmod', path: file, mode: 0o600 }, { ...tools, place })
  t.match(refusal, 'this home belongs to another user')
  t.equal(statSync(file).mode & 0o777, 0o644)
})

t.test('where the engine throws, the report comes all the same', async t => {
  const box = await healthy(t)
  const login = box.login()
  if (login === null) throw new Error('no login')
  box.authority.expireAccess(login.accessToken)
  box.writeLogin({ ...login, expiresAt: Date.now() - 3_600_000 })
  rmSync(box.home.paths.gate)
  mkdirSync(box.home.paths.gate)
  const seen = await doctor(box, ['--fix', '--yes'])
  t.match(seen.stderr, /^claude-auth: Not fixed token: could not open .*gate/m)
  t.match(seen.check('token'), { state: 'warn' })
  t.match(seen.check('own-files'), { state: 'fail', message: /gate is not a regular file/ })
  t.equal(seen.code, 1)
})

t.test(
  'a login folder that its owner may not write is opened, and then the login renewed',
  { skip: !isRoot && 'needs root' },
  async t => {
    const box = await healthy(t)
    const login = box.login()
    if (login === null) throw new Error('no login')
    box.authority.expireAccess(login.accessToken)
    box.writeLogin({ ...login, expiresAt: Date.now() - 3_600_000 })
    // A clone may lie where only its owner gets to, such as /root.
    const program = join(box.home.path, 'program')
    for (const name of ['bin', 'dist', 'package.json'])
      cpSync(join(process.cwd(), name), join(program, name), { recursive: true })
    await box.run('/bin/chown', ['-R', 'nobody', box.home.path])
    chmodSync(box.home.paths.folder, 0o500)
    const args = [join(program, 'bin/claude-auth'), 'doctor', '--json', '--fix', '--yes']
    const as = ['--reuid=nobody', '--clear-groups', process.execPath, ...args]
    const { stdout, stderr } = await box.run('/usr/bin/setpriv', as)
    for (const id of ['own-files', 'token'])
      t.match(stderr, new RegExp(`^claude-auth: Fixed ${id}: `, 'm'))
    const { checks } = JSON.parse(stdout) as { checks: DoctorCheck[] }
    for (const id of ['own-files', 'token'])
      t.match(
        checks.find(check => check.id === id),
        { state: 'ok' },
        id,
      )
  },
)

t.test('a surprise of the engine is told by its class alone', async t => {
  const { tools } = homeOf(t)
  const ensure = async () => {
    throw new TypeError('a secret could be here')
  }
  t.equal(await applyFix({ do: 'ensure' }, { ...tools, ensure }), 'unexpected TypeError')
})
