// Two files, one configuration: what the machine's file pins and what it leaves open.

import t from 'tap'
import { house } from './house.js'

const table = [
  {
    name: 'elsewhere the user wins, key by key',
    system: 'renewal: {at: 40%, launchWait: 5s}\ncustody: sole\n',
    user: 'renewal: {launchWait: 20s}\ncustody: shared\n',
    want: { renewal: { renewAt: 0.4, launchWaitMs: 20_000 }, custody: 'shared', overruled: [] },
  },
  {
    name: 'who has no store keeps their refresh token, whatever the machine wants',
    system: 'custody: sole\n',
    user: 'store: none\n',
    want: { store: 'none', custody: 'shared' },
  },
  {
    name: 'a pinned identity stands, what it leaves open may be filled',
    system: 'identity: {email: "{user}@example.com"}\n',
    user: 'identity: {email: eve@example.org, accountUuid: 0b1e6c0a-0000-4000-8000-00000000acc0}\n',
    want: {
      identity: {
        email: 'alice@example.com',
        accountUuid: '0b1e6c0a-0000-4000-8000-00000000acc0',
        isEmailPinned: true,
      },
      overruled: ['identity.email'],
    },
  },
  {
    name: 'the same value is not overruled',
    system: 'endpoints: {api: "https://api.example.com"}\n',
    user: 'endpoints: {api: "https://api.example.com", oauth: "https://login.example.com"}\n',
    want: {
      endpoints: { api: 'https://api.example.com', oauth: 'https://login.example.com' },
      overruled: [],
    },
  },
  {
    name: 'lists are taken whole',
    system: 'alerts: {command: [/bin/notify, --all], beforeLoginEnds: [7d, 1d]}\n',
    user: 'alerts: {command: ["/bin/true"], beforeLoginEnds: [], runbook: "https://example.com/"}\n',
    want: {
      alerts: {
        command: ['/bin/notify', '--all'],
        beforeLoginEndsMs: [604_800_000, 86_400_000],
        runbook: 'https://example.com/',
      },
      overruled: ['alerts.command', 'alerts.beforeLoginEnds'],
    },
  },
  {
    name: 'an empty map of the user clears nothing',
    system: 'alerts: {slack: {webhookFile: /etc/claude-auth/slack-webhook}}\n',
    user: 'alerts: {slack: {}}\n',
    want: { alerts: { slack: { webhookFile: '/etc/claude-auth/slack-webhook' } } },
  },
  {
    name: 'the kill switch of the machine stands',
    system: 'mode: off\n',
    user: 'mode: on\n',
    want: { mode: 'off', off: { because: 'config' }, overruled: ['mode'] },
  },
  {
    name: 'another mode of the machine is a default',
    system: 'mode: observe\n',
    user: 'mode: on\n',
    want: { mode: 'on', off: null, overruled: [] },
  },
  {
    name: 'where the machine sets a mode, a user cannot switch off',
    system: 'mode: on\n',
    user: 'mode: off\n',
    want: { mode: 'on', off: null, overruled: ['mode'] },
  },
  {
    name: 'a user may observe: alerts and journal go on',
    system: 'mode: on\n',
    user: 'mode: observe\n',
    want: { mode: 'observe', off: null, overruled: [] },
  },
  {
    name: 'where the machine sets no mode, a user may switch off',
    system: 'alerts: {runbook: "https://example.com/"}\n',
    user: 'mode: off\n',
    want: { mode: 'off', off: { because: 'config' } },
  },
  ...[
    'identity: {email: "{user}@example.com"}',
    'identity: {organizationUuid: 0b1e6c0a-0000-4000-8000-00000000abcd}',
    'identity: {accountUuid: 0b1e6c0a-0000-4000-8000-00000000acc0}',
  ].map(pin => ({
    name: `who says whose a login is, a user does not choose: ${pin}`,
    system: `${pin}\n`,
    user: 'endpoints: {api: "http://127.0.0.1:9", oauth: "http://127.0.0.1:9"}\n',
    want: {
      endpoints: { api: 'https://api.anthropic.com', oauth: 'https://platform.claude.com' },
      overruled: ['endpoints.oauth', 'endpoints.api'],
    },
  })),
  {
    name: 'of two servers the machine names one: the other is the standard one',
    system:
      'identity: {email: "{user}@example.com"}\nendpoints: {oauth: "https://login.example.com"}\n',
    user: 'endpoints: {api: "http://127.0.0.1:9", oauth: "http://127.0.0.1:9"}\n',
    want: {
      endpoints: { api: 'https://api.anthropic.com', oauth: 'https://login.example.com' },
    },
  },
  {
    name: 'where the machine says nothing of whose the login is, the servers are the user’s to name',
    system: 'identity: {}\nrenewal: {launchWait: 5s}\n',
    user: 'endpoints: {api: "http://127.0.0.1:9"}\n',
    want: { endpoints: { api: 'http://127.0.0.1:9' }, overruled: [] },
  },
  {
    name: 'where only the client may ask the token endpoint, no user has us ask it',
    system: 'renewal: {via: client}\n',
    user: 'renewal: {via: grant}\n',
    want: { renewal: { via: 'client' }, overruled: ['renewal.via'] },
  },
  {
    name: 'early warnings of the machine’s channel can be added to, not taken away',
    system: 'alerts: {command: [/bin/notify]}\n',
    user: 'alerts: {beforeLoginEnds: [14d, 3d]}\n',
    want: { alerts: { beforeLoginEndsMs: [14, 7, 3, 1].map(days => days * 86_400_000) } },
  },
  {
    name: 'in a channel of one’s own, one is warned when one likes',
    system: 'mode: on\n',
    user: 'alerts: {command: [/bin/notify], beforeLoginEnds: []}\n',
    want: { alerts: { beforeLoginEndsMs: [] } },
  },
  {
    name: 'another way into the pinned Vault is left aside',
    system:
      'store: vault\nvault: {address: "https://vault.example.com", auth: {tokenFile: /run/token}}\n',
    user: 'vault: {auth: {method: jwt, jwtFile: /run/jwt}}\n',
    want: {
      vault: { auth: { method: 'token', tokenFile: '/run/token' } },
      overruled: ['vault.auth.method'],
    },
  },
]

for (const { name, system, user, want } of table)
  t.test(name, async t => {
    const at = house(t.testdir())
    at.writeSystem(system)
    at.writeUser(user)
    t.match(await at.load(), want)
  })

t.test('a conflict across files is told at the file that made it', async t => {
  const at = house(t.testdir())
  at.writeSystem('custody: sole\n')
  at.writeUser('renewal: {via: client}\n')
  t.match(await at.problems(), ['1:16: renewal.via: expected grant, because custody: sole'])
})
