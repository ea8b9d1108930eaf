// What a stage consists of: on every host, in Vault, at the site; what is done, and what a person has ticked off.

import t from 'tap'
import { stepsToTick } from '../../src/offboard/execute.js'
import { stepsBack, stepsOf } from '../../src/offboard/stages.js'
import { cutFacts, deed, factsOf, revokedFacts, vaultOf } from '../kit/offboard-facts.js'

const states = (steps: { id: string; state: string }[]) =>
  Object.fromEntries(steps.map(({ id, state }) => [id, state]))

const two = vaultOf({ hosts: ['ws1', 'ws2'], isCut: true, isAlive: false, revokedAtMs: 1 })

t.test(
  'each stage names the other hosts, with a command that needs no token of the admin there',
  async t => {
    for (const [stage, id] of [
      ['cut', 'left:ws2'],
      ['revoke', 'logout:ws2'],
      ['destroy', 'erase:ws2'],
    ] as const) {
      const step = stepsOf(revokedFacts({ vault: two }), stage).find(each => each.id === id)
      t.match(step, {
        state: 'left',
        where: 'machine',
        command: `ssh -t ws2 sudo claude-auth offboard alice --stage ${stage} --here`,
      })
    }
    const back = stepsBack(revokedFacts({ vault: two })).find(({ id }) => id === 'left:ws2')
    t.match(back, { command: 'ssh -t ws2 sudo claude-auth offboard alice --undo --here' })
  },
)

t.test('a host is named still when the document that named it is deleted', async t => {
  const deeds = [deed('offboard cut', 'left:ws2', 'left'), deed('offboard destroy', 'delete:x')]
  const steps = stepsOf(revokedFacts({ vault: vaultOf({ documents: [] }), deeds }), 'destroy')
  t.match(states(steps), { 'erase:ws2': 'left' })
})

t.test('what is left to a person is done once one says so, until the next cut', async t => {
  const ticked = [
    deed('offboard cut', 'begin', 'begun'),
    deed('offboard cut', 'site:account'),
    deed('offboard cut', 'left:ws2'),
  ]
  const facts = cutFacts({ vault: two, deeds: ticked })
  t.match(states(stepsOf(facts, 'cut')), {
    'site:account': 'done',
    'left:ws2': 'done',
    'site:push-rights': 'left',
  })
  const back = stepsBack(facts)
  t.match(states(back), { 'site:account': 'left', 'left:ws2': 'left' })
  t.notOk('site:push-rights' in states(back), 'what was never closed is not opened')

  const undone = [
    ...ticked,
    deed('offboard undo', 'entity:token'),
    deed('offboard undo', 'left:ws2'),
  ]
  const after = factsOf({ vault: vaultOf({ hosts: ['ws1', 'ws2'] }), deeds: undone })
  t.match(states(stepsBack(after)), { 'left:ws2': 'done', 'site:account': 'left' })
  t.match(
    states(stepsOf(after, 'cut')),
    { 'left:ws2': 'left', 'site:account': 'done' },
    'the mark is put anew; an account that nobody opened again is closed',
  )
})

t.test('the way back after a revocation names the new first token and the sign-in', async t => {
  const steps = stepsBack(revokedFacts())
  t.match(states(steps), { 'first-token:ws1': 'left', 'sign-in': 'left' })
  t.notOk('sign-in' in states(stepsBack(cutFacts())))
  t.notOk('first-token:ws1' in states(stepsBack(cutFacts())), 'a token that lives goes on')
})

t.test('a user who was never cut has nothing to be taken back on other hosts', async t => {
  const steps = stepsBack(factsOf({ vault: vaultOf({ hosts: ['ws1', 'ws2'] }) }))
  t.same(
    steps.filter(({ state }) => state !== 'done'),
    [],
  )
})

t.test('with --here there is this machine alone', async t => {
  const here = { isHereOnly: true, vault: null }
  for (const stage of ['cut', 'revoke', 'destroy'] as const)
    t.same([...new Set(stepsOf(cutFacts(here), stage).map(({ where }) => where))], ['machine'])
  t.same(Object.keys(states(stepsBack(cutFacts(here)))), ['left', 'units'])
})

t.test('only what is left to a person can be ticked off', async t => {
  const facts = cutFacts()
  t.match(stepsToTick(facts, 'site:account, site:push-rights', false), {
    steps: [{ id: 'site:account', stage: 'cut' }, { id: 'site:push-rights' }],
  })
  t.match(stepsToTick(facts, 'site:forge-tokens', false), { steps: [{ stage: 'revoke' }] })
  for (const word of ['left', 'account', 'entity:token', '', 'x', 'site:account,x'])
    t.match(
      stepsToTick(facts, word, false),
      { refusal: { why: /site:account, site:identity/ } },
      word,
    )
  t.match(stepsToTick(facts, 'site:account', true), { refusal: { why: /none is/ } })
})

t.test('a noted token by an entity of another name is told: the cut does not reach it', async t => {
  const accessors = [
    { key: 'accessor_ws1', host: 'ws1', accessor: 'a', isAlive: true, entityId: 'e1' },
    { key: 'accessor_ws2', host: 'ws2', accessor: 'b', isAlive: true, entityId: 'e2' },
    { key: 'accessor_ws3', host: 'ws3', accessor: 'c', isAlive: false, entityId: null },
    { key: 'accessor_ws4', host: 'ws4', accessor: 'd', isAlive: true, entityId: '' },
  ]
  const [document] = vaultOf({ isCut: true }).documents
  if (document === undefined) throw new Error('no document')
  const vault = vaultOf({ isCut: true, documents: [{ ...document, accessors }] })
  const steps = stepsOf(factsOf({ vault }), 'cut').filter(({ id }) => id.startsWith('stranger:'))
  t.match(steps, [{ id: 'stranger:ws2', state: 'left', command: 'bao read identity/entity/id/e2' }])
  t.equal(steps.length, 1)
})

t.test('a noted token that the admin may not look up is not taken for one that is cut', async t => {
  const [document] = vaultOf({ isCut: true }).documents
  if (document === undefined) throw new Error('no document')
  const accessors = [
    { key: 'accessor_ws1', host: 'ws1', accessor: 'a', isAlive: null, entityId: null },
  ]
  const documents = [{ ...document, accessors }]
  const closed = { name: 'workstation-claude-alice', state: 'closed', text: null } as const
  const vault = vaultOf({ isCut: true, documents, policy: closed })
  const steps = stepsOf(factsOf({ vault }), 'cut').filter(({ where }) => where === 'vault')
  t.match(
    steps.find(({ id }) => id === 'stranger:ws1'),
    { state: 'left', detail: /path "auth\/token\/lookup-accessor"/ },
  )
  t.match(
    steps.find(({ id }) => id === `policy:${closed.name}`),
    { state: 'left', command: `bao policy delete ${closed.name}` },
  )
})

t.test(
  'where the account is gone, no command for this host is told that would be refused',
  async t => {
    const gone = { vault: two, machine: null }
    for (const [stage, id] of [
      ['cut', 'left:ws1'],
      ['revoke', 'logout:ws1'],
      ['destroy', 'erase:ws1'],
    ] as const) {
      const step = stepsOf(factsOf(gone), stage).find(each => each.id === id)
      t.match(step, {
        state: 'left',
        command: null,
        detail: /^alice has no account on ws1 any more: /,
      })
    }
    t.match(
      stepsOf(factsOf(gone), 'cut').find(({ id }) => id === 'left:ws2')?.command,
      /^ssh -t ws2/,
    )
  },
)
