// Signing in and out with the real clients: on a narrow screen as over SSH, with a session running beside it.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { fileWith } from '../kit/logout-box.js'
import { type Peer, realClients } from '../kit/real-clients.js'
import { type Sandbox, sandbox } from '../kit/sandbox.js'
import { startSession } from '../kit/session.js'
import { until } from '../kit/terminal.js'
import { type Screen, tmuxScreen } from '../kit/tmux.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))

function loginScreen(t: Test, box: Sandbox, columns: number): Screen {
  const node = join(box.home.tools, 'node')
  const line = `${node} ${program} login; echo "ended $?"; sleep 600`
  return tmuxScreen(t, box, line, columns)
}

/** The state that the client wants back behind the code; 2.1.330 shows it in a short address. */
function stateOf(text: string): string {
  return /[?&]state=([\w-]+)/.exec(text)?.[1] ?? /authorize\?z-([\w-]+)/.exec(text)?.[1] ?? ''
}

async function box(t: Test, client: Peer, login: 'dead' | 'valid'): Promise<Sandbox> {
  return sandbox(t, { client: client.path, via: 'proxy', login })
}

for (const client of realClients()) {
  t.test(`${client.name}: a sign-in on a narrow screen heals a running session`, async t => {
    const at = await box(t, client, 'dead')
    const session = startSession(at, client.path)
    t.notMatch(await session.ask('hi'), /^Hello\.$/)
    t.match(await at.ensure(), { outcome: { verdict: 'sign-in' } })

    const screen = loginScreen(t, at, 60)
    await until(() => screen.text().includes('Paste code here'), 60_000)
    const shown = screen.text()
    t.match(shown, /claude-auth: Claude's own sign-in opens now; sign in as alice@example\.com/)
    const addresses = shown.split('\n').filter(line => line.includes('https://'))
    t.equal(addresses.length, 1)
    t.match(addresses[0], /https:\/\/\S+$/, 'the address is one unbroken line')
    t.match(addresses[0], /login_hint=alice%40example\.com/)
    t.match(addresses[0], /login_method=sso/)

    screen.enter(`${at.authority.approve({ user: at.user })}#${stateOf(shown)}`)
    await until(() => /ended \d+/.test(screen.text()), 60_000)
    t.match(
      screen.text(),
      /claude-auth: Signed in as alice@example\.com until .* A copy is stored\./,
    )
    t.match(screen.text(), /ended 0/)
    t.same(await at.grepSecrets(screen.text()), [])

    t.equal(await session.ask('hi'), 'Hello.', 'the session goes on')
    await session.end()
    t.match(await at.command(['status']), {
      code: 0,
      stdout:
        /^✓ Signed in as alice@example\.com \(Example\)\n {2}Token good for \d+ h \d+ min, renews/,
    })
  })

  t.test(
    `${client.name}: after claude-auth logout the client is signed out, its MCP logins are not`,
    async t => {
      const at = await box(t, client, 'valid')
      at.writeLogin(fileWith(JSON.stringify(at.login())))
      await at.ensure()
      const session = startSession(at, client.path)
      t.equal(await session.ask('hi'), 'Hello.')
      t.match(await at.command(['logout']), { code: 0, stderr: '' })
      // The client may have written its file anew meanwhile; the values are what counts here.
      const siblings = () => JSON.parse(readFileSync(at.home.paths.loginFile, 'utf8'))
      t.same(siblings(), JSON.parse(fileWith(null)))
      t.notMatch(await session.ask('hi'), /^Hello\.$/, 'a running session is signed out too')
      await session.end()
      t.match(await at.run(client.path, ['auth', 'status']), { stdout: /"loggedIn": false/ })
      t.same(siblings(), JSON.parse(fileWith(null)))
      t.match(await at.ensure(), { outcome: { because: 'signed-out' } })
    },
  )
}

t.test('Ctrl-C at the sign-in leaves all as it was', async t => {
  const [client] = realClients()
  if (client === undefined) throw new Error('no client')
  const at = await box(t, client, 'valid')
  const before = at.login()
  const screen = loginScreen(t, at, 80)
  await until(() => screen.text().includes('Paste code here'), 60_000)
  screen.key('C-c')
  await until(() => /ended \d+/.test(screen.text()), 60_000)
  t.match(screen.text(), /The sign-in was not finished; nothing was changed\./)
  t.match(screen.text(), /ended 130/)
  // The client completes fields of its own.
  t.ok(before)
  t.match(at.login(), before ?? {})
})
