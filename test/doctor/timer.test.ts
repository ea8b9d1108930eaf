// What doctor says of the timer where none is known to this user: only what it knows.

import t from 'tap'
import type { LoginFacts } from '../../src/doctor/login-facts.js'
import { type TimerFacts, timer } from '../../src/doctor/timer.js'

const found = (systemd: TimerFacts['systemd']) => {
  const login = { run: { now: () => 0 } } as LoginFacts
  const none = { timers: [], loop: null, lastChangeMs: null, env: null }
  return timer({ login, timer: { ...none, systemd } })
}

t.test('without a bus of the system it is not known whether the machine has a timer', t => {
  const { state, words } = found('silent')
  t.equal(state, 'note')
  t.match(words, { message: /not known/, hint: 'sudo claude-auth doctor --system --only timer' })
  t.notMatch(words.message, /no systemd/)
  t.end()
})

t.test('a systemd that answers knows of no timer; without one there is a loop', t => {
  t.match(found('answers').words, { hint: 'claude-auth install' })
  t.match(found('none').words, { message: /no systemd/, hint: 'claude-auth ensure --every 15m &' })
  t.end()
})
