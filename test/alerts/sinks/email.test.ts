// E-mail goes through the machine's sendmail, as one plain message whose headers nobody from elsewhere writes.

import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { deliver } from '../../../src/alerts/delivery.js'
import { email, mailText } from '../../../src/alerts/sinks/email.js'
import { alertRun, signInNeeded } from '../../kit/alert-run.js'

/** A sendmail that writes down how it was called. */
function sendmail(test: { testdir: typeof t.testdir }, end = 'exit 0') {
  const script = `#!/bin/sh\ncat > "$0.in"; printf '%s\\n' "$@" > "$0.args"; env > "$0.env"; ${end}\n`
  const program = join(test.testdir({ sendmail: script }), 'sendmail')
  chmodSync(program, 0o755)
  return { program, read: (what: string) => readFileSync(`${program}.${what}`, 'utf8') }
}

t.test('sendmail gets recipients in the headers, and the message as its body', async () => {
  const { program, read } = sendmail(t)
  const to = ['ops@example.com', 'alice@example.com']
  const run = alertRun({ email: { to, from: 'claude-auth@example.com', sendmail: program } })
  const sink = email.open(run)
  if (sink === null) throw new Error('no sink')
  t.equal((await deliver([signInNeeded], [sink])).result, 'sent')
  t.equal(read('args'), '-i\n-t\n-f\nclaude-auth@example.com\n')
  t.equal(
    read('in'),
    `To: ops@example.com,
 alice@example.com
From: claude-auth@example.com
Subject: claude-auth: alice on box1 needs to sign in to Claude.
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

claude-auth: alice on box1 needs to sign in to Claude.
Reason: the login is gone and no copy can be used (login-lost), since 1 Jan 1970 00:00 UTC.
To do: on that host type "claude-auth login" (works over SSH) and sign in as alice@example.com.
`,
  )
  t.notMatch(read('env'), /SECRET|VAULT/)
  t.same(email.inspect(run), { to: 'ops@example.com, alice@example.com', trouble: null })
})

t.test(
  'a sendmail that fails or is not there has not taken it, and doctor says so before',
  async t => {
    const why = async (program: string) => {
      const run = alertRun({ email: { to: ['a@example.com'], from: null, sendmail: program } })
      const answer = await email.open(run)?.send(signInNeeded, { timeoutMs: 20_000 })
      return answer?.taken === false ? answer.why : 'taken'
    }
    t.equal(await why(sendmail(t, 'exit 75').program), 'sendmail ended with exit code 75')
    t.equal(await why('/none/sendmail'), 'sendmail cannot be started: it is not there')
    const none = alertRun({ email: { to: ['a@example.com'], from: null, sendmail: '/none/it' } })
    t.match(email.inspect(none)?.trouble, {
      cause: /cannot be started: \/none\/it/,
      command: /^ls -l /,
    })
    t.equal(email.open(alertRun({})), null)
  },
)

t.test('whatever stands in a subject, it makes no header and no line that is too long', async t => {
  const cleaned = fc
    .string({ unit: 'grapheme', maxLength: 300 })
    .map(text => text.replace(/\p{Cc}/gu, ' '))
  fc.assert(
    fc.property(cleaned, cleaned, (subject, line) => {
      const [head = '', ...rest] = mailText({
        to: ['a@example.com'],
        from: null,
        subject,
        lines: [subject, line],
      }).split('\n\n')
      const unfolded = head.replaceAll('\n ', '')
      const names = unfolded.split('\n').map(each => each.split(':')[0])
      const isSame = /base64/.test(head)
        ? Buffer.from(rest.join(''), 'base64').toString() === `${subject}\n${line}\n`
        : rest.join('\n\n') === `${subject}\n${line}\n`
      return (
        names.join() ===
          'To,Subject,Auto-Submitted,MIME-Version,Content-Type,Content-Transfer-Encoding' &&
        head.split('\n').every(each => each.length <= 998) &&
        isSame
      )
    }),
  )
  t.pass()
})
