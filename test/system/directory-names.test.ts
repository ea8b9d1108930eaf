// Users whose names a directory service made: what can't be built of such a name is off, and the login is renewed all the same.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { expireHere } from '../kit/expire-here.js'
import { noOwnMachine } from '../kit/own-machine.js'
import { custodies, wrapped } from '../kit/wrapped.js'

t.jobs = 2

const names = [
  'alice@corp.example.com',
  'CORP\\alice',
  'CORP+Alice',
  'Alice',
  '_svc-1',
  'alice smith',
  'élise',
  "o'neil",
]
const renamed = 'mount --bind "$0" /etc/passwd && exec "$@"'

for (const custody of custodies)
  for (const name of names)
    t.test(`${name}, ${custody}`, { buffered: true, skip: noOwnMachine }, async t => {
      const box = await wrapped(t, { login: 'expired' })
      const passwd = join(box.home.path, 'passwd')
      const others = readFileSync('/etc/passwd', 'utf8').replace(/^root:.*\n/m, '')
      writeFileSync(passwd, `${name}:x:0:0::${box.home.path}:/bin/sh\n${others}`, { mode: 0o644 })
      const as = (...command: string[]) =>
        box.run('unshare', ['--mount', '--', 'sh', '-c', renamed, passwd, ...command])
      const claudeAuth = join(box.wrapper, '../claude-auth')
      box.writeConfig({
        version: 1,
        custody,
        endpoints: { oauth: box.authority.url, api: box.authority.url },
        identity: { email: '{user}@example.com' },
        roster: join(box.home.path, 'roster.yaml'),
        store: 'vault',
        vault: { address: 'http://127.0.0.1:9', timeout: '500ms' },
      })
      // The identity is the roster's: of such a name no address can be told.
      const roster = { users: { [name]: { email: box.user.email } } }
      box.home.write(join(box.home.path, 'roster.yaml'), JSON.stringify(roster))
      for (const round of ['first', 'second']) {
        const { code, stdout, stderr } = await as(box.wrapper, '-p', round)
        t.same({ code, stdout }, { code: 0, stdout: `client: -p ${round}\n` }, stderr)
        await box.settle()
        t.ok(box.authority.accepts(box.login()?.accessToken ?? ''), `renewed, ${round}`)
        await expireHere(box)
      }
      const told = await as(claudeAuth, 'doctor', '--only', 'config')
      t.match(told.stdout, /vault\.path/)
      t.match(told.stdout, /\{uid\}/)
      t.notMatch(told.stdout, /identity\.email/, 'the roster said it')
      const status = await as(claudeAuth, 'ensure', '--json')
      t.equal(JSON.parse(status.stdout).store.kind, 'vault')
      t.same(box.ourReuses(), [])
    })
