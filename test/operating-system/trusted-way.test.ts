// What lies where others could have put it is not opened, whatever kind of file of ours it would be.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { readWebhook } from '../../src/alerts/sinks/webhook.js'
import { readAuthorityFile } from '../../src/anthropic/network.js'
import { clientAccount } from '../../src/login/client-config.js'
import { readClientSettings } from '../../src/login/client-settings.js'
import { anthropicProfile } from '../../src/login/credentials.js'
import { readLoginFile } from '../../src/login/login-file.js'
import { localStore } from '../../src/store/local.js'
import { readSecretFile } from '../../src/store/vault/auth.js'
import { readPrivateFile } from '../../src/system/open-file.js'
import { distrustedWay } from '../../src/system/trusted-path.js'
import { told as inWords, whatOf } from '../kit/told.js'

const uid = process.geteuid?.() ?? 0
const webhookKey = { key: 'alerts.slack.webhookFile', service: 'Slack', mayHaveQuery: false }
const none = { folder: null, configHome: null, name: null }

/** Each reads the file at a path, and tells what came of it; what stands there would be good. */
const readers: Record<string, { text: string; read: (path: string) => unknown; refused: unknown }> =
  {
    'a secret': {
      text: 'x'.repeat(40),
      read: path => told(() => readPrivateFile(path, { uid })),
      refused: /^\S+ lies open to others: \S+ is writable by others; type: chmod go-w \S+$/,
    },
    'the token or JWT for Vault': {
      text: 'hvs.x',
      read: path => whatOf(readSecretFile(path, uid)),
      refused: /^\S+ lies open to others: \S+ is writable by others; type: chmod go-w /,
    },
    'the webhook': {
      text: 'https://hooks.example.com/x',
      read: path => told(() => readWebhook(webhookKey, path, uid)),
      refused: /lies open to others: \S+ is writable by others; type: chmod go-w /,
    },
    'an authority': {
      text: 'pem',
      read: path => readAuthorityFile(path) ?? 'nothing',
      refused: /^nothing$/,
    },
    'the client’s settings': {
      text: '{"env":{"HTTPS_PROXY":"http://127.0.0.1:9"}}',
      read: async path => {
        const folder = dirname(path)
        symlinkSync(path, join(folder, 'settings.json'))
        const { sources, notes } = await readClientSettings({ folder, cwd: '/nowhere' })
        const own = notes.filter(({ file }) => file.startsWith(folder))
        return sources.some(({ scope }) => scope === 'user') ? 'read' : (own[0]?.why ?? 'nothing')
      },
      refused: /^is not read: \S+ lies open to others/,
    },
    'the client’s own configuration': {
      text: '{"oauthAccount":{"emailAddress":"eve@example.org"}}',
      read: path => clientAccount(path).kind,
      refused: /^unknown$/,
    },
    'a profile of Anthropic’s tools': {
      text: '{"authentication":{"type":"oidc_federation"}}',
      read: path => {
        const folder = join(dirname(path), 'anthropic')
        mkdirSync(join(folder, 'configs'), { recursive: true })
        symlinkSync(path, join(folder, 'configs', 'default.json'))
        const place = { ...none, configHome: dirname(path), home: '/nowhere' }
        return anthropicProfile(place)?.signs ?? 'nothing'
      },
      refused: /^nothing$/,
    },
    'a login file behind a link': {
      text: '{"claudeAiOauth":{"accessToken":"a","refreshToken":"r","expiresAt":1}}',
      read: path => {
        const link = `${path}.link`
        // In a folder of its own that is closed: only the target is in the open one.
        const own = join(dirname(path), '..', '..', 'own')
        mkdirSync(own, { recursive: true })
        symlinkSync(path, join(own, 'link'))
        symlinkSync(join(own, 'link'), link)
        return JSON.stringify(readLoginFile(join(own, 'link'), uid), (_, value) =>
          typeof value === 'bigint' ? Number(value) : value,
        )
      },
      refused: /"closed".*is writable by others/,
    },
  }

for (const [name, { text, read, refused }] of Object.entries(readers))
  t.test(name, async t => {
    for (const opened of ['nothing', 'the folder', 'a folder above'] as const) {
      const folder = t.testdir({ above: { folder: {} } })
      const path = join(folder, 'above', 'folder', 'file')
      writeFileSync(path, text, { mode: 0o600 })
      if (opened === 'the folder') chmodSync(dirname(path), 0o777)
      if (opened === 'a folder above') chmodSync(join(folder, 'above'), 0o757)
      const said = String(await read(path))
      if (opened === 'nothing') t.notMatch(said, refused, opened)
      else t.match(said, refused, opened)
      chmodSync(join(folder, 'above'), 0o755)
    }
  })

t.test(
  'the sealed store in a folder that others can replace is neither read nor written',
  async t => {
    const home = t.testdir({ share: {} })
    const folder = join(home, 'share', 'claude-auth')
    const place = {
      folder,
      name: 'default',
      keyFile: null,
      uid,
      nonce: () => 'n',
      randomBytes: (count: number) => Buffer.alloc(count, 7),
    }
    const store = () => localStore(place, () => false)
    t.match(await store().change({ a: 1 }, 0), { kind: 'written' })
    chmodSync(join(home, 'share'), 0o777)
    const refused = { kind: 'denied', what: /share is writable by others.*; type: chmod go-w / }
    t.match(inWords(await store().read()), refused)
    t.match(inWords(await store().change({ a: 2 }, 1)), refused)
    await t.rejects(store().sealer(), { code: 'not-private' })
    chmodSync(join(home, 'share'), 0o755)
    t.not((await store().read()).kind, 'denied', 'closed again, it goes on')
  },
)

t.test('a pipe in an open folder is not opened: nobody waits for it', t => {
  const folder = t.testdir({ open: {} })
  const path = join(folder, 'open', 'pipe')
  execFileSync('mkfifo', ['-m', '600', path])
  chmodSync(join(folder, 'open'), 0o777)
  t.match(distrustedWay(path, uid), { code: 'not-private', hint: /^chmod go-w / })
  t.match(
    told(() => readPrivateFile(path, { uid })),
    /lies open to others/,
  )
  t.equal(distrustedWay(join(folder, 'open', 'missing'), uid), null, 'what is missing is missing')
  t.end()
})

function told(act: () => unknown): string {
  try {
    return `read: ${act()}`
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string }
    return `${message}; type: ${hint}`
  }
}
