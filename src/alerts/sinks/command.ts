// `alerts.command` as a sink: a program of the site's that gets each message as JSON on its stdin.

import { canRun } from '../../system/access.js'
import { makeTrouble, quoted } from '../../system/trouble.js'
import { jsonText } from '../../text/clean.js'
import { alertObject } from '../message.js'
import type { SinkFile } from '../sink.js'
import { runProgram } from './run-program.js'

export const command: SinkFile = {
  open(run) {
    const program = run.config.alerts.command
    if (program === null) return null
    return {
      name: 'command',
      send(message, { timeoutMs }) {
        const input = `${jsonText(alertObject(message, run.context))}\n`
        return runProgram('alerts.command', program, input, run.env, timeoutMs)
      },
    }
  },
  inspect({ config }) {
    const [program] = config.alerts.command ?? []
    if (program === undefined) return null
    if (canRun(program)) return { to: program, trouble: null }
    const cause = `alerts.command cannot be started: ${program}`
    return { to: program, trouble: makeTrouble(cause, { command: `ls -l ${quoted(program)}` }) }
  },
}
