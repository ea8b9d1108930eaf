// `claude-auth login --long-lived` at a terminal and from a pipe: the token goes into the store and nowhere else.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { type Sandbox, sandbox } from '../kit/sandbox.js'
import { localStoreOf } from '../kit/store-of.js'
import { type Terminal, terminal, until } from '../kit/terminal.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))
const question = 'then press Enter: '

/** Shows that it was started, on a terminal; `exit-with` says how it ends. */
const client = `#!/bin/sh
case $1 in
setup-token)
  [ -t 0 ] && echo "the client mints a token"
  exit "$(cat "$HOME/exit-with" 2>/dev/null || echo 0)" ;;
*) echo "client: $*" ;;
esac
`

async function box(t: Test, config: Record<string, unknown> = {}) {
  const box = await sandbox(t, { client, config })
  const token = box.authority.mintLongLived(box.user).accessToken
  return { box, token }
}

async function stored(box: Sandbox) {
  const read = await localStoreOf(box).read()
  return read.kind === 'current' ? read.stored : null
}

/** Types `claude-auth login --long-lived` and waits for the question. */
async function opened(box: Sandbox): Promise<Terminal> {
  const screen = terminal(box)
  await until(() => screen.shown().includes('$ '))
  screen.type(`${join(box.home.tools, 'node')} ${program} login --long-lived; echo "ended $?"\n`)
  await until(() => screen.shown().includes(question))
  return screen
}

async function ended(screen: Terminal): Promise<string> {
  await until(() => /\nended \d+/.test(screen.shown()))
  screen.type('exit\n')
  await screen.end
  return screen.shown()
}

t.test('at a terminal: minted, pasted unseen, stored and used', async t => {
  const { box: at, token } = await box(t, { credential: 'long-lived' })
  const login = at.login()
  await at.ensure()
  const screen = await opened(at)
  t.match(screen.shown(), /the client mints a token/)
  screen.type('sk-ant-api03-0123456789012345678901234567890123456789\r')
  await until(() => screen.shown().includes('Once more'))
  t.match(screen.shown(), /This is an API key, not a long-lived token/)
  t.notMatch(screen.shown(), 'sk-ant-api03', 'it was not shown')
  await until(() => screen.shown().split(question).length === 3)
  // As a narrow terminal lets it be copied: in two lines.
  screen.type(`\x1b[200~${token.slice(0, 40)}\r\n  ${token.slice(40)}\x1b[201~`)
  screen.type('\r')
  const shown = await ended(screen)
  t.match(shown, /is stored; it ends about .*\r?\n.*It is in use now\.\r?\nended 0/)
  t.equal(at.login()?.accessToken, token)
  t.same(await at.grepSecrets(shown), [], 'it was not shown')

  const kept = await stored(at)
  t.equal(kept?.setupToken?.token, token)
  t.equal(kept?.login?.refreshToken, login?.refreshToken)
  t.match(kept?.setupToken?.identity, { email: at.user.email, accountUuid: at.user.accountUuid })
  const { mintedAtMs, endsAtMs } = kept?.setupToken ?? {}
  t.equal((endsAtMs ?? 0) - (mintedAtMs ?? 0), 365 * 86_400_000)
  t.match((await at.ensure()).outcome, { credential: 'long-lived', loginEndsAt: endsAtMs })
  const deeds = at.journal().map(({ did }) => did)
  t.ok(deeds.includes('record-token'))
  t.same(await at.grepSecrets(at.home.path, 'refresh'), [], 'nor is it left anywhere else')
})

t.test('Ctrl-C at the question leaves everything as it was, and the terminal too', async t => {
  const { box: at } = await box(t, { credential: 'long-lived' })
  await at.ensure()
  const before = [at.login(), await stored(at)]
  const screen = await opened(at)
  screen.type('sk-ant-oat01-half')
  screen.type('\x03')
  await until(() => screen.shown().includes('ended 130'))
  screen.type('echo seen-again\n')
  await until(() => /echo seen-again\r?\nseen-again/.test(screen.shown()))
  t.match(await ended(screen), /There is no new token; nothing was changed/)
  t.same([at.login(), await stored(at)], before)
})

