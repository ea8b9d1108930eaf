// Files that belong to somebody else after all, as `sudo -E claude` leaves them: told whose, and all is well once they are given back.

import { chmodSync, chownSync, readFileSync, rmSync } from 'node:fs'
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
