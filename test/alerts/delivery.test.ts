// Sinks are tried together, bounded in time, and who got what is remembered.

import t from 'tap'
import { deliver } from '../../src/alerts/delivery.js'
import type { AlertMessage } from '../../src/alerts/memory.js'
import type { Sink, SinkResult } from '../../src/alerts/sink.js'
import { AuthError, makeTrouble } from '../../src/system/trouble.js'
import { signInNeeded as message } from '../kit/alert-run.js'

const second: AlertMessage = { ...message, id: 'a-2' }

function sink(name: Sink['name'], answer: (id: string) => Promise<SinkResult>) {
  const got: string[] = []
  const send = (given: AlertMessage) => {
    got.push(given.id)
    return answer(given.id)
  }
  return { name, send, got }
}

const takes = async () => ({ taken: true }) as const
const refuses = async () => ({ taken: false, why: 'Slack answered 500' }) as const

t.test('every sink gets every message', async t => {
  const [slack, command] = [sink('slack', takes), sink('command', takes)]
  const delivery = await deliver([message, second], [slack, command])
  t.same(delivery, { result: 'sent', left: [], troubles: [] })
  t.same(
    [slack.got, command.got],
    [
      ['a-1', 'a-2'],
      ['a-1', 'a-2'],
    ],
  )
})

t.test('a sink that took it is not asked again, one that did not is', async t => {
  const [slack, command] = [sink('slack', refuses), sink('command', takes)]
  const first = await deliver([message, second], [slack, command])
  t.equal(first.result, 'failed')
  t.same(slack.got, ['a-1'], 'none after one that failed')
  t.same(first.troubles, [{ sink: 'slack', trouble: makeTrouble('Slack answered 500') }])
  const again = [sink('slack', takes), sink('command', takes)] as const
  const delivery = await deliver(first.left, again)
  t.equal(delivery.result, 'sent')
  t.same([again[0].got, again[1].got], [['a-1', 'a-2'], []])
})

t.test('a message for some sinks only goes to them only', async t => {
  const [slack, command] = [sink('slack', takes), sink('command', takes)]
  t.equal((await deliver([{ ...message, only: ['slack'] }], [slack, command])).result, 'sent')
  t.same([slack.got, command.got], [['a-1'], []])
})

t.test('a sink that never answers holds up neither the others nor the run', async t => {
  const [slack, command] = [sink('slack', () => new Promise(() => {})), sink('command', takes)]
  const delivery = await deliver([message], [slack, command], 50)
  t.equal(delivery.result, 'failed')
  t.same(delivery.left, [{ ...message, sentTo: ['command'] }])
  t.same(delivery.troubles, [{ sink: 'slack', trouble: makeTrouble('it took too long') }])
})

t.test('a sink that throws has failed, and only words of ours are told', async t => {
  const unknown = sink('slack', () => Promise.reject(new TypeError('https://hooks/secret')))
  const known = sink('command', () => Promise.reject(new AuthError('config-invalid', 'no address')))
  const { troubles } = await deliver([message], [unknown, known])
  t.same(troubles, [
    { sink: 'slack', trouble: makeTrouble('unexpected TypeError') },
    { sink: 'command', trouble: makeTrouble('no address', { command: 'claude-auth ensure' }) },
  ])
})

t.test('without messages or sinks there is nothing to fail', async t => {
  t.equal((await deliver([], [sink('slack', refuses)])).result, 'sent')
  t.equal((await deliver([message], [])).result, 'sent')
})
