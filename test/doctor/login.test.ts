// Faults of the login file and of the files around it: each is made for real, found by its own check alone, and mended where
// that is offered.

import { chmodSync, copyFileSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { doctor, findsFault, healthy, picture } from '../kit/doctor.js'
import { type Sandbox, sandbox } from '../kit/sandbox.js'

const fileOf = ({ home }: Sandbox) => home.paths.loginFile

t.test('in good order nothing is found, nothing is changed and nothing is spent', async t => {
  const box = await healthy(t)
  const before = picture(box.home.path)
  const asked = box.authority.requests.filter(({ endpoint }) => endpoint === 'token').length
  const seen = await doctor(box)
  t.same(seen.faults, [])
  t.match(seen, { verdict: 'ok', code: 0, stderr: '' })
  t.same(picture(box.home.path), before)
  t.equal(box.authority.requests.filter(({ endpoint }) => endpoint === 'token').length, asked)
  t.match(seen.check('server').message, /accepts it: alice@example\.com of Example/)
  t.match(seen.check('backup'), { state: 'ok' })
  t.match(seen.check('identity'), { state: 'note' }, 'pinned at first use')
})

t.test('a home where claude-auth never ran is looked at without a trace', async t => {
  const box = await sandbox(t)
  const before = picture(box.home.path)
  const seen = await doctor(box)
  t.same(seen.faults, [])
  t.match(seen.check('backup'), { state: 'note', fixable: true })
  t.same(picture(box.home.path), before)
})

t.test('login-mode: a login file that others may read', async t => {
  const box = await healthy(t)
  chmodSync(fileOf(box), 0o644)
  const found = await findsFault(t, box, 'login-mode', { fixable: true })
  t.equal(found.hint, `chmod 600 ${fileOf(box)}`)
})

t.test('login-place: a login folder in which others may write', async t => {
  const box = await healthy(t)
  chmodSync(box.home.paths.folder, 0o777)
  const found = await findsFault(t, box, 'login-place', { fixable: true })
  t.match(found.message, 'is writable by others')
})

t.test('login-place: a link into a folder in which others may write', async t => {
  const box = await healthy(t)
  const elsewhere = join(box.home.path, 'shared')
  box.home.write(join(elsewhere, 'x'), '')
  renameSync(fileOf(box), join(elsewhere, 'login.json'))
  symlinkSync(join(elsewhere, 'login.json'), fileOf(box))
  await box.ensure()
  chmodSync(elsewhere, 0o777)
  await findsFault(t, box, 'login-place', { fixable: true })
})

t.test('login-file: emptied by a client, and the store has it still', async t => {
  const box = await healthy(t)
  box.blank()
  const found = await findsFault(t, box, 'login-file', { fixable: true })
  t.match(found, { state: 'warn', message: /was emptied; the next launch fixes it/ })
})

t.test('login-file: torn', async t => {
  const box = await healthy(t)
  writeFileSync(fileOf(box), '{"claudeAiOauth":{"accessTok', { mode: 0o600 })
  const found = await findsFault(t, box, 'login-file', { fixable: true })
  t.match(found.message, /can't be used: it is no whole JSON object/)
})

t.test('login-file: nobody has ever signed in', async t => {
  const box = await sandbox(t, { login: 'none' })
  const seen = await doctor(box)
  t.same(seen.faults, ['login-file'])
  t.match(seen, { verdict: 'sign-in', code: 3 })
  t.match(seen.check('login-file'), { state: 'fail', hint: 'claude-auth login', fixable: false })
})

t.test('login-file: comments that keep the client from reading it', async t => {
  const box = await healthy(t)
  box.writeLogin(`// mine\n${JSON.stringify({ claudeAiOauth: box.login() })}`)
  const found = await findsFault(t, box, 'login-file', { fixable: false })
  t.match(found.message, 'Comments in')
})

t.test('login-file: signed out', async t => {
  const box = await healthy(t)
  box.home.write(box.home.paths.signedOut, '')
  box.writeLogin(null)
  const seen = await doctor(box)
  t.same(seen.faults, ['login-file'])
  t.match(seen, { verdict: 'sign-in', code: 3 })
})

t.test('login-fields: a faulty refresh dropped the end', async t => {
  const box = await healthy(t)
  const login = box.login()
  if (login === null) throw new Error('no login')
  const { expiresAt: _, scopes: __, ...rest } = login
  box.writeLogin(JSON.stringify({ claudeAiOauth: rest }))
  await findsFault(t, box, 'login-fields', { fixable: true })
})

t.test('private-files: the state folder and journal are readable by others', async t => {
  const box = await healthy(t)
  chmodSync(box.home.paths.state, 0o755)
  chmodSync(box.home.paths.stateFile, 0o644)
  await findsFault(t, box, 'private-files', { fixable: true })
})

/** A folder that all may write to, inside the home. */
function shared({ home }: Sandbox): string {
  const folder = join(home.path, 'shared')
  mkdirSync(folder)
  chmodSync(folder, 0o777)
  return folder
}

/** The file goes to the shared folder, and a link stands in its place. */
function linkAway(box: Sandbox, path: string): void {
  const away = join(shared(box), 'away')
  renameSync(path, away)
  symlinkSync(away, path)
}

/** Each makes one file unread, and gives the variables that name it. */
const unread: Record<string, (box: Sandbox) => Record<string, string>> = {
  'the client’s configuration': box => {
    linkAway(box, box.home.paths.clientConfig)
    return {}
  },
  'the client’s settings': box => {
    const path = join(box.home.path, '.claude/settings.json')
    box.home.write(path, '{"env":{}}')
    linkAway(box, path)
    return {}
  },
  'a profile of Anthropic’s tools': box => {
    const folder = shared(box)
    const profile = { authentication: { type: 'user_oauth' } }
    box.home.write(join(folder, 'configs/default.json'), JSON.stringify(profile))
    return { ANTHROPIC_CONFIG_DIR: folder }
  },
  'a profile in the home': box => {
    const folder = shared(box)
    const profile = { authentication: { type: 'user_oauth' } }
    box.home.write(join(folder, 'configs/default.json'), JSON.stringify(profile))
    mkdirSync(join(box.home.path, '.config'), { recursive: true })
    symlinkSync(folder, join(box.home.path, '.config/anthropic'))
    return {}
  },
  'a place for temporary files': box => ({ CLAUDE_CODE_TMPDIR: shared(box) }),
  'what such a profile signs with': box => {
    const folder = join(box.home.path, 'tools-of-anthropic')
    const credentials_path = join(shared(box), 'credentials.json')
    const profile = { authentication: { type: 'user_oauth', credentials_path } }
    box.home.write(join(folder, 'configs/default.json'), JSON.stringify(profile))
    box.home.write(credentials_path, '{}')
    return { ANTHROPIC_CONFIG_DIR: folder }
  },
  'a folder of authorities': box => ({ SSL_CERT_DIR: shared(box) }),
  'a certificate of one’s own': box => {
    const path = join(shared(box), 'own.pem')
    copyFileSync(box.proxy.caFile, path)
    return { CLAUDE_CODE_CLIENT_CERT: path, CLAUDE_CODE_CLIENT_KEY: path }
  },
}

for (const [name, put] of Object.entries(unread))
  t.test(`${name} in a place that others control is not read`, async t => {
    const box = await healthy(t)
    const env = put(box)
    const found = await findsFault(t, box, 'unread-files', { fixable: true, more: { env } })
    t.match(found.message, /(is not read|does not count): .* is writable by others/)
    t.equal(found.hint, `chmod go-w ${join(box.home.path, 'shared')}`)
  })

t.test('the file of authorities that the environment names', async t => {
  const box = await healthy(t)
  const path = join(shared(box), 'extra.pem')
  copyFileSync(box.proxy.caFile, path)
  const more = { env: { NODE_EXTRA_CA_CERTS: path } }
  const found = await findsFault(t, box, 'network', { fixable: false, more })
  t.match(found.message, /NODE_EXTRA_CA_CERTS names .* is not read: .*shared is writable by others/)
  t.equal(found.hint, `chmod go-w ${join(box.home.path, 'shared')}`)
})
