// Whose a login must be, as the machine's configuration says: nothing that a user adds makes a foreign one right.

import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { noOwnMachine, ownMachine } from '../../kit/own-machine.js'
import { sandbox } from '../../kit/sandbox.js'
import type { Figures } from '../figures.js'

const program = fileURLToPath(new URL('../../../bin/claude-auth', import.meta.url))
const home = '/root'
const foreign = {
  email: 'mallory@elsewhere.example',
  accountUuid: randomUUID(),
  organizationUuid: randomUUID(),
  organizationName: 'Elsewhere',
  subscriptionType: 'enterprise',
} as const

const roster = (email: string) => `users: {root: {email: ${email}}}\n`
const rosterFile = `${home}/roster.yaml`

interface Weakening {
  /** What the machine's configuration sets. */
  machine: Record<string, unknown>
  /** What the user's own sets. */
  user: Record<string, unknown>
  env?: Record<string, string>
}

const byEmail = { identity: { email: 'alice@example.com' } }
const weakenings: Record<string, Weakening> = {
  'an account beside the e-mail address': {
    machine: byEmail,
    user: { identity: { accountUuid: foreign.accountUuid } },
  },
  'an organization beside the e-mail address': {
    machine: byEmail,
    user: { identity: { organizationUuid: foreign.organizationUuid } },
  },
  'another e-mail address': { machine: byEmail, user: { identity: { email: foreign.email } } },
  'a roster of the user’s own': { machine: byEmail, user: { roster: rosterFile } },
  'an e-mail address where the machine sets the organization': {
    machine: { identity: { organizationUuid: randomUUID() } },
    user: { identity: { email: foreign.email, accountUuid: foreign.accountUuid } },
  },
  'all of it': {
    machine: byEmail,
    user: {
      identity: { email: foreign.email, accountUuid: foreign.accountUuid },
      roster: rosterFile,
      custody: 'shared',
      onSignInRequired: 'continue',
    },
  },
  'another file, by the environment': {
    machine: byEmail,
    user: { identity: { accountUuid: foreign.accountUuid } },
    env: { CLAUDE_AUTH_CONFIG: `${home}/other.yaml` },
  },
  'the mode off, where the machine sets one': {
    machine: { ...byEmail, mode: 'on' },
    user: { mode: 'off', identity: { accountUuid: foreign.accountUuid } },
  },
}

export async function whoseLogin(t: Test, figures: Figures): Promise<void> {
  await t.test('whose login', { skip: noOwnMachine, buffered: true }, async t => {
    const box = await sandbox(t, { login: 'none' })
    const machine = await ownMachine(t)
    const endpoints = { oauth: box.authority.url, api: box.authority.url }
    const run = async (system: object, { user, env = {} }: Weakening) => {
      await machine.sh(
        `rm -rf ${home}/.claude ${home}/.config ${home}/.local ${home}/.cache; mkdir -p -m 700 ${home}/.claude ${home}/.config/claude-auth /etc/claude-auth`,
      )
      await machine.write(rosterFile, roster(foreign.email))
      await machine.write(
        '/etc/claude-auth/config.yaml',
        JSON.stringify({ version: 1, ...system, endpoints }),
      )
      for (const path of [`${home}/.config/claude-auth/config.yaml`, `${home}/other.yaml`])
        await machine.write(path, JSON.stringify({ version: 1, ...user }))
      const login = JSON.stringify({ claudeAiOauth: box.authority.signIn({ user: foreign }) })
      await machine.write(`${home}/.claude/.credentials.json`, login, 0o600)
      const ended = await machine.run(process.execPath, [program, 'ensure', '--json', '--force'], {
        env: { HOME: home, PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...env },
      })
      const sealed = await machine.sh(
        `ls ${home}/.local/share/claude-auth/default.jwe 2>/dev/null; true`,
      )
      const isOk = /"verdict":"ok"/.test(ended.stdout)
      return { isOk: isOk || sealed !== '', said: `${ended.stdout} ${ended.stderr} ${sealed}` }
    }
    for (const [name, weakening] of Object.entries(weakenings)) {
      const { isOk, said } = await run(weakening.machine, weakening)
      const plain = await run({}, weakening)
      figures.attack({
        kind: '7 Whose a login must be',
        attack: name,
        tried: 1,
        succeeded: isOk ? [said] : [],
        control: {
          against: 'a machine that sets nothing',
          // Its own mode a user may choose there: then nothing is looked at.
          succeeded: plain.isOk || /"because":"off"/.test(plain.said) ? 1 : 0,
          tried: 1,
        },
      })
    }
  })
}
