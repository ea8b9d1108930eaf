// How far an offboarding is, what comes next, and what is shown of it.

import t from 'tap'
import { nextOf, standingOf, standingSteps } from '../../src/offboard/standing.js'
import { cutFacts, deed, factsOf, machineOf, revokedFacts, vaultOf } from '../kit/offboard-facts.js'

const gone = revokedFacts({
  vault: vaultOf({ documents: [], isCut: true }),
  deeds: [
    deed('offboard cut', 'left'),
    deed('offboard revoke', 'logout'),
    deed('offboard destroy', 'begin', 'begun'),
    deed('offboard destroy', 'delete:x'),
    deed('offboard destroy', 'erase'),
  ],
})

t.test('from active to destroyed', async t => {
  const stands = [factsOf(), cutFacts(), revokedFacts(), gone]
  t.same(stands.map(standingOf), ['active', 'cut', 'revoked', 'destroyed'])
  t.same(stands.map(nextOf), [
    'claude-auth offboard alice --stage cut',
    'claude-auth offboard alice --stage revoke',
    'claude-auth offboard alice --stage destroy',
    null,
  ])
  t.equal(
    nextOf(cutFacts({ isHereOnly: true, vault: null })),
    'claude-auth offboard alice --stage revoke --here',
  )
})

t.test('a cut of which a part is open is completed first', async t => {
  const half = factsOf({ vault: vaultOf({ isCut: true }), machine: machineOf() })
  t.equal(nextOf(half), 'claude-auth offboard alice --stage cut')
  t.equal(standingSteps(half).verdict, 'attention')
})

t.test('every place that is open is shown: of an active user those of the cut', async t => {
  const { steps, verdict } = standingSteps(factsOf())
  t.same([...new Set(steps.map(({ stage }) => stage))], ['cut'])
  t.equal(verdict, 'ok')
  t.ok(steps.some(({ where, state }) => where === 'vault' && state === 'to-do'))
  const after = standingSteps(cutFacts()).steps
  t.same([...new Set(after.map(({ stage }) => stage))], ['cut', 'revoke'])
  t.same(
    [...new Set(standingSteps(gone).steps.map(({ stage }) => stage))],
    ['cut', 'revoke', 'destroy'],
  )
})

t.test('once a person has ticked off all of it, nothing is left', async t => {
  const ids = {
    cut: ['account', 'identity-provider', 'push-rights'],
    revoke: ['forge-tokens', 'organization-seat', 'api-keys'],
    destroy: ['archive', 'home'],
  }
  const ticks = Object.entries(ids).flatMap(([stage, all]) =>
    all.map(id => deed(`offboard ${stage}`, `site:${id}`)),
  )
  const end = { ...gone, deeds: [...gone.deeds, ...ticks] }
  t.equal(standingOf(end), 'destroyed')
  t.equal(standingSteps(gone).verdict, 'attention')
  t.equal(standingSteps(end).verdict, 'ok')
})

t.test('killed after the documents were deleted: the same stage comes next', async t => {
  const deeds = gone.deeds.filter(({ step }) => step !== 'erase')
  t.equal(nextOf({ ...gone, deeds }), 'claude-auth offboard alice --stage destroy')
})
