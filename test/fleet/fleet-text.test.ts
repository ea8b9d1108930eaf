// The view at a terminal.

import t from 'tap'
import { fleetJson, fleetLines, noFleetJson } from '../../src/fleet/fleet-text.js'
import { type FleetState, fleetStates, reasonsWith } from '../../src/fleet/states.js'
import { type FleetView, onlyState } from '../../src/fleet/view.js'
import { reasonWords } from '../../src/policy/outcome.js'
import { columnsOf } from '../../src/text/clean.js'
import { plainInk } from '../../src/text/terminal.js'
import { hostileTexts, recordsOf, sampleView } from '../kit/fleet-views.js'

function lines(view: FleetView, width = 80, only: FleetState | null = null): string[] {
  return [...fleetLines(view, { width, ink: plainInk, only, reasons: reasonsWith(reasonWords) })]
}

t.test(
  'who needs something comes first, each with what to type; the well are a number',
  async t => {
    const text = lines(sampleView()).join('\n')
    const order = [
      'A sign-in is needed (1)',
      'bob on ws1',
      'claude-auth login',
      'Not in the roster (1)',
    ]
    const more = ['eve on ws1', 'Silent (1)', 'carol on ws1', 'Never heard of (1)', 'dave']
    const all = [...order, ...more, 'Left, and something is still there (1)', 'gone on ws1']
    const places = all.map(words => text.indexOf(words))
    t.ok(
      places.every(place => place >= 0),
      text,
    )
    t.same(
      places,
      [...places].sort((one, other) => one - other),
    )
    t.match(text, /^4 of 7 users on this machine need something/)
    t.match(text, /1 well, 1 parked, 1 left\./)
    t.notMatch(text, /alice/)
  },
)

t.test('each line fits the width', async t => {
  const view = sampleView(hostileTexts.flatMap(user => recordsOf(user, { [user]: 'unreadable' })))
  for (const width of [40, 60, 80, 100])
    t.same(
      lines(view, width).filter(
        line => columnsOf(line) > width && line.trim().includes(' ') && !/x{40}/.test(line),
      ),
      [],
      `${width}`,
    )
})

t.test('nothing that a record says can steer a terminal', async t => {
  const view = sampleView(hostileTexts.flatMap(user => recordsOf(user, { [user]: 'unreadable' })))
  const text = lines(view).join('\n')
  t.notMatch(text, /(?!\n)[\p{Cc}\u202e]/u)
  t.notMatch(text, 'sk-ant-ort01-planted')
  const json = [...fleetJson(view)].join('')
  t.notMatch(json, /(?!\n)[\p{Cc}\u202e]/u)
})

t.test('of one state alone all are named, and the counts stay those of all', async t => {
  const view = onlyState(sampleView(), 'ok')
  t.match(lines(view, 80, 'ok').join('\n'), /✓ alice on ws1/)
  t.equal(view.verdict, 'ok')
  t.equal(view.counts.stranger, 1)
  const none = onlyState(sampleView(), 'broken')
  t.match(lines(none, 80, 'broken').join('\n'), /Nobody is in the state broken/)
})

t.test('the object has the members of its schema, one line for all', async t => {
  const text = [...fleetJson(sampleView())].join('')
  t.match(text, /^[^\n]+\n$/)
  const object = JSON.parse(text)
  t.same(Object.keys(object), ['schemaVersion', 'at', 'source', 'verdict', 'counts', 'users'])
  t.same(Object.keys(object.counts), fleetStates)
  t.match(object, { schemaVersion: 1, source: 'homes', verdict: 'sign-in' })
  t.same(Object.keys(object.users[0]), [
    ...['user', 'host', 'state', 'because', 'since', 'seenAt', 'loginEndsAt'],
    ...['credential', 'custody', 'version', 'toDo'],
  ])
  t.match(object.users[0], {
    user: 'bob',
    host: 'ws1',
    state: 'sign-in',
    toDo: 'claude-auth login',
  })
  t.match(JSON.parse(noFleetJson(1, 'vault')), { verdict: 'no-answer', users: [] })
})
