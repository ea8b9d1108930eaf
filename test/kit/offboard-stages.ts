// What each stage of an offboarding is typed as, what it leads to, and a gate before OpenBao at which something can happen.

import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import type { OffboardMachine } from './offboard-machine.js'
import { factsOf } from './offboard-site.js'
import type { Teardown } from './sandbox.js'

/** In the order of a user who leaves, comes back, and leaves for good. */
export const stagesOf = {
  cut: ['--stage', 'cut', '--yes'],
  undo: ['--undo', '--yes'],
  'cut again': ['--stage', 'cut', '--yes'],
  revoke: ['--stage', 'revoke', '--yes'],
  destroy: ['--stage', 'destroy', '--yes', '--now'],
}

/** What is to be the same, however a stage came about. */
export async function endState({ site, machine }: OffboardMachine, user: string): Promise<string> {
  const facts = await factsOf(site, user)
  const has = async (path: string) => machine.sh(`test -e ${path} && echo yes || echo no`)
  const uid = (await machine.sh(`id -u ${user}`)).trim()
  const login = await machine.sh(`cat /home/${user}/.claude/.credentials.json`)
  return JSON.stringify({
    off: facts.entities.map(({ isDisabled }) => isDisabled),
    documents: facts.documents.map(({ note, accessors }) => ({
      isCut: note !== null,
      isRevoked: note?.revokedAtMs != null,
      alive: accessors.map(({ isAlive }) => isAlive),
    })),
    mark: await has(`/var/lib/claude-auth/left/${uid}`),
    store: await has(`/home/${user}/.local/share/claude-auth`),
    token: await has(`/home/${user}/.config/claude-auth/vault-token`),
    hasLogin: login.includes('accessToken'),
  })
}

export interface CountingGate {
  /** Connections since it was last set to 0; each request has one of its own. */
  count: number
  /** Before the connection of this number goes on, `event` is over. 0: never. */
  at: number
  event: () => Promise<void>
  hasHappened: boolean
  /** Where a connection leads. */
  address: string
}

/** A gate in front of `address` (`https://127.0.0.1:PORT`), of which it reads nothing; gives its own address, too. */
export async function countingGate(t: Teardown, address: string) {
  const gate: CountingGate = { count: 0, at: 0, event: async () => {}, hasHappened: false, address }
  const server = createServer({ pauseOnConnect: true }, async incoming => {
    incoming.on('error', () => undefined)
    gate.count += 1
    if (gate.count === gate.at) {
      gate.hasHappened = true
      await gate.event()
    }
    const to = new URL(gate.address)
    const onward = connect(Number(to.port), to.hostname)
    onward.on('error', () => incoming.destroy())
    onward.on('close', () => incoming.destroy())
    incoming.on('close', () => onward.destroy())
    incoming.pipe(onward).pipe(incoming)
    incoming.resume()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { protocol } = new URL(address)
  return { gate, address: `${protocol}//127.0.0.1:${(server.address() as AddressInfo).port}` }
}
