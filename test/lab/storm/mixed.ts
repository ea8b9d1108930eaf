// Launches among bare clients of both versions; and, for comparison, the same crowd with bare clients alone.

import type { Test } from 'tap'
import { faults } from '../../../src/demo/faults.js'
import type { Run } from '../../kit/run.js'
import { custodies, type Wrapped, wrapped } from '../../kit/wrapped.js'
import { type Figures, scale } from '../figures.js'

/** Paths of the real clients. */
export interface Clients {
  newer: string
  older: string
}

export async function mixed(t: Test, figures: Figures, clients: Clients): Promise<void> {
  const rounds = scale(1, 50)
  const sums = { ourReuses: 0, mixed: 0, bare: 0, ourWords: 0 }
  const failures = { mixed: new Map<string, number>(), bare: new Map<string, number>() }
  for (let round = 0; round < rounds; round++) {
    const custody = custodies[round % custodies.length] ?? 'shared'
    for (const crowd of ['mixed', 'bare'] as const) {
      const box = await begin(t, custody, clients, 20 * (round % 10))
      const start = crowd === 'mixed' ? () => box.launch(['-p', 'hi']) : null
      const runs = await all(box, clients, start)
      await box.settle()
      for (const run of runs) {
        const what = failureOf(run)
        if (what !== null) failures[crowd].set(what, (failures[crowd].get(what) ?? 0) + 1)
        if (crowd === 'mixed' && run.stderr.includes('claude-auth:')) sums.ourWords += 1
      }
      sums[crowd] += runs.length
      if (crowd === 'mixed') sums.ourReuses += box.ourReuses().length
    }
  }
  const only = [...failures.mixed.keys()].filter(what => !failures.bare.has(what))
  for (const [crowd, found] of Object.entries(failures)) t.comment(crowd, Object.fromEntries(found))
  const count = (found: Map<string, number>) => [...found.values()].reduce((sum, n) => sum + n, 0)
  figures.counted('rounds of launches among bare clients of both versions', rounds)
  figures.wanted('reuses of a spent token by us in them', sums.ourReuses, 0)
  figures.wanted('kinds of failure that bare clients alone did not have', only.join('; ') || 0, 0)
  figures.counted(
    'failures among launches and bare clients',
    `${count(failures.mixed)} of ${sums.mixed}`,
  )
  figures.counted('failures among bare clients alone', `${count(failures.bare)} of ${sums.bare}`)
  figures.counted('launches of ours that had something to say', sums.ourWords)
}

/** An ended login; the server takes `lateMs` to answer, so that rounds differ in who meets whom. */
async function begin(
  t: Test,
  custody: string,
  { newer }: Clients,
  lateMs: number,
): Promise<Wrapped> {
  const box = await wrapped(t, {
    login: 'expired',
    client: newer,
    via: 'proxy',
    config: { custody },
  })
  box.authority.fail('token', faults.late(lateMs), 100)
  return box
}

/** Six at once: two launches (or bare clients in their place), two clients of each version. */
function all(box: Wrapped, clients: Clients, launch: (() => Promise<Run>) | null): Promise<Run[]> {
  const bare = (path: string) => () => box.run(path, ['-p', 'hi'])
  const [newer, older] = [bare(clients.newer), bare(clients.older)]
  const ours = launch ?? newer
  return Promise.all([ours, newer, older, ours, older, newer].map(start => start()))
}

/** What went wrong for whoever started it, in the client's words; null: nothing. */
function failureOf({ code, signal, stdout }: Run): string | null {
  if (code === 0 && stdout === 'Hello.\n') return null
  return `${signal ?? code}: ${stdout.split('\n')[0]?.slice(0, 80)}`
}
