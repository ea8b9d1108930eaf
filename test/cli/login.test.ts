// `claude-auth login` around the client's own sign-in: its flags, whose login it may become, what is said.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { User } from '../../src/demo/grants.js'
import { type Sandbox, type SandboxOptions, sandbox } from '../kit/sandbox.js'

/** Signs in whoever stands in `$HOME/next`, and says how it was started. */
const client = `#!/bin/sh
printf '%s\\n' "$*" >>"$HOME/started"
[ -e "$HOME/next" ] || exit 1
mv "$HOME/next" "$HOME/.claude/.credentials.json"
`

async function box(t: Test, options: SandboxOptions = {}) {
  const at = await sandbox(t, { client, ...options })
  const next = (user: User) => {
    const login = at.authority.signIn({ user })
    at.home.write(join(at.home.path, 'next'), JSON.stringify({ claudeAiOauth: login }))
  }
  const started = () =>
    readFileSync(join(at.home.path, 'started'), 'utf8').trim().split('\n').at(-1)
  return { at, next, started }
}

const stranger = (at: Sandbox): User => ({
  ...at.user,
  email: 'bob@example.com',
  accountUuid: 'b0b00000-0000-4000-8000-000000000003',
})

t.test('the account that is expected is passed on, and named with its organization', async t => {
  const { at, next, started } = await box(t)
  await at.ensure()
  next(at.user)
  const { code, stderr } = await at.command(['login'])
  t.equal(code, 0)
  t.match(stderr, 'sign-in opens now; sign in as alice@example.com (Example).')
  t.match(stderr, /Signed in as alice@example\.com until/)
  t.equal(started(), 'auth login --claudeai --sso --email alice@example.com')
  next(at.user)
  await at.command(['login', '--no-sso', '--email', 'Alice@Example.com'])
  t.equal(started(), 'auth login --claudeai --email Alice@Example.com')
})

t.test('another account than the first is refused, until it is meant', async t => {
  const { at, next, started } = await box(t)
  await at.ensure()
  next(stranger(at))
  const refused = await at.command(['login'])
  t.equal(refused.code, 3)
  t.match(
    refused.stderr,
    /This is the login of bob@example\.com; expected here is alice@example\.com\./,
  )
  t.match(refused.stderr, /if the new one is meant: claude-auth login --new-identity/)

  next(stranger(at))
  const meant = await at.command(['login', '--new-identity'])
  t.equal(meant.code, 0)
  t.equal(started(), 'auth login --claudeai', 'nobody in particular is expected')
  t.match(meant.stderr, /Signed in as bob@example\.com until .* A copy is stored\./)
  t.match(await at.ensure(['--force']), {
    outcome: { verdict: 'ok', identity: { email: 'bob@example.com' } },
  })
  // The copy is the new one's: what is lost comes back as bob's.
  at.writeLogin(null)
  t.match(await at.ensure(), { outcome: { verdict: 'ok', identity: { email: 'bob@example.com' } } })
})

t.test('a sign-in that is not finished changes no identity', async t => {
  const { at } = await box(t)
  await at.ensure()
  const { code, stderr } = await at.command(['login', '--new-identity'])
  t.equal(code, 1)
  t.match(stderr, 'The sign-in was not finished')
  t.match(await at.ensure(['--force']), { outcome: { identity: { email: 'alice@example.com' } } })
})

t.test('a configured identity is not changed by a flag', async t => {
  const { at, next } = await box(t, { config: { identity: { email: 'alice@example.com' } } })
  for (const args of [['--new-identity'], ['--email', 'bob@example.com']]) {
    const { code, stderr } = await at.command(['login', ...args])
    t.equal(code, 2)
    t.match(stderr, /the configuration/)
    t.match(stderr, /hint: grep -n/)
  }
  next(stranger(at))
  const { stderr } = await at.command(['login'])
  t.notMatch(stderr, '--new-identity')
})

t.test('an e-mail that is none never becomes a flag of the client', async t => {
  const { at } = await box(t)
  for (const email of ['--console', '-x@example.com', 'alice', 'a b@example.com'])
    t.match(await at.command(['login', `--email=${email}`]), { code: 2 })
})
