// The first line of what `claude-auth offboard` prints.

import t from 'tap'
import { offboardLines } from '../../src/offboard/offboard-text.js'
import { inkFor } from '../../src/text/terminal.js'
import { cutFacts, deed, factsOf } from '../kit/offboard-facts.js'

t.test('only a cut that there was is taken back', async t => {
  const ink = await inkFor({}, false)
  const headline = (facts: ReturnType<typeof factsOf>) => {
    const said = { steps: [], verdict: 'ok', isDry: false, isSeen: true }
    return offboardLines({ facts, stage: 'undo', ...said }, 80, ink)[0]
  }
  const cut = deed('offboard cut', 'begin', 'begun')
  const undone = deed('offboard undo', 'begin', 'begun')
  t.equal(headline(factsOf()), 'alice: nothing has been cut')
  t.equal(headline(factsOf({ deeds: [cut, undone] })), 'alice: no longer cut')
  t.equal(headline(factsOf({ deeds: [deed('roster apply', 'cut')] })), 'alice: no longer cut')
  t.equal(headline(factsOf({ deeds: [undone] })), 'alice: no longer cut', "another host's cut")
  t.match(headline(cutFacts()), /^alice: cut/, 'where something of it stays')
})
