// One home, one verdict: `ensure`, `status` and `doctor` come to the same.

import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ownPaths } from '../../src/system/paths.js'
import { asInstalled, doctor, healthy, wrappedPath } from '../kit/doctor.js'
import { openBao } from '../kit/openbao.js'
import { type Sandbox, sandbox } from '../kit/sandbox.js'
import { vaultBox } from '../kit/vault-box.js'

/** The exit codes after a run that looked at everything, and what `status` says. */
async function verdicts(t: Test, box: Sandbox, code: number): Promise<string> {
  asInstalled(box)
  const more = { env: wrappedPath(box) }
  const forced = await box.ensure(['--force'], more)
  const again = await box.ensure([], more)
  const status = await box.command(['status'], more)
  const seen = await doctor(box, [], more)
  const codes = [forced.code, again.code, status.code, seen.code]
  t.same(codes, [code, code, code, code], `${status.stdout}${seen.faults}`)
  t.notMatch(status.stdout, '--offline')
  return status.stdout
}

t.test('with Vault', async t => {
  const bao = await openBao(t)

  await t.test('never signed in', async t => {
    const box = await vaultBox(t, bao, { login: 'none', config: { custody: 'sole' } })
    const before = await box.command(['status'])
    t.equal(before.code, 4, 'nobody has asked Vault yet')
    t.match(before.stdout, 'The next launch will look at the stored copy')
    t.notMatch(before.stdout, /--offline|cannot be reached/)
    t.match(await verdicts(t, box, 3), /^✗ Not signed in: nobody has signed in here yet/)
  })

  await t.test('the token is dead, then a new one is there', async t => {
    const box = await vaultBox(t, bao, { config: { custody: 'sole' } })
    await box.ensure()
    const tokenFile = join(box.home.path, '.config/claude-auth/vault-token')
    const token = 'hvs.a-token-that-was-revoked'
    const before = readFileSync(tokenFile, 'utf8')
    box.home.write(tokenFile, token)
    const said = await verdicts(t, box, 4)
    t.match(said, /It needs care: Vault does not know the token(\n|.)*Type: /)
    box.home.write(tokenFile, before)
    t.equal((await box.ensure()).code, 0, 'it is asked again at once')
    t.equal((await box.command(['status'])).code, 0)
  })
})

t.test('the key of the local store is gone', async t => {
  const box = await healthy(t, { config: { custody: 'sole' } })
  rmSync(join(ownPaths(box.env, box.home.path).localStore, 'key'))
  const said = await verdicts(t, box, 4)
  t.match(said, /cannot be renewed/)
  const { trouble } = JSON.parse((await box.command(['status', '--json'])).stdout)
  t.match(trouble, /does not open with its key; type: claude-auth login$/)
})

t.test('only observing: a good login, an ended one, an emptied one', async t => {
  const box = await sandbox(t, { config: { mode: 'observe' } })
  t.match(await verdicts(t, box, 0), 'Signed in')
  const ended = await sandbox(t, { login: 'expired', config: { mode: 'observe' } })
  t.match(await verdicts(t, ended, 0), 'It would renew the login: its time was over')
  const seen = (await doctor(ended)).check('token')
  t.match(seen, {
    state: 'note',
    hint: null,
    message: /^The token expired .* ago; claude-auth does not renew it/,
  })
})
