// Where the machine says whose a login must be, a server of the user's own can't say that it is theirs.

import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'
import { type Sandbox, sandbox } from '../kit/sandbox.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))
const pinned = { email: 'alice@example.com' }

/** `forger`: whose own server calls every login alice's. `anthropic`: who answers at the standard addresses. */
async function setUp(t: Test, identity: string) {
  const machine = await ownMachine(t)
  await machine.sh('mkdir -p /etc/claude-auth')
  const forger = await sandbox(t, { user: pinned })
  const anthropic = await sandbox(t, { user: { email: 'eve@example.org' } })
  const env = {
    ...forger.env,
    HTTPS_PROXY: anthropic.proxy.url,
    NODE_EXTRA_CA_CERTS: anthropic.proxy.caFile,
  }
  const ensure = async () => {
    const words = [program, 'ensure', '--json', '--force']
    const { stdout } = await machine.run(join(forger.home.tools, 'node'), words, { env })
    return JSON.parse(stdout) as { verdict: string; because: string }
  }
  await machine.write('/etc/claude-auth/config.yaml', identity)
  return { machine, forger, anthropic, ensure }
}

function asked(box: Sandbox): number {
  return box.authority.requests.length
}

t.test('the user’s endpoints are not asked whose it is', { skip: noOwnMachine }, async t => {
  for (const identity of [
    'identity: {email: alice@example.com}\n',
    'identity: {organizationUuid: 0b1e6c0a-0000-4000-8000-00000000abcd}\n',
    'roster: /etc/claude-auth/roster.yaml\n',
  ]) {
    const { machine, forger, anthropic, ensure } = await setUp(t, identity)
    await machine.write('/etc/claude-auth/roster.yaml', 'users: {root: {email: alice@example.com}}')
    const before = asked(forger)
    t.not((await ensure()).verdict, 'ok', identity)
    t.equal(asked(forger), before, identity)
    t.ok(asked(anthropic) > 0, 'the standard servers are asked')
  }
})

t.test(
  'a configuration kept by an earlier form of the program is read anew',
  { skip: noOwnMachine },
  async t => {
    const { machine, forger, ensure } = await setUp(t, 'mode: on\n')
    t.equal((await ensure()).verdict, 'ok', 'the machine says nothing of whose it is')
    // The first run makes the folder in which it is kept.
    await ensure()
    const cache = join(forger.home.paths.state, 'config.json')
    const kept = JSON.parse(readFileSync(cache, 'utf8'))
    await machine.write('/etc/claude-auth/config.yaml', 'identity: {email: alice@example.com}\n')
    await ensure()
    const { sources, key } = JSON.parse(readFileSync(cache, 'utf8'))
    // As an earlier form would have made it of the very same files: the user's servers were believed.
    const late = Date.now() / 1000 + 60
    const keep = (more: Record<string, unknown>) => {
      writeFileSync(cache, JSON.stringify({ ...more, key, sources, config: kept.config }))
      utimesSync(cache, late, late)
    }
    const before = asked(forger)
    for (const earlier of [{ format: 1 }, { format: 1, form: 'another' }]) {
      keep(earlier)
      t.not((await ensure()).verdict, 'ok')
      t.equal(asked(forger), before)
      const { config } = JSON.parse(readFileSync(cache, 'utf8'))
      t.equal(config.endpoints.api, 'https://api.anthropic.com')
    }
  },
)
