// The site's own program gets the message on stdin, and little else.

import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { command as commandSink } from '../../../src/alerts/sinks/command.js'
import { alertRun, signInNeeded as message } from '../../kit/alert-run.js'

async function send(command: string[], timeoutMs = 20_000) {
  const answer = await commandSink.open(alertRun({ command }))?.send(message, { timeoutMs })
  return answer ?? { taken: false, why: 'no sink' }
}

t.test('it gets one JSON object, its arguments as they are, and a small environment', async t => {
  const folder = t.testdir()
  const script = 'cat > "$0/in"; env > "$0/env"; pwd > "$0/pwd"; printf %s "$1" > "$0/arg"'
  t.same(await send(['/bin/sh', '-c', script, folder, '$(touch x); "*"']), { taken: true })
  const read = (name: string) => readFileSync(join(folder, name), 'utf8')
  t.match(JSON.parse(read('in')), {
    event: 'sign-in-needed',
    user: 'alice',
    because: 'login-lost',
  })
  t.equal(read('arg'), '$(touch x); "*"')
  t.equal(read('pwd'), '/\n')
  t.match(read('env'), /^HOME=\/home\/alice$/m)
  t.notMatch(read('env'), /SECRET|VAULT/)
})

t.test('a script that names no interpreter is told by doctor and by the run', async t => {
  const program = join(t.testdir(), 'page-me')
  writeFileSync(program, 'logger claude-auth\n', { mode: 0o755 })
  const why = 'is neither a binary nor begins with #! and an interpreter'
  t.match(commandSink.inspect(alertRun({ command: [program] })), {
    to: program,
    trouble: { cause: `alerts.command cannot be started: ${program} ${why}` },
  })
  t.same(await send([program]), {
    taken: false,
    why: `alerts.command cannot be started: it ${why}`,
  })
  writeFileSync(program, '#!/bin/sh\nexec cat >/dev/null\n')
  t.match(commandSink.inspect(alertRun({ command: [program] })), { trouble: null })
  t.same(await send([program]), { taken: true })
})

t.test('it has failed when it exits otherwise, cannot start, or is no full path', async t => {
  const why = async (...command: string[]) => {
    const answer = await send(command)
    return answer.taken ? 'taken' : answer.why
  }
  t.equal(await why('/bin/sh', '-c', 'exit 3'), 'alerts.command ended with exit code 3')
  t.equal(await why('/bin/sh', '-c', 'kill -9 $$'), 'alerts.command ended with SIGKILL')
  t.equal(await why('/none/such'), 'alerts.command cannot be started: it is not there')
  t.equal(await why('sh', '-c', 'true'), 'alerts.command needs the full path of a program')
  t.equal(await why(), 'alerts.command needs the full path of a program')
  t.equal(await why('/bin/true'), 'taken')
})

t.test(
  'a program that runs as another user by now has failed when its time is over, and nothing else has',
  { skip: process.geteuid?.() !== 0 && 'needs root' },
  async t => {
    const program = ['/usr/bin/setpriv', '--reuid=54322', '--clear-groups', '/usr/bin/sleep', '3']
    const answer = send(program, 1_000)
    await sleep(500)
    process.seteuid?.(54_321)
    t.same(await answer.finally(() => process.seteuid?.(0)), {
      taken: false,
      why: 'alerts.command took too long',
    })
  },
)

t.test('when its time is over the whole group is killed', async t => {
  const folder = t.testdir()
  const script = '(sleep 1; touch "$0/late") & touch "$0/early"; wait'
  t.same(await send(['/bin/sh', '-c', script, folder], 500), {
    taken: false,
    why: 'alerts.command took too long',
  })
  await sleep(1_500)
  t.notOk(existsSync(join(folder, 'late')))
})
