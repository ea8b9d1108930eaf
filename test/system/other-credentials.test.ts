// A credential that the client prefers to its login: the launch is untouched, and that is said once.

import { join } from 'node:path'
import t from 'tap'
import { realClients } from '../kit/real-clients.js'
import { terminal, until } from '../kit/terminal.js'
import { type Wrapped, wrapped } from '../kit/wrapped.js'

t.jobs = 2

interface Case {
  env?: Record<string, string>
  settings?: Record<string, unknown>
  says: RegExp
  /** The client can't reach what it is told to use. */
  away?: true
}

const cases: Record<string, (box: Wrapped, token: string) => Case> = {
  ANTHROPIC_API_KEY: () => ({
    env: { ANTHROPIC_API_KEY: 'sk-ant-api03-made-up' },
    says: /^claude-auth: ANTHROPIC_API_KEY .* is used, not your login\.$/m,
  }),
  ANTHROPIC_AUTH_TOKEN: (_, token) => ({
    env: { ANTHROPIC_AUTH_TOKEN: token },
    says: /^claude-auth: ANTHROPIC_AUTH_TOKEN .* is used, not your login\.$/m,
  }),
  'env in settings': (_, token) => ({
    settings: { env: { ANTHROPIC_AUTH_TOKEN: token } },
    says: /^claude-auth: ANTHROPIC_AUTH_TOKEN in \/.*(is used, not your login|replaces your login|is used)\.$/m,
  }),
  apiKeyHelper: () => ({
    settings: { apiKeyHelper: 'echo sk-ant-api03-made-up' },
    says: /^claude-auth: apiKeyHelper in \/.*(is used, not your login|replaces your login|is used)\.$/m,
  }),
  'a cloud provider': () => ({
    env: { CLAUDE_CODE_USE_BEDROCK: '1', AWS_REGION: 'eu-west-1' },
    says: /^claude-auth: CLAUDE_CODE_USE_BEDROCK .*(is used, not your login|replaces your login|is used)\.$/m,
    away: true,
  }),
  'CLAUDE_CODE_OAUTH_TOKEN of somebody else': (_, token) => ({
    env: { CLAUDE_CODE_OAUTH_TOKEN: token },
    says: /CLAUDE_CODE_OAUTH_TOKEN [\s\S]*may be shared/,
  }),
}

for (const client of realClients())
  for (const [name, make] of Object.entries(cases))
    t.test(`${name}, ${client.version}`, { skip: client.skip, buffered: true }, async t => {
      const box = await wrapped(t, { login: 'valid', client: client.path, via: 'proxy' })
      const { env, settings, says, away } = make(box, box.signIn().accessToken)
      if (settings)
        box.home.write(join(box.home.paths.folder, 'settings.json'), JSON.stringify(settings))
      const before = box.login()
      const more = { env: { CLAUDE_CODE_MAX_RETRIES: '0', ...env }, timeoutMs: 90_000 }
      // What the client alone makes of it; a provider that is not there it asks for ever.
      const bare = away ? null : await box.run('claude', ['-p', 'hi'], more)
      const args = away ? ['--model'] : ['-p', 'hi']
      const first = await box.launch(args, more)
      t.match(first.stderr, says)
      t.ok(first.stderr.split('\n').filter(line => line.startsWith('claude-auth: ')).length <= 2)
      const second = await box.launch(args, more)
      t.notMatch(second.stderr, 'claude-auth:', 'said once')
      if (bare)
        for (const { code, stdout } of [first, second])
          t.same({ code, stdout }, { code: bare.code, stdout: bare.stdout })
      await box.settle()
      t.match((await box.ensure([], more)).outcome, {
        verdict: 'ok',
        because: 'other-credential',
        credential: 'other',
      })
      // 2.1.330 adds `subscriptionTypeSource` to a login that lacks it.
      t.match(box.login(), before)
      t.equal(box.authority.counts().tokenRequests, 0)
      t.same(await box.grepSecrets(first.stderr + second.stderr), [])
    })

for (const client of realClients())
  t.test(`an ended login beside an API key, ${client.version}`, { skip: client.skip }, async t => {
    const box = await wrapped(t, { login: 'expired', client: client.path, via: 'proxy' })
    const env = { ANTHROPIC_API_KEY: 'sk-ant-api03-made-up', CLAUDE_CODE_MAX_RETRIES: '0' }
    await box.launch(['-p', 'hi'], { env })
    await box.settle()
    t.same(box.tokenRequests().ours, [], 'we leave it alone')
    // The clients refresh it all the same, though they do not use it.
    t.equal(box.tokenRequests().theirs.length, 1)
    t.match((await box.ensure()).outcome, { verdict: 'ok', because: 'fresh' })
    t.equal(box.authority.counts().reuses, 0)
  })

t.test('a helper that a background run finds is told at the next terminal', async t => {
  const box = await wrapped(t, { login: 'valid' })
  const settings = join(box.home.paths.folder, 'settings.json')
  box.home.write(settings, JSON.stringify({ apiKeyHelper: 'echo made-up' }))
  t.match((await box.ensure(['--for', 'soon'])).outcome, { because: 'other-credential' })
  const at = terminal(box)
  at.type(`${box.wrapper} x\n`)
  await until(() => at.shown().includes('client: x'))
  at.close()
  await at.end
  t.equal(at.shown().match(/claude-auth: apiKeyHelper in/g)?.length, 1)
})
