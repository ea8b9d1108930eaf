// Offboarding while Vault fails at a request: it is sealed, its leader dies, the admin's token or policy is taken away. Nothing is
// said to be done that is not, and once it is mended a second run completes the stage.

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { type OffboardMachine, offboardMachine } from '../kit/offboard-machine.js'
import { countingGate, endState, stagesOf } from '../kit/offboard-stages.js'
import { openBao } from '../kit/openbao.js'
import { openBaoCluster } from '../kit/openbao-cluster.js'
import { noOwnMachine } from '../kit/own-machine.js'
import { figuresOf, isWhole } from './figures.js'

t.setTimeout(3_600_000)
const figures = figuresOf(t, '18 Offboarding, and Vault fails')

interface Failure {
  happen: () => Promise<unknown>
  mend: () => Promise<unknown>
}

type Gate = Awaited<ReturnType<typeof countingGate>>['gate']

/** Runs each stage with the failure at its request `at`, mends it, and runs the stage again. */
async function tried(
  place: OffboardMachine,
  gate: Gate,
  { failure, user, at, clean }: { failure: Failure; user: string; at: number; clean: Clean },
) {
  const found = { failed: 0, untrue: 0, silent: 0, other: 0, broken: 0 }
  await place.addUser(user)
  for (const [name, words] of Object.entries(stagesOf)) {
    Object.assign(gate, { count: 0, at, hasHappened: false, event: failure.happen })
    const first = await place.offboard(user, ...words)
    gate.at = 0
    const hasHappened = gate.hasHappened
    if (hasHappened) await failure.mend()
    const isSaidDone = first.code === 0 || first.code === 4
    if (hasHappened) {
      found.failed += 1
      if (isSaidDone && (await endState(place, user)) !== clean[name]?.end) {
        found.untrue += 1
      }
      if (!isSaidDone && first.stderr === '' && !/failed: /.test(first.stdout)) found.silent += 1
      // What was begun and not looked at again is said so.
      if (
        first.code === 5 &&
        !/not looked at again|nothing was changed/.test(first.stdout + first.stderr)
      )
        found.silent += 1
    }
    const again = await place.offboard(user, ...words)
    if (again.code !== 0 && again.code !== 4) {
      found.broken += 1
      t.comment(
        `${name}, at ${at}: ${first.code} ${first.stderr} then ${again.code} ${again.stderr}`,
      )
    }
    const end = await endState(place, user)
    if (end !== clean[name]?.end) {
      found.other += 1
      t.comment(`${name}, at ${at}: ${end}, clean ${clean[name]?.end}`)
    }
  }
  return found
}

type Clean = Record<string, { requests: number; end: string }>

async function cleanRun(place: OffboardMachine, gate: Gate): Promise<Clean> {
  const clean: Clean = {}
  await place.addUser('clean')
  for (const [name, words] of Object.entries(stagesOf)) {
    gate.count = 0
    const { code, stderr } = await place.offboard('clean', ...words)
    t.ok(code === 0 || code === 4, `${name}: ${code} ${stderr}`)
    clean[name] = { requests: gate.count, end: await endState(place, 'clean') }
  }
  return clean
}

/** At every request, or at one in the middle: behind the look, among the changes. */
async function atRequests(
  place: OffboardMachine,
  gate: Gate,
  failures: Record<string, Failure>,
): Promise<void> {
  const clean = await cleanRun(place, gate)
  const most = Math.max(...Object.values(clean).map(({ requests }) => requests))
  t.ok(most > 5, `${most} requests`)
  const points = isWhole ? Array.from({ length: most }, (_, at) => at + 1) : [most - 6]
  for (const [name, failure] of Object.entries(failures)) {
    const sum = { failed: 0, untrue: 0, silent: 0, other: 0, broken: 0 }
    for (const at of points) {
      const user = `u${at}${name.replace(/[^a-z]/g, '').slice(0, 12)}`
      const found = await tried(place, gate, { failure, user, at, clean })
      for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += found[key]
    }
    figures.counted(`${name}: stages in which it happened`, sum.failed)
    figures.wanted(
      `${name}: said to be done and not so, or failed without a word`,
      sum.untrue + sum.silent,
      0,
    )
    figures.wanted(`${name}: second runs that failed`, sum.broken, 0)
    figures.wanted(`${name}: end states other than without it`, sum.other, 0)
  }
}

