// A machine with users, a real OpenBao and a login server, on which an admin offboards.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { type OffboardSite, offboardSite } from './offboard-site.js'
import type { OpenBao } from './openbao.js'
import { type OwnMachine, ownMachine } from './own-machine.js'
import type { Run } from './run.js'
import { type Sandbox, sandbox } from './sandbox.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')
const loginFile = (user: string) => `/home/${user}/.claude/.credentials.json`
/** Where the deeds of admins are. */
export const journal = '/var/lib/claude-auth/admin.jsonl'

export interface OffboardMachine {
  box: Sandbox
  machine: OwnMachine
  site: OffboardSite
  /** `claude-auth offboard` as root; `--json` is read. */
  offboard(...words: string[]): Promise<Run & { object: OffboardAnswer }>
  /** A user with a login in sole custody, backed up to Vault. */
  addUser(user: string): Promise<void>
  ensure(user: string): Promise<Run>
  hasRefreshToken(user: string): Promise<boolean>
  /** All that `offboard` printed. */
  printed: string[]
  /** Every Vault token of a user. */
  vaultTokens: string[]
}

export interface OffboardMachineOptions {
  /** Lines of YAML for the machine's file. */
  more?: string
  addressOf?: (server: OpenBao) => Promise<string>
  /** Runs already, with its engine; else one is started. */
  server?: OpenBao
}

export interface OffboardAnswer {
  stage: string | null
  standing: string
  next: string | null
  verdict: string
  steps: { id: string; where: string; state: string; detail: string; command: string | null }[]
}

/** `addressOf`: what stands between the machine and OpenBao. */
export async function offboardMachine(
  t: Test,
  users: string[],
  { more = '', addressOf = async server => server.address, server }: OffboardMachineOptions = {},
): Promise<OffboardMachine> {
  const box = await sandbox(t, { login: 'valid' })
  const site = await offboardSite(t, server === undefined ? {} : { server })
  const machine = await ownMachine(t)
  const url = box.authority.url
  const config = `version: 1
custody: sole
endpoints: {oauth: "${url}", api: "${url}"}
store: vault
vault: {address: "${await addressOf(site.server)}"${site.server.caFile === null ? '' : ', caCert: /etc/ssl/vault-ca.pem'}}
offboard: {tokenFile: /root/admin-token}
${more}`
  if (site.server.caFile !== null)
    await machine.write('/etc/ssl/vault-ca.pem', readFileSync(site.server.caFile, 'utf8'))
  await machine.write('/root/site.yaml', config)
  await machine.write('/root/admin-token', site.adminToken, 0o600)
  await machine.write('/usr/bin/claude', '#!/bin/sh\necho client\n', 0o755)
  await machine.sh('hostname ws1 2>/dev/null; true')
  const words = [program, 'install', '--system', '--config', '/root/site.yaml']
  const installed = await machine.run(process.execPath, words)
  t.equal(installed.code, 0, installed.stderr)
  const host = (await machine.sh('hostname')).trim().split('.')[0]?.toLowerCase() ?? ''
  const place: OffboardMachine = {
    printed: [],
    vaultTokens: [],
    box,
    machine,
    site,
    offboard: async (...words) => {
      const all = ['offboard', ...words]
      const ended = await machine.run('/usr/local/bin/claude-auth', all)
      place.printed.push(ended.stdout, ended.stderr)
      const object = words.includes('--json') && ended.stdout ? JSON.parse(ended.stdout) : null
      return { ...ended, object }
    },
    addUser: async user => {
      await machine.addUser(user)
      const token = await site.user(user, { host })
      place.vaultTokens.push(token)
      const login = JSON.stringify({ claudeAiOauth: box.signIn() })
      await machine.write(loginFile(user), login, 0o600)
      const file = `/home/${user}/.config/claude-auth/vault-token`
      await machine.sh(
        `install -d -m 700 -o ${user} /home/${user}/.config /home/${user}/.config/claude-auth`,
      )
      await machine.write(file, token, 0o600)
      await machine.sh(`chown -R ${user}: /home/${user}`)
      const done = await place.ensure(user)
      t.equal(done.code, 0, `${user}: ${done.stderr}${done.stdout}`)
    },
    ensure: user => machine.as(user, '/usr/local/bin/claude-auth', ['ensure', '--force', '--json']),
    hasRefreshToken: async user => {
      const login = JSON.parse(await machine.sh(`cat ${loginFile(user)}`)).claudeAiOauth
      return typeof login?.refreshToken === 'string'
    },
  }
  for (const user of users) await place.addUser(user)
  return place
}
