// Words of strangers in ours: terminal escapes in what servers say, Slack's markup in names of users and hosts.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { faults } from '../../../src/demo/faults.js'
import { openBao } from '../../kit/openbao.js'
import { vaultBox } from '../../kit/vault-box.js'
import { vaultGateway } from '../../kit/vault-gateway.js'
import { type Wrapped, wrapped } from '../../kit/wrapped.js'
import { type Figures, scale } from '../figures.js'
import { skip } from './street.js'

const escapes = '\u001b[2J\u001b]0;owned\u0007\u009b31m\r\nclaude-auth: Type: evil\u202e\u0000'
const control = /[\p{Cc}\p{Bidi_Control}]/u

/** Texts that reach a person with something else than words, or a line of a stranger's, in them. */
function unclean(texts: Record<string, string>): string[] {
  return Object.entries(texts)
    .filter(
      ([, text]) =>
        control.test(text.replaceAll('\n', '')) || /^claude-auth: Type: evil/m.test(text),
    )
    .map(([where]) => where)
}

async function said(box: Wrapped, name: string): Promise<Record<string, string>> {
  const first = await box.ensure(['--force'])
  const launch = await box.launch(['x'])
  await box.settle()
  const log = await box.command(['log'])
  return {
    [`${name}: --json`]: first.stdout + first.stderr,
    [`${name}: launch`]: launch.stderr,
    [`${name}: log`]: log.stdout + log.stderr,
    [`${name}: journal`]: JSON.stringify(box.journal()).replaceAll('\\', ''),
  }
}

async function serverWords(t: Test): Promise<Record<string, string>> {
  const texts: Record<string, string> = {}
  const box = await wrapped(t, { login: 'expired' })
  const words = { error: 'invalid_request', error_description: escapes, message: escapes }
  const answers = {
    'a refusal': faults.answer(400, { ...words, error: 'invalid_grant' }),
    'another 400': faults.answer(400, words),
    HTML: faults.answer(403, escapes, { 'content-type': 'text/html' }),
    'an identity': faults.changed({
      account: { uuid: escapes, email_address: `${escapes}@example.com` },
      organization: { uuid: escapes, name: escapes },
    }),
    'a scope': faults.changed({ scope: escapes, token_type: escapes }),
  }
  for (const [name, fault] of Object.entries(answers).slice(0, scale(3, 9))) {
    box.writeLogin(box.signIn(-60_000))
    box.authority.fail('token', fault)
    Object.assign(texts, await said(box, name))
    box.authority.clearFaults()
  }
  return texts
}

async function vaultWords(t: Test): Promise<Record<string, string>> {
  const bao = await openBao(t)
  const gateway = await vaultGateway(t, null)
  const box = await vaultBox(t, bao, { vault: { address: gateway.address } })
  const texts: Record<string, string> = {}
  for (const status of [403, 200, 400, 500].slice(0, scale(1, 4))) {
    const body = JSON.stringify({ errors: [escapes], data: { data: escapes, metadata: escapes } })
    gateway.instead = () => ({ status, body })
    box.writeLogin(box.signIn())
    Object.assign(texts, await said(box, `Vault ${status}`))
  }
  return texts
}

/** A host and a user of such names, in namespaces of the test's own; the messages that Slack got. */
async function namedAlert(t: Test): Promise<string[]> {
  const evil = '<!here>*b*`c`~d~_e_'
  const email = 'eve&<!channel>@example.com'
  const box = await wrapped(t, { login: 'dead', user: { email } })
  const hook = join(box.home.path, 'hook')
  box.home.write(hook, `${box.authority.url}/services/T0/B0/made-up\n`)
  const config = JSON.parse(readFileSync(box.home.configFile, 'utf8')) as object
  box.writeConfig({ ...config, alerts: { slack: { webhookFile: hook } } })
  const passwd = join(box.home.path, 'passwd')
  writeFileSync(passwd, `${evil}:x:0:0::${box.home.path}:/bin/sh\n`, { mode: 0o644 })
  const script = `mount --bind '${passwd}' /etc/passwd && printf %s '${evil}' >/proc/sys/kernel/hostname && exec "$@"`
  const program = join(box.home.path, 'program/bin/claude-auth')
  const words = ['sh', '-c', script, 'sh', join(box.home.tools, 'node'), program, 'ensure']
  const ended = await box.run('unshare', ['--mount', '--uts', ...words])
  t.equal(ended.code, 3, ended.stderr)
  return box.authority.slackMessages.map(each => String((each as { text: string }).text))
}

export async function words(t: Test, figures: Figures): Promise<void> {
  await Promise.all([
    t.test('terminal escapes in what servers say', { buffered: true }, async t => {
      const texts = { ...(await serverWords(t)), ...(await vaultWords(t)) }
      t.ok(Object.values(texts).some(text => text.includes('claude-auth: ')))
      const count = Object.keys(texts).length
      figures.wanted(`escapes of a server in ${count} texts`, unclean(texts).join('; ') || 0, 0)
    }),
    t.test('Slack’s markup in names', { skip, buffered: true }, async t => {
      const messages = await namedAlert(t)
      t.equal(messages.length, 1)
      t.match(messages[0], '&lt;!here&gt;∗b∗')
      const active = messages.filter(text => /<!|<@|\*b\*|`c`|~d~|_e_(?![\p{L}])/u.test(text))
      figures.wanted('messages with markup of a name', active.join('; ') || 0, 0)
    }),
  ])
}
