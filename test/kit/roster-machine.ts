// A machine with a site behind it: a real OpenBao, a repository with the roster, and a program that is told who comes and goes.

import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import type { JsonObject } from '../../src/system/json.js'
import { type GitSite, gitSite } from './git-site.js'
import { type OffboardSite, offboardSite } from './offboard-site.js'
import { type OwnMachine, ownMachine } from './own-machine.js'
import type { Run } from './run.js'

/** Of this checkout. */
export const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))

export interface RosterMachine {
  machine: OwnMachine
  site: OffboardSite
  git: GitSite
  host: string
  /** Commits this roster, with a reason, and pushes it. */
  commit(roster: string, message?: string): void
  /** `claude-auth roster ARGS` as root. */
  roster(args: string[]): Promise<Run>
  /** The steps of `--json`, as `user step state`. */
  steps(args: string[]): Promise<string[]>
  /** Whom the people outside were told of, as `user what`. */
  told(): Promise<string[]>
  /** What Vault has of a user's document: `null` where there is none. */
  metadata(
    user: string,
  ): Promise<{ max_versions: number; custom_metadata: JsonObject | null } | null>
  /** The token that is in a user's place, or the empty text. */
  token(user: string): Promise<string>
}

export const tokenFile = (user: string) => `/home/${user}/.config/claude-auth/vault-token`

export interface RosterMachineOptions {
  /** Lines of the machine's configuration in addition. */
  more?: string
  accounts?: string[]
}

export async function rosterMachine(
  t: Test,
  { more = '', accounts = ['ada', 'bob', 'carol'] }: RosterMachineOptions = {},
): Promise<RosterMachine> {
  const site = await offboardSite(t)
  const git = gitSite(t)
  const machine = await ownMachine(t)
  const { address } = site.server
  await machine.sh('mkdir -p /etc/claude-auth /root/.config/claude-auth')
  await machine.write(
    '/etc/claude-auth/config.yaml',
    `version: 1
store: vault
vault: {address: "${address}"}
roster: /etc/claude-auth/roster.yaml
rosterFrom: {repository: "${git.bare}", ref: master, file: ws/roster.yaml}
alerts: {command: [/usr/local/bin/tell]}
${more}`,
  )
  await machine.write('/etc/claude-auth/roster.yaml', 'users: {}\n')
  await machine.write('/root/.config/claude-auth/admin-token', site.adminToken, 0o600)
  await machine.write(
    '/usr/local/bin/tell',
    '#!/bin/sh\n[ ! -e /var/tell-fails ] && cat >> /var/told\n',
    0o755,
  )
  // Whoever's engine has something to tell runs it as well.
  await machine.write('/var/told', '', 0o666)
  for (const name of accounts) await machine.addUser(name)
  const roster = (args: string[]) => machine.run('node', [program, 'roster', ...args])
  const host = (await machine.sh('hostname -s')).trim().toLowerCase()
  return {
    machine,
    site,
    git,
    host,
    commit: (text, message = 'The roster changes\n\nSomebody asked for it.') => {
      git.commit({ 'ws/roster.yaml': text }, message)
      git.push()
    },
    roster,
    steps: async args => {
      const { stdout, stderr } = await roster([...args, '--json'])
      if (!stdout.startsWith('{')) throw new Error(`${args.join(' ')}: ${stdout}${stderr}`)
      const { steps } = JSON.parse(stdout) as { steps: JsonObject[] }
      return steps.map(({ user, step, state }) => `${user ?? 'roster'} ${step} ${state}`)
    },
    told: async () => {
      const text = await machine.sh('cat /var/told')
      return text.split('\n').flatMap(line => {
        if (line === '') return []
        const { people = [] } = JSON.parse(line) as { people?: { user: string; what: string }[] }
        return people.map(({ user, what }) => `${user} ${what}`)
      })
    },
    metadata: async user => {
      const path = `secret/metadata/workstation/claude-users/${user}`
      const { status, body } = await site.server.ask('GET', path)
      return status === 200 ? (body['data'] as never) : null
    },
    token: async user => (await machine.sh(`cat ${tokenFile(user)} 2>/dev/null || true`)).trim(),
  }
}
