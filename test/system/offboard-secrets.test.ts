// No secret in anything that an offboarding leaves behind: output, journal, what the site's program is given, Vault's audit log.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { journal, offboardMachine } from '../kit/offboard-machine.js'
import { openBao } from '../kit/openbao.js'
import { noOwnMachine } from '../kit/own-machine.js'

t.test('every secret that is used is found in no output', { skip: noOwnMachine }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'claude-auth-audit-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const audit = join(folder, 'audit.log')
  const config = `audit "file" "to-file" {\n  options {\n    file_path = "${audit}"\n  }\n}`
  const server = await openBao(t, { config })
  const place = await offboardMachine(t, ['alice'], { server })
  const { offboard, machine, site, box } = place
  await machine.sh(
    `sed -i 's|^offboard:.*|offboard: {tokenFile: /root/admin-token, command: [/usr/local/sbin/site-offboard]}|' /etc/claude-auth/config.yaml`,
  )
  // It fails at one step, with all that it was given and can see.
  const script = `#!/bin/sh
line=$(cat); { echo "$line"; env; tr '\\0' ' ' </proc/$PPID/cmdline; echo "$@"; } | tee -a /root/site.log >&2
case $line in *'"step":"account"'*) exit 7 ;; esac
`
  await machine.write('/usr/local/sbin/site-offboard', script, 0o755)
  const others = 'secret-of-others@example.com'
  await site.server.put('alice', { setup_token: 'sk-ant-oat01-of-the-document', other: others })
  await machine.sh('cp /root/admin-token /root/kept')

  for (const words of [
    [],
    ['--stage', 'cut', '--dry-run'],
    ['--stage', 'cut', '--yes', '--reason', 'last day'],
    ['--undo', '--yes'],
    ['--stage', 'cut', '--yes'],
    ['--stage', 'revoke', '--yes'],
    ['--stage', 'destroy', '--yes', '--now'],
    ['--stage', 'destroy', '--yes', '--now', '--with-others'],
    ['--undo', '--yes'],
  ]) {
    await offboard('alice', ...words)
    await offboard('alice', ...words, '--json')
  }
  for (const token of ['hvs.CAESIa-token-that-has-ended', 'no token at all', '']) {
    await machine.write('/root/admin-token', token, 0o600)
    await offboard('alice', '--stage', 'cut', '--yes')
  }
  const secrets = [
    ...box.secrets(),
    ...place.vaultTokens,
    ...[site.adminToken, server.rootToken, others, 'sk-ant-oat01-of-the-document'],
    'hvs.CAESIa-token-that-has-ended',
  ]
  t.ok(secrets.length > 6)
  const places = {
    output: place.printed.join('\n'),
    journal: await machine.sh(`cat ${journal}`),
    "the site's program": await machine.sh('cat /root/site.log'),
    'audit log': readFileSync(audit, 'utf8'),
  }
  for (const [name, text] of Object.entries(places)) {
    t.ok(text.length > 500, `${name}: ${text.length} characters`)
    t.same(
      secrets.filter(each => text.includes(each)).map(each => each.slice(0, 12)),
      [],
      name,
    )
  }
})
