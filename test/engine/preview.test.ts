// Looking without acting: what `claude-auth status` finds, and that it changes and asks nothing.

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { statusObject } from '../../src/cli/status.js'
import { previewOf, statusFacts } from '../../src/engine/preview.js'
import { shortLine, statusLines } from '../../src/engine/status-words.js'
import { plainInk } from '../../src/text/terminal.js'
import { custodies, type Engine, engine, hourMs } from '../kit/engine.js'
import { secretsInText } from '../kit/secrets.js'

process.env['TZ'] = 'UTC'

/** All files below `folder`, with their content and times. */
function stateOf(folder: string): string {
  return readdirSync(folder, { recursive: true })
    .map(name => join(folder, String(name)))
    .filter(path => statSync(path).isFile())
    .map(path => `${path} ${statSync(path).mtimeMs} ${sha(readFileSync(path))}`)
    .sort()
    .join('\n')
}

const sha = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** Looks, and makes sure that nothing was asked or changed, and no token said. */
async function seen(t: Test, at: Engine) {
  const run = await at.run({ offline: true })
  const [before, asked] = [stateOf(at.home.path), at.authority.requests.length]
  const found = await previewOf(run)
  const facts = statusFacts(run, found)
  const lines = statusLines(facts, 80, plainInk)
  t.equal(stateOf(at.home.path), before, 'nothing is changed')
  t.equal(at.authority.requests.length, asked, 'nobody is asked')
  t.ok(lines.length >= 2 && lines.length <= 6, `${lines.length} lines`)
  for (const line of lines) t.ok(line.length <= 80, line)
  t.same(
    secretsInText(
      `${lines.join('\n')}${JSON.stringify(statusObject(found, facts))}`,
      at.authority.secrets(),
    ),
    [],
  )
  return {
    ...found,
    facts,
    text: lines.join('\n'),
    short: shortLine({ ...facts.outcome, ...facts }, run.now()),
  }
}

for (const custody of custodies) {
  t.test(`${custody}: a good login`, async t => {
    const at = await engine(t, { config: { custody } })
    t.match(await seen(t, at), {
      outcome: { verdict: 'ok', because: 'fresh', identity: null },
      text: /has not been asked about it yet\n/,
    })
    await at.ensure()
    at.pass(8 * 60_000)
    const { text, outcome } = await seen(t, at)
    t.match(outcome, { verdict: 'ok', because: 'fresh', credential: 'login', custody })
    t.match(
      text,
      /^✓ Signed in as alice@example\.com \(Example\)\n {2}Token good for 7 h 5\d min, renews by itself\n {2}Login ends in (?:29|30) days, on \d+ \w+( \d+)?\n {2}Backed up on this machine 8 min ago$/,
    )
  })

  t.test(`${custody}: half of its time is over, then all of it`, async t => {
    const at = await engine(t, { config: { custody } })
    await at.ensure()
    at.pass(5 * hourMs)
    t.match(await seen(t, at), {
      outcome: { verdict: 'ok', because: 'fresh' },
      next: { do: 'renew', because: 'half-life' },
    })
    at.pass(5 * hourMs)
    t.match(await seen(t, at), {
      outcome: { verdict: 'attention' },
      next: { do: 'renew', because: 'expired' },
      text: /Token ended 2 h ago, is renewed at the next launch/,
      short: '! alice@example.com, needs care: claude-auth status',
    })
  })

  t.test(`${custody}: blank, missing and torn logins with a copy`, async t => {
    const at = await engine(t, { config: { custody } })
    await at.ensure()
    for (const spoil of [
      () => at.blank(),
      () => at.writeLogin(null),
      () => at.writeLogin('{"cl'),
    ]) {
      spoil()
      t.match(await seen(t, at), {
        outcome: { verdict: 'attention', credential: 'none' },
        text: /^! Not signed in at this moment of alice@example\.com\n[\s\S]*Type: claude-auth ensure$/,
      })
    }
  })

  t.test(`${custody}: a dead login needs a person`, async t => {
    const at = await engine(t, { config: { custody }, login: 'dead' })
    await at.ensure()
    t.match(await seen(t, at), {
      outcome: { verdict: 'sign-in', because: 'grant-refused' },
      text: /^✗ A sign-in is needed: the server no longer accepts the sign-in, since [\s\S]*Type: claude-auth login \(works over SSH\)$/,
      short: '✗ sign in: claude-auth login',
    })
  })
}

t.test('the client logged out a moment ago, and no run has noticed yet', async t => {
  const at = await engine(t)
  await at.ensure()
  at.home.write(at.home.paths.signedOut, '')
  at.writeLogin(null)
  t.match(await seen(t, at), {
    outcome: { verdict: 'sign-in', because: 'signed-out' },
    short: '✗ signed out: claude-auth login',
  })
})

t.test('nothing is there yet, not even the folder', async t => {
  const at = await engine(t, { login: 'none' })
  const text = (await seen(t, at)).text
  t.match(text, /^✗ Not signed in: nobody has signed in here yet\n/)
  rmSync(at.home.paths.folder, { recursive: true })
  t.match((await seen(t, at)).text, /^✗ Not signed in/)
})

t.test('another credential, observing, switched off, no store', async t => {
  const key = await engine(t, { env: { ANTHROPIC_API_KEY: 'sk-ant-api03-x' } })
  t.match(await seen(t, key), {
    outcome: { verdict: 'ok', credential: 'other' },
    text: /^! ANTHROPIC_API_KEY from the environment is used, not the login\s+of\s+alice/,
    short: '! another credential is used',
  })
  const observed = await engine(t, { config: { mode: 'observe' } })
  await observed.ensure()
  t.match(await seen(t, observed), { text: /is not renewed by claude-auth \(mode: observe\)/ })
  const off = await engine(t, { config: { mode: 'off' } })
  t.match(await seen(t, off), {
    outcome: { verdict: 'ok', because: 'off' },
    text: /^! claude-auth is switched off\s+\(/,
    short: 'claude-auth is switched off',
  })
  const none = await engine(t, { config: { store: 'none' } })
  await none.ensure()
  t.match(await seen(t, none), { text: /No copy is kept \(store: none\)/ })
})

t.test('the server is silent', async t => {
  const at = await engine(t, { login: 'expired' })
  at.authority.fail('token', { instead: { status: 503, body: {} } }, 20)
  await at.ensure()
  t.match(await seen(t, at), {
    outcome: { verdict: 'no-answer', because: 'no-answer' },
    text: /The login server gave no answer; it is asked again by itself/,
  })
})

t.test('the prepared line follows each run, is private, and never goes stale', async t => {
  const at = await engine(t)
  const file = join(at.home.paths.state, 'short')
  await at.ensure()
  const line = readFileSync(file, 'utf8')
  t.match(line, /^✓ alice@example\.com, good until \d+ \w+ \d\d:\d\d\n$/)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.equal(line, `${(await seen(t, at)).short}\n`, 'and is what Node says')
  const before = statSync(file).mtimeMs
  at.pass(60_000)
  await at.ensure({ forced: true })
  t.equal(statSync(file).mtimeMs, before, 'an unchanged line is not written again')
  at.pass(5 * hourMs)
  await at.ensure()
  t.not(readFileSync(file, 'utf8'), line)
  // Later than the ten minutes in which a refusal after a renewal says nothing.
  at.pass(hourMs)
  at.authority.endFamily(at.login()?.accessToken ?? '')
  await at.ensure({ forced: true })
  t.equal(readFileSync(file, 'utf8'), '✗ sign in: claude-auth login\n')
})
