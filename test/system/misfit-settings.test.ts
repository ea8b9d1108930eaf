// Settings that do not fit this user or this machine: the launch still renews on this machine, and doctor names the setting.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { doctor } from '../kit/doctor.js'
import { expireHere } from '../kit/expire-here.js'
import { custodies, type Wrapped, wrapped } from '../kit/wrapped.js'

t.jobs = 2

const nowhere = 'http://127.0.0.1:9'

/** `check`: the one of doctor's that tells; null: there is nothing to tell. */
interface Misfit {
  config: (box: Wrapped) => Record<string, unknown>
  check: RegExp | null
}

const vault = (more: Record<string, unknown>) => () => ({
  store: 'vault',
  vault: { address: nowhere, timeout: '500ms', ...more },
})

const misfits: Record<string, Misfit> = {
  'identity.email': {
    config: () => ({ identity: { email: '{team}@example.com' } }),
    check: /config/,
  },
  roster: { config: () => ({ roster: '/nowhere/roster.yaml' }), check: /config/ },
  'roster without the user': {
    config: box => {
      const roster = join(box.home.path, 'roster.yaml')
      writeFileSync(roster, 'users: {somebody: {email: s@example.com}}\n', { mode: 0o600 })
      return { roster }
    },
    check: /identity/,
  },
  client: { config: () => ({ client: '/nowhere/claude' }), check: /client/ },
  'vault.path': { config: vault({ path: 'x/{team}' }), check: /config|store/ },
  'vault.address': { config: () => ({ store: 'vault' }), check: /config|store/ },
  'vault.caCert': { config: vault({ caCert: '/nowhere/ca.pem' }), check: /store|vault/ },
  'vault.auth.tokenFile': {
    config: vault({ auth: { tokenFile: '/nowhere/token' } }),
    check: /store|vault/,
  },
  'vault.auth.jwtFile': {
    config: vault({ auth: { method: 'jwt', jwtFile: '/nowhere/jwt' } }),
    check: /store|vault/,
  },
  'vault.auth.subject': {
    config: vault({ auth: { method: 'jwt', jwtFile: '/nowhere/jwt', subject: '{team}' } }),
    check: /config|store/,
  },
  'vault.timeout': { config: vault({ timeout: '2h' }), check: /config|store/ },
  'local.keyFile': {
    config: () => ({ local: { keyFile: '/nowhere/key' } }),
    check: /config/,
  },
  'local.keyFile, unknown name': {
    config: () => ({ local: { keyFile: '/run/{team}/key' } }),
    check: /config/,
  },
  'renewal.launchWait': { config: () => ({ renewal: { launchWait: '1h' } }), check: /config/ },
  'renewal.verifyEvery': { config: () => ({ renewal: { verifyEvery: '1s' } }), check: /config/ },
  'alerts.slack.webhookFile': {
    config: () => ({ alerts: { slack: { webhookFile: '/nowhere/hook' } } }),
    check: /alerts/,
  },
  'alerts.command': { config: () => ({ alerts: { command: ['logger'] } }), check: /config/ },
  'alerts.beforeLoginEnds': {
    config: () => ({ alerts: { beforeLoginEnds: ['1s'] } }),
    check: /config/,
  },
  'profiles, a folder that is not there': {
    config: () => ({ profiles: [{ name: 'work', folder: '~/nowhere' }] }),
    check: null,
  },
  'profiles, twice': {
    config: () => ({ profiles: [{ name: 'default', folder: '~/other' }] }),
    check: /config/,
  },
}

for (const custody of custodies)
  for (const [name, { config, check }] of Object.entries(misfits))
    t.test(`${name}, ${custody}`, { buffered: true }, async t => {
      const box = await wrapped(t, { login: 'expired' })
      const endpoints = { oauth: box.authority.url, api: box.authority.url }
      box.writeConfig({ version: 1, custody, endpoints, ...config(box) })
      const { code, stdout, stderr } = await box.launch(['-p', 'hi'])
      t.comment(stderr)
      t.same({ code, stdout }, { code: 0, stdout: 'client: -p hi\n' })
      await box.settle()
      t.ok(box.authority.accepts(box.login()?.accessToken ?? ''), 'a live login in the file')
      t.equal(box.tokenRequests().ours.length, 1, 'renewed once')
      const told = (await doctor(box)).checks.filter(({ state }) => state !== 'ok')
      t.ok(
        check === null || told.some(({ id }) => check.test(id)),
        `doctor names it: ${told.map(({ id, message }) => `${id}: ${message}`).join(' | ')}`,
      )
      await expireHere(box)
      t.match(await box.launch(['again']), { code: 0, stdout: 'client: again\n' })
      await box.settle()
      t.ok(box.authority.accepts(box.login()?.accessToken ?? ''), 'and the next time')
      t.same(box.ourReuses(), [])
    })