t.test('sealed, a policy and a token taken away', { skip: noOwnMachine }, async t => {
  const server = await openBao(t)
  const { gate, address } = await countingGate(t, server.address)
  const place = await offboardMachine(t, [], { server, addressOf: async () => address })
  const { site, machine } = place
  const policy = 'sys/policies/acl/claude-auth-admin'
  const { body } = await server.ask('GET', policy)
  const kept = String((body['data'] as { policy: string }).policy)
  const tokenFile = '/root/admin-token'
  // The test keeps its own.
  await machine.write(tokenFile, await site.mintAdmin(), 0o600)
  await atRequests(place, gate, {
    sealed: { happen: () => server.seal(), mend: () => server.unseal() },
    'policy taken away': {
      happen: () => server.ask('PUT', policy, { policy: '# nothing' }),
      mend: () => server.ask('PUT', policy, { policy: kept }),
    },
    'token ended': {
      happen: async () =>
        server.ask('POST', 'auth/token/revoke', {
          token: (await machine.sh(`cat ${tokenFile}`)).trim(),
        }),
      mend: async () => machine.write(tokenFile, await site.mintAdmin(), 0o600),
    },
    hangs: {
      happen: async () => server.hang(),
      mend: async () => server.goOn(),
    },
  })
})

t.test('over TLS, by a node that stands by', { skip: noOwnMachine }, async t => {
  const cluster = await openBaoCluster(t, { nodes: 2 })
  const [first, second] = cluster.nodes
  const standby = second?.address ?? ''
  // A node that stands by answers from what it has heard of so far: the test asks the one that leads.
  const backToFirst = async () => {
    if ((await cluster.leader()) !== first) await cluster.stepDown()
  }
  const { gate, address } = await countingGate(t, standby)
  const place = await offboardMachine(t, [], {
    server: cluster.bao,
    addressOf: async () => address,
  })
  await atRequests(place, gate, {
    'another node leads': { happen: () => cluster.stepDown(), mend: backToFirst },
  })
})

t.test('over TLS, and the node that leads dies', { skip: noOwnMachine }, async t => {
  const cluster = await openBaoCluster(t, { nodes: 3 })
  const [first] = cluster.nodes
  const { gate, address } = await countingGate(t, first?.address ?? '')
  const place = await offboardMachine(t, ['alice', 'bob'], {
    server: cluster.bao,
    addressOf: async () => address,
  })
  await place.offboard('bob', ...stagesOf.cut)
  if ((await cluster.leader()) === first) await cluster.stepDown()
  const leader = await cluster.leader()
  Object.assign(gate, { count: 0, at: 12, event: () => leader.kill() })
  const killed = await place.offboard('alice', ...stagesOf.cut)
  t.ok(gate.hasHappened)
  await cluster.leader()
  while ((await cluster.bao.ask('GET', 'secret/config')).status !== 200) await sleep(50)
  const isSaidDone = killed.code === 0 || killed.code === 4
  const isDone = (await endState(place, 'alice')) === (await endState(place, 'bob'))
  figures.wanted('leader died: said to be done and not so', isSaidDone && !isDone ? 1 : 0, 0)
  const again = await place.offboard('alice', ...stagesOf.cut)
  t.equal(again.code, 4, again.stderr)
  const end = await endState(place, 'alice')
  const isSame = end === (await endState(place, 'bob'))
  figures.wanted('leader died: cuts completed by a second run', isSame ? 1 : 0, 1)
})
