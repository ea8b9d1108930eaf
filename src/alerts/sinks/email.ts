// E-mail as a sink: one plain message handed to the machine's own `sendmail`, whichever mail system brings it.

import { canRun } from '../../system/access.js'
import { makeTrouble, quoted } from '../../system/trouble.js'
import { distrustOf } from '../../system/trusted-path.js'
import { clean } from '../../text/clean.js'
import { messageLines } from '../message.js'
import type { Markup, SinkFile } from '../sink.js'
import { runProgram } from './command.js'

/** Where mail systems put it (Filesystem Hierarchy Standard 3.0, 4.10 and 3.5). */
const sendmailPlaces = ['/usr/sbin/sendmail', '/usr/lib/sendmail'] as const

export const email: SinkFile = {
  open(run) {
    const at = run.config.alerts.email
    if (at === null) return null
    return {
      name: 'email',
      send(message, { timeoutMs }) {
        const program = at.sendmail ?? foundSendmail(run.person.uid) ?? sendmailPlaces[0]
        const [subject, ...lines] = messageLines(message, run.context, plainMarkup)
        const mail = mailText({ to: at.to, from: at.from, subject, lines: [subject, ...lines] })
        // -t: recipients are those of the headers; -i: a line with one dot ends nothing.
        const sender = at.from === null ? [] : ['-f', at.from]
        return runProgram('sendmail', [program, '-i', '-t', ...sender], mail, run.env, timeoutMs)
      },
    }
  },
  inspect({ config, person }) {
    const at = config.alerts.email
    if (at === null) return null
    const program = at.sendmail ?? foundSendmail(person.uid)
    const to = at.to.map(each => clean(each, 100)).join(', ')
    if (program !== null && canRun(program)) return { to, trouble: null }
    const cause =
      program === null
        ? 'this machine has no sendmail'
        : `alerts.email.sendmail cannot be started: ${program}`
    return { to, trouble: makeTrouble(cause, { command: hintFor(program) }) }
  },
}

/** The sendmail that is found; it counts only if root or the user put it there. */
function foundSendmail(uid: number): string | null {
  const isFit = (path: string) => canRun(path) && distrustOf(path, uid) === null
  return sendmailPlaces.find(isFit) ?? null
}

function hintFor(program: string | null): string {
  return program === null ? 'sudo apt install msmtp-mta' : `ls -l ${quoted(program)}`
}

const plainMarkup: Markup = {
  text: clean,
  command: words => `"${words}"`,
  link: target => target,
}

interface Mail {
  to: readonly string[]
  from: string | null
  subject: string
  lines: readonly string[]
}

/** A message as RFC 5322 wants it, with LF ends as sendmail takes it; told to be automatic (RFC 3834). */
export function mailText({ to, from, subject, lines }: Mail): string {
  const body = `${lines.join('\n')}\n`
  const isAscii = /^[\x20-\x7e\n]*$/.test(body)
  return [
    `To: ${to.join(',\n ')}`,
    ...(from === null ? [] : [`From: ${from}`]),
    `Subject: ${headerText(subject)}`,
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Transfer-Encoding: ${isAscii ? '7bit' : 'base64'}`,
    '',
    isAscii ? body : `${folded(Buffer.from(body).toString('base64'))}\n`,
  ].join('\n')
}

/** As it is, or in encoded words (RFC 2047), which hold whole characters and at most 75 columns each. */
function headerText(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text) && text.length <= 900) return text
  const words: string[] = []
  let word = ''
  for (const character of text) {
    if (Buffer.byteLength(word + character) > 45) {
      words.push(word)
      word = ''
    }
    word += character
  }
  words.push(word)
  return words.map(each => `=?utf-8?B?${Buffer.from(each).toString('base64')}?=`).join('\n ')
}

function folded(base64: string): string {
  return (base64.match(/.{1,76}/g) ?? []).join('\n')
}
