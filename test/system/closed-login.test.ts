// Files that belong to somebody else after all, as `sudo -E claude` leaves them: told whose, and all is well once they are given back.

import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ownerUid, skip, street } from '../lab/neighbours/street.js'

for (const custody of ['shared', 'sole']) {
  t.test(`${custody}: the login file is root’s`, { skip }, async t => {
    const command = join(t.testdir(), 'called')
    const owner = await street(t, {
      config: { custody, alerts: { command: ['/usr/bin/touch', command] } },
    })
    const { box } = owner
    const { loginFile } = box.home.paths
    await owner.ensure()
    // Root's client has renewed it: what the store has is spent.
    box.writeLogin(box.signIn())
    const text = readFileSync(loginFile, 'utf8')
    chownSync(loginFile, 0, 0)
    chmodSync(loginFile, 0o600)
    const { code, stderr } = await owner.launch(['-p', 'hi'])
    await box.settle()
    t.equal(code, 0)
    const line = `Your login file belongs to root. Type: sudo chown ${ownerUid} ${loginFile}`
    t.equal(stderr, `claude-auth: ${line}\n`)
    const status = await owner.owner(
      `HOME="$H" "$H/program/bin/claude-auth" status; HOME="$H" "$H/program/bin/claude-auth" doctor`,
      { PATH: box.env['PATH'] ?? '' },
    )
    t.match(status.stdout, /your login file belongs to root/)
    t.match(status.stdout, /Your login file belongs to root/)
    t.notMatch(status.stdout, 'claude-auth login')
    t.equal(readFileSync(loginFile, 'utf8'), text)
    chownSync(loginFile, ownerUid, ownerUid)
    t.match(await owner.launch(['-p', 'hi']), { code: 0, stderr: '' })
    await box.settle()
    t.ok(box.authority.accepts(box.login()?.accessToken ?? ''))
    t.same(box.authority.counts(), { tokenRequests: 0, rotations: 0, reuses: 0 })
    t.throws(() => readFileSync(command), 'nobody was called')
  })

  t.test(`${custody}: our memory, the sealed store or its folder is root’s`, { skip }, async t => {
    const owner = await street(t, { config: { custody } })
    const { box } = owner
    await owner.ensure()
    const store = join(box.home.path, '.local/share/claude-auth')
    for (const path of [box.home.paths.stateFile, join(store, 'default.jwe'), store]) {
      const login = box.login()
      const { accessToken = '' } = login ?? {}
      box.authority.expireAccess(accessToken)
      box.writeLogin({ ...(login as object), expiresAt: Date.now() - 60_000 } as never)
      chownSync(box.home.paths.loginFile, ownerUid, ownerUid)
      chownSync(path, 0, 0)
      chmodSync(path, path === store ? 0o700 : 0o600)
      rmSync(join(box.home.paths.state, 'fresh'), { force: true })
      const before = box.authority.counts().tokenRequests
      const { code, stderr } = await owner.launch(['-p', 'hi'])
      await box.settle()
      t.equal(code, 0)
      t.notMatch(stderr, 'claude-auth login', path)
      const isStore = path !== box.home.paths.stateFile
      if (custody === 'sole' || !isStore) {
        t.equal(box.authority.counts().tokenRequests, before, `${path}: nothing is posted`)
        t.match(stderr, 'belongs to root', path)
      }
      chownSync(path, ownerUid, ownerUid)
      t.match(JSON.parse((await owner.ensure(['--force'])).stdout), { verdict: 'ok' }, path)
      t.equal(box.authority.counts().reuses, 0)
    }
  })
}

/** Folders and files of ours and of the login, as `sudo` may leave them; each launch starts the client, names the owner, and posts nothing. */
const taken = {
  'the login folder': '.claude',
  'our folder in it': '.claude/.claude-auth',
  'the gate': '.claude/.claude-auth/gate',
  'the key of the store': '.local/share/claude-auth/key',
  'a folder above the store': '.local',
  'the configuration': '.config/claude-auth/config.yaml',
} as const

for (const [name, place] of Object.entries(taken))
  t.test(`sole: ${name} is root’s`, { skip }, async t => {
    const owner = await street(t, { config: { custody: 'sole' } })
    const { box } = owner
    await owner.ensure()
    const login = box.login()
    box.authority.expireAccess(login?.accessToken ?? '')
    box.writeLogin({ ...(login as object), expiresAt: Date.now() - 60_000 } as never)
    chownSync(box.home.paths.loginFile, ownerUid, ownerUid)
    const path = join(box.home.path, place)
    chownSync(path, 0, 0)
    chmodSync(path, statSync(path).isDirectory() ? 0o700 : 0o600)
    const { code, stdout, stderr } = await owner.launch(['-p', 'hi'])
    await box.settle()
    t.match({ code, stdout }, { code: 0, stdout: 'client: -p hi\n' })
    t.match(stderr, /belongs to root|sudo chown/)
    t.equal(stderr.split('\n').length, 2, stderr)
    t.equal(box.authority.counts().tokenRequests, 0)
    const command = (...words: string[]) =>
      owner.owner(`HOME="$H" "$H/program/bin/claude-auth" ${words.join(' ')}`, {
        PATH: box.env['PATH'] ?? '',
        NODE_EXTRA_CA_CERTS: '',
      })
    for (const words of [['status'], ['doctor', '--offline'], ['ensure']]) {
      const said = await command(...words)
      const all = (said.stdout + said.stderr).replace(/\s+/g, ' ')
      t.match(all, `sudo chown `, `${words}`)
      t.notMatch(all, /claude-auth login|unexpected|renewed at the next launch|another account/)
    }
    await owner.settleIn()
    t.match(await owner.launch(['-p', 'hi']), { code: 0, stderr: '' })
    await box.settle()
    t.same(box.authority.counts(), { tokenRequests: 1, rotations: 1, reuses: 0 })
  })

t.test('the client’s configuration is root’s: it is not called broken', { skip }, async t => {
  const owner = await street(t)
  const { box } = owner
  chownSync(box.home.paths.clientConfig, 0, 0)
  const { stdout } = await owner.owner('HOME="$H" "$H/program/bin/claude-auth" doctor --offline', {
    PATH: box.env['PATH'] ?? '',
  })
  t.notMatch(stdout, /no JSON object/)
  t.match(stdout.replace(/\s+/g, ' '), /\.claude\.json is closed to you.*sudo chown -R 41001/)
})

t.test(
  'a home that is / and a link of one’s own lead to what was another’s before: no word',
  { skip },
  async t => {
    const owner = await street(t)
    const { box } = owner
    const { folder } = box.home.paths
    const PATH = box.env['PATH'] ?? ''
    const launch = (home: string) =>
      owner.owner(`HOME=${home} "$H/program/bin/claude" -p hi`, { PATH })
    t.match(await launch('/'), { code: 0, stderr: '' })
    const others = join(box.home.path, 'others')
    renameSync(folder, `${folder}.kept`)
    mkdirSync(others)
    symlinkSync(others, folder)
    lchownSync(folder, ownerUid, ownerUid)
    t.match(await launch('"$H"'), { code: 0, stderr: '' })
  },
)
