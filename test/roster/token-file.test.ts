// Where a user's first Vault token is to go, as root looks: what is in the way is told before a token is minted.

import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { tokenPlace } from '../../src/roster/token-file.js'

const notRoot = process.geteuid?.() !== 0 && 'not root'
const uid = 54_321

/** A home of a user below a folder that is open to all, and their account with `home` in it. */
function site(t: Test, home: string) {
  const folder = mkdtempSync(join(tmpdir(), 'claude-auth-token-place-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  chmodSync(folder, 0o755)
  const real = join(folder, 'data')
  mkdirSync(real)
  chownSync(real, uid, uid)
  const account = { name: 'alice', uid, gid: uid, home: join(folder, home) }
  return { folder, real, account }
}

t.test(
  'a home that is a link of root counts as the folder it leads to',
  { skip: notRoot },
  async t => {
    const { real, account } = site(t, 'alice')
    symlinkSync('data', account.home)
    const file = join(account.home, '.config/claude-auth/vault-token')
    t.same(await tokenPlace(account, file), { kind: 'absent' })
    chmodSync(real, 0o500)
    t.match(await tokenPlace(account, file), { why: /is closed to its own user$/ })
  },
)

t.test('what keeps the user from writing it is told', { skip: notRoot }, async t => {
  const { folder, real, account } = site(t, 'data')
  const file = join(real, '.config/claude-auth/vault-token')
  mkdirSync(join(real, '.config'))
  t.match(await tokenPlace(account, file), { why: `${real}/.config belongs to user 0` })
  symlinkSync('nowhere', join(folder, 'tokens'))
  t.match(await tokenPlace(account, join(folder, 'tokens/alice')), {
    why: `${folder}/tokens leads nowhere`,
  })
})
