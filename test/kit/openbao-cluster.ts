// Several nodes of a real OpenBao over TLS that keep one storage (Raft): one leads, the others stand by.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { baoPlace, initialised, type OpenBao } from './openbao.js'
import {
  killed,
  type Reply,
  type Server,
  startServer,
  until,
  writeCertificates,
} from './openbao-server.js'
import type { Teardown } from './sandbox.js'

export interface OpenBaoNode {
  address: string
  /** What `GET sys/health` says: 200 of the one that leads, 429 of one that stands by, 503 of a sealed one; null: nobody answers. */
  health(): Promise<number | null>
  /** SIGKILL; over when the process is gone. */
  kill(): Promise<void>
  seal(): Promise<void>
  unseal(): Promise<void>
}

export interface OpenBaoCluster {
  /** Asks the first node, whoever leads. A request to a node that stands by is forwarded to the one that leads. */
  bao: OpenBao
  nodes: readonly OpenBaoNode[]
  /** The node that leads, as soon as one does. */
  leader(): Promise<OpenBaoNode>
  /** Has the one that leads give it up, and waits until another one leads. With two nodes, both stay. */
  stepDown(): Promise<void>
}

/**
 * Starts so many nodes on free ports of the loopback; they end with the test. More than half of them have to live for one to lead: of
 * two, none may die. Takes some seconds.
 */
export async function openBaoCluster(
  t: Teardown,
  { nodes: count = 2, config = '' }: { nodes?: number; config?: string } = {},
): Promise<OpenBaoCluster> {
  const { program, folder } = baoPlace(t)
  const certificates = writeCertificates(folder)
  const servers: Server[] = []
  t.teardown(() => Promise.all(servers.map(killed)))
  const startNode = async () => {
    const name = `node${servers.length + 1}`
    const own = join(folder, name)
    mkdirSync(own)
    // As often as can be: a new node gets its vote, and a dead one is missed, at once.
    const paces = [
      'performance_multiplier = 1',
      'autopilot_reconcile_interval = "250ms"',
      'autopilot_update_interval = "250ms"',
    ]
    const lines = [`path = "${own}"`, `node_id = "${name}"`, ...paces]
    const storage = `storage "raft" {\n  ${lines.join('\n  ')}\n}`
    const server = await startServer(program, own, {
      certificates,
      storage,
      isNode: true,
      more: config,
    })
    servers.push(server)
    return server
  }
  const { bao, key } = await initialised(await startNode(), program, folder)
  const unseal = async (server: Server) => {
    await server.ask('PUT', 'sys/unseal', { key })
    await until(server, async () => [200, 429].includes((await healthOf(server)) ?? 0))
  }
  const path = 'sys/storage/raft/autopilot/configuration'
  await bao.ask('POST', path, { server_stabilization_time: '1s' })
  while (servers.length < count) {
    const server = await startNode()
    const toJoin = { leader_api_addr: bao.address, leader_ca_cert: certificates.authority }
    await server.ask('PUT', 'sys/storage/raft/join', toJoin)
    await unseal(server)
  }
  // Until it has a vote, a node can't take over.
  while ((await voters(bao)) < count) await sleep(100)
  const nodes = servers.map(
    (server): OpenBaoNode => ({
      address: server.address,
      health: () => healthOf(server),
      kill: () => killed(server),
      seal: async () => void (await server.ask('PUT', 'sys/seal', undefined, bao.rootToken)),
      unseal: () => unseal(server),
    }),
  )
  const leader = () => leading(nodes)
  return {
    bao,
    nodes,
    leader,
    stepDown: async () => {
      const before = await leader()
      const server = servers[nodes.indexOf(before)]
      await server?.ask('PUT', 'sys/step-down', undefined, bao.rootToken)
      await leading(nodes.filter(each => each !== before))
      while ((await bao.ask('GET', 'secret/config')).status !== 200) await sleep(50)
    },
  }
}

async function voters(bao: OpenBao): Promise<number> {
  const { body } = await bao.ask('GET', 'sys/storage/raft/configuration')
  const data = body['data'] as { config: { servers: { voter: boolean }[] } }
  return data.config.servers.filter(({ voter }) => voter).length
}

async function healthOf(server: Server): Promise<number | null> {
  const reply: Reply | null = await server.ask('GET', 'sys/health').catch(() => null)
  return reply?.status ?? null
}

const mostTries = 600

async function leading(nodes: readonly OpenBaoNode[]): Promise<OpenBaoNode> {
  for (let tries = 0; tries < mostTries; tries++) {
    for (const node of nodes) if ((await node.health()) === 200) return node
    await sleep(50)
  }
  throw new Error('no node of OpenBao leads')
}
