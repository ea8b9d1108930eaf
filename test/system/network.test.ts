// The network as the client has it: where the bare client gets to the token endpoint, a renewal of ours does, and nowhere else.

import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { realClient } from '../kit/real-clients.js'
import { run } from '../kit/run.js'
import { type Sandbox, sandbox } from '../kit/sandbox.js'

type Env = Record<string, string>

interface Case {
  name: string
  env: (box: Sandbox, folder: string) => Env
  /** `env` of the user's settings. */
  settings?: (box: Sandbox) => Env
  gets: 'through' | 'nowhere'
}

const dead = 'http://127.0.0.1:9'
const ca = ({ proxy }: Sandbox): Env => ({ NODE_EXTRA_CA_CERTS: proxy.caFile })

const cases: Case[] = [
  {
    name: 'https_proxy goes first',
    gets: 'through',
    env: box => ({ ...ca(box), https_proxy: box.proxy.url, HTTPS_PROXY: dead }),
  },
  {
    name: 'an empty one is not set',
    gets: 'through',
    env: box => ({ ...ca(box), https_proxy: '', HTTPS_PROXY: '', http_proxy: box.proxy.url }),
  },
  {
    name: 'HTTP_PROXY comes last',
    gets: 'through',
    env: box => ({ ...ca(box), HTTP_PROXY: box.proxy.url }),
  },
  {
    name: 'a later one is no way out',
    gets: 'nowhere',
    env: box => ({ ...ca(box), HTTPS_PROXY: dead, http_proxy: box.proxy.url }),
  },
  {
    name: 'without a scheme it is http',
    gets: 'through',
    env: box => ({ ...ca(box), HTTPS_PROXY: box.proxy.url.replace('http://', '') }),
  },
  {
    name: 'a scheme that is none of the web',
    gets: 'through',
    env: box => ({ ...ca(box), HTTPS_PROXY: box.proxy.url.replace('http:', 'socks5:') }),
  },
  {
    name: 'a proxy with a name and a password that has an @',
    gets: 'through',
    env: box => ({ ...ca(box), HTTPS_PROXY: box.proxy.url.replace('//', '//alice:pa@ss@') }),
  },
  {
    name: 'authorities with one between them that is none',
    gets: 'through',
    env: (box, folder) => {
      const bundle = join(folder, 'bundle.pem')
      const none = '-----BEGIN CERTIFICATE-----\nMIIB none\n-----END CERTIFICATE-----\n'
      writeFileSync(bundle, `# of the site\n${none}${readFileSync(box.proxy.caFile, 'utf8')}`)
      return { HTTPS_PROXY: box.proxy.url, NODE_EXTRA_CA_CERTS: bundle }
    },
  },
  {
    name: 'NO_PROXY with the very name',
    gets: 'nowhere',
    env: box => ({ ...ca(box), HTTPS_PROXY: box.proxy.url, NO_PROXY: 'platform.claude.com' }),
  },
  {
    name: 'NO_PROXY with a name above',
    gets: 'through',
    env: box => ({ ...ca(box), HTTPS_PROXY: box.proxy.url, NO_PROXY: 'claude.com,*.claude.com' }),
  },
  {
    name: 'settings go before the environment',
    gets: 'through',
    env: box => ({ ...ca(box), HTTPS_PROXY: dead }),
    settings: box => ({ HTTPS_PROXY: box.proxy.url }),
  },
  {
    name: 'SSL_CERT_FILE',
    gets: 'through',
    env: box => ({ HTTPS_PROXY: box.proxy.url, SSL_CERT_FILE: box.proxy.caFile }),
  },
  {
    name: 'SSL_CERT_DIR, a list, without hashed names',
    gets: 'through',
    env: (box, folder) => ({ HTTPS_PROXY: box.proxy.url, SSL_CERT_DIR: `/no/such:${folder}` }),
  },
  {
    name: 'the store of the machine alone',
    gets: 'through',
    env: box => ({
      HTTPS_PROXY: box.proxy.url,
      SSL_CERT_FILE: box.proxy.caFile,
      CLAUDE_CODE_CERT_STORE: 'system',
    }),
  },
  {
    name: 'the bundled store alone',
    gets: 'nowhere',
    env: box => ({
      HTTPS_PROXY: box.proxy.url,
      SSL_CERT_FILE: box.proxy.caFile,
      CLAUDE_CODE_CERT_STORE: 'bundled',
    }),
  },
  { name: 'an authority of nobody', gets: 'nowhere', env: box => ({ HTTPS_PROXY: box.proxy.url }) },
]

const client = realClient('new')

for (const { name, env, settings, gets } of cases)
  t.test(name, async t => {
    const rotations = { through: 1, nowhere: 0 }[gets]
    const start = async () => {
      const box = await sandbox(t, { login: 'expired', via: 'proxy', client: client.path || null })
      const folder = join(box.home.path, 'certificates')
      mkdirSync(folder)
      copyFileSync(box.proxy.caFile, join(folder, 'own.crt'))
      const user = join(box.home.paths.folder, 'settings.json')
      if (settings) box.home.write(user, JSON.stringify({ env: settings(box) }))
      const { HTTPS_PROXY: _, NODE_EXTRA_CA_CERTS: __, ...plain } = box.env
      return { box, options: { cwd: box.home.path, env: { ...plain, ...env(box, folder) } } }
    }
    const ours = await start()
    const program = join(import.meta.dirname, '../../bin/claude-auth')
    await run(program, ['ensure'], ours.options)
    t.equal(ours.box.authority.counts().rotations, rotations, 'ours')
    if (client.skip) return
    const theirs = await start()
    const words = ['-p', 'hi']
    // Where it gets nowhere it goes on trying.
    await run(client.path, words, {
      ...theirs.options,
      timeoutMs: gets === 'through' ? 30_000 : 5_000,
    })
    t.equal(theirs.box.authority.counts().rotations, rotations, 'the bare client')
  })
