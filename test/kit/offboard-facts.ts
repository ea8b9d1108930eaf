// What is known of a user who is offboarded, as the pure parts take it: one host with a token, nothing cut yet.

import type { AdminDeed } from '../../src/offboard/admin-journal.js'
import type { OffboardFacts } from '../../src/offboard/facts.js'
import type { HostFacts } from '../../src/offboard/host-facts.js'
import type { UserVaultFacts } from '../../src/offboard/vault-facts.js'

export const nowMs = Date.parse('2026-12-01T02:00:00Z')
export const dayMs = 86_400_000

export function machineOf(more: Partial<HostFacts> = {}): HostFacts {
  const account = { name: 'alice', uid: 1001, gid: 1001, home: '/home/alice' }
  return { account, markedAtMs: null, isTimerActive: true, ...more }
}

/** A document with the token of each host; `cut`: noted, and the entity off. */
export function vaultOf({
  hosts = ['ws1'],
  isCut = false,
  isAlive = true,
  revokedAtMs = null as number | null,
  ...more
}: {
  hosts?: string[]
  isCut?: boolean
  isAlive?: boolean
  revokedAtMs?: number | null
} & Partial<UserVaultFacts> = {}): UserVaultFacts {
  const note = isCut ? { cutAtMs: nowMs - dayMs, revokedAtMs, by: 'root@ws1', why: 'left' } : null
  return {
    vaultName: 'alice',
    mount: 'secret',
    signInMounts: ['token'],
    entities: [{ id: 'e1', mounts: ['token'], isDisabled: isCut, otherNames: [] }],
    sharedWith: [],
    policy: { name: 'workstation-claude-alice', state: 'absent', text: null },
    documents: [
      {
        path: 'workstation/claude-users/alice',
        versions: [1],
        accessors: hosts.map(host => ({
          key: `accessor_${host}`,
          host,
          accessor: `a-${host}`,
          isAlive,
          entityId: 'e1',
        })),
        note,
      },
    ],
    record: null,
    closedRecord: null,
    ...more,
  }
}

export function deed(command: string, step: string, result = 'done'): AdminDeed {
  return {
    at: new Date(nowMs).toISOString(),
    who: 'root@ws1',
    command,
    user: 'alice',
    step,
    why: '',
    result,
  }
}

export function factsOf(more: Partial<OffboardFacts> = {}): OffboardFacts {
  return {
    user: 'alice',
    host: 'ws1',
    vault: vaultOf(),
    machine: machineOf(),
    deeds: [],
    hasSiteProgram: false,
    cause: { by: 'root@ws1', why: 'left', nowMs },
    isHereOnly: false,
    ...more,
  }
}

/** Everything of ours is cut. */
export function cutFacts(more: Partial<OffboardFacts> = {}): OffboardFacts {
  return factsOf({
    vault: vaultOf({ isCut: true }),
    machine: machineOf({ markedAtMs: nowMs - dayMs, isTimerActive: false }),
    deeds: [deed('offboard cut', 'left')],
    ...more,
  })
}

/** Cut, and revoked. */
export function revokedFacts(more: Partial<OffboardFacts> = {}): OffboardFacts {
  return cutFacts({
    vault: vaultOf({ isCut: true, isAlive: false, revokedAtMs: nowMs }),
    deeds: [deed('offboard cut', 'left'), deed('offboard revoke', 'logout')],
    ...more,
  })
}
