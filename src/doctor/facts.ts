// All that the checks look at, gathered room by room: a room is entered only when a check asks for it, and once.

import type { AlertFacts } from './facts-alerts.js'
import type { ClientFacts } from './facts-client.js'
import type { EngineFacts } from './facts-engine.js'
import type { LockFacts } from './facts-locks.js'
import type { LoginFacts } from './facts-login.js'
import type { MachineFacts } from './facts-machine.js'
import type { NetworkFacts } from './facts-network.js'
import type { ShellFacts } from './facts-shells.js'
import type { TimerFacts } from './facts-timer.js'
import type { VaultFacts } from './facts-vault.js'
import type { Look } from './look.js'

export interface Facts {
  /** The configuration, the login file as it lies there, and who signs. No network. */
  login: LoginFacts
  /** What the store and the server say, and what the engine would do. */
  engine: EngineFacts
  /** The session with Vault, and whether it sees more than its own. */
  vault: VaultFacts
  locks: LockFacts
  shells: ShellFacts
  client: ClientFacts
  timer: TimerFacts
  alerts: AlertFacts
  machine: MachineFacts
  /** Whether the client's servers are reached from here. */
  network: NetworkFacts
}

export type Room = keyof Facts
export type Gather = <R extends Room>(room: R) => Promise<Facts[R]>

/** Throws `AuthError` from whichever room can't be looked at (a configuration that is wrong). */
export function gathering(how: Look): { gather: Gather; isEntered: (room: Room) => boolean } {
  const known = new Map<Room, Promise<unknown>>()
  const gather: Gather = <R extends Room>(room: R) => {
    const begun = known.get(room) ?? enter[room](how, gather)
    known.set(room, begun)
    return begun as Promise<Facts[R]>
  }
  return { gather, isEntered: room => known.has(room) }
}

const enter: { [R in Room]: (how: Look, gather: Gather) => Promise<Facts[R]> } = {
  login: async how => (await import('./facts-login.js')).loginFacts(how),
  engine: async (_, gather) =>
    (await import('./facts-engine.js')).engineFacts(await gather('login')),
  vault: async (_, gather) => {
    const { vaultFacts } = await import('./facts-vault.js')
    return vaultFacts(await gather('login'), await gather('engine'))
  },
  locks: async (_, gather) => (await import('./facts-locks.js')).lockFacts(await gather('login')),
  shells: async (how, gather) =>
    (await import('./facts-shells.js')).shellFacts(await gather('login'), how),
  client: async (how, gather) =>
    (await import('./facts-client.js')).clientFacts(await gather('login'), how),
  timer: async (how, gather) =>
    (await import('./facts-timer.js')).timerFacts(await gather('login'), how),
  alerts: async (how, gather) =>
    (await import('./facts-alerts.js')).alertFacts(await gather('login'), how),
  machine: async (_, gather) =>
    (await import('./facts-machine.js')).machineFacts(await gather('login')),
  network: async (_, gather) =>
    (await import('./facts-network.js')).networkFacts(await gather('login')),
}