t.test('a client that mints nothing ends it', async t => {
  const { box: at } = await box(t)
  at.home.write(join(at.home.path, 'exit-with'), '1')
  const screen = terminal(at)
  await until(() => screen.shown().includes('$ '))
  screen.type(`${join(at.home.tools, 'node')} ${program} login --long-lived; echo "ended $?"\n`)
  const shown = await ended(screen)
  t.match(shown, /nothing was changed\.\r?\n.*login --long-lived\r?\nended 1/)
  t.notMatch(shown, question)
})

t.test('from a pipe, without a terminal and without the client', async t => {
  const { box: at, token } = await box(t)
  const before = at.login()
  const run = await at.command(['login', '--long-lived'], { input: `${token}\n` })
  t.equal(run.code, 0)
  t.equal(run.stdout, '')
  t.match(run.stderr, /is stored; .*\n.*put credential: long-lived into .*config\.yaml\n$/)
  t.same(await at.grepSecrets(run.stderr), [])
  t.equal((await stored(at))?.setupToken?.token, token)
  t.same(at.login(), before, 'it is not in use')

  at.writeConfig({
    version: 1,
    endpoints: { oauth: at.authority.url, api: at.authority.url },
    credential: 'long-lived',
  })
  t.match(await at.launch(['x']), { code: 0, stdout: 'client: x\n' })
  await at.settle()
  t.equal(at.login()?.accessToken, token)
  await at.settle()
  t.match(await at.launch(['x']), { code: 0, stdout: 'client: x\n', stderr: '' })
  await at.settle()
  t.ok(existsSync(join(at.home.paths.state, 'fresh')), 'healthy launches are on the fast path')
  t.same(await at.grepSecrets(readFileSync(at.home.paths.journal, 'utf8')), [])
})

t.test('it is a sign-in: after a log-out, and where nobody signed in', async t => {
  const { box: at, token } = await box(t, { credential: 'long-lived' })
  await at.ensure()
  at.home.write(at.home.paths.signedOut, '')
  at.writeLogin(null)
  t.match((await at.ensure()).outcome, { because: 'signed-out' })
  t.match(await at.command(['login', '--long-lived'], { input: token }), { code: 0 })
  t.equal(at.login()?.accessToken, token)
  t.match((await at.ensure()).outcome, { verdict: 'ok', credential: 'long-lived' })
})

t.test('what is no long-lived token is refused in its own words, and nothing changes', async t => {
  const { box: at, token } = await box(t)
  await at.ensure()
  const login = at.login()
  const texts: [string, number, RegExp][] = [
    [`sk-ant-api03-${'x'.repeat(80)}`, 2, /this is an API key/],
    [login?.refreshToken ?? '', 2, /this is the refresh token of a login/],
    [login?.accessToken ?? '', 2, /this is the access token of your login/],
    [token.slice(0, 30), 2, /only a part/],
    [`${token}${token}`, 2, /more than one/],
    ['something else', 2, /those begin with sk-ant-oat01-/],
    ['', 1, /There is no new token/],
  ]
  for (const [input, code, words] of texts) {
    const run = await at.command(['login', '--long-lived'], { input })
    t.equal(run.code, code)
    t.match(run.stderr, words)
    t.same(await at.grepSecrets(run.stderr), [])
  }
  t.equal((await stored(at))?.setupToken, null)
  at.writeConfig({ version: 1, store: 'none' })
  const none = await at.command(['login', '--long-lived'], { input: token })
  t.equal(none.code, 2)
  t.match(none.stderr, /store: none has no place for a long-lived token/)
  const arg = await at.command(['login', '--long-lived', token])
  t.equal(arg.code, 2)
  t.same(await at.grepSecrets(arg.stderr), [])
})
