// The worlds that the explorer begins with: one host or two, in either custody, with a login that is due or has ended.

import { quiet } from './explore.js'
import {
  emptyHost,
  firstMs,
  type Host,
  hourMs,
  loginOf,
  mint,
  minuteMs,
  nothing,
  type Setting,
  type World,
} from './world.js'

/** How the login stands: never seen by us, at half of its life, or ended. */
export type Stand = 'new' | 'half-life' | 'ended'

export async function worldOf(setting: Setting, stand: Stand): Promise<World> {
  const w: World = {
    ms: firstMs,
    hosts: [],
    tokens: [{ family: 0, spent: true, endsAtMs: 0 }],
    families: [false, true],
    document: null,
    away: false,
    budget: nothing,
    lost: '',
    broken: '',
  }
  const number = mint(w, 1)
  const login = loginOf(w, number)
  const first: Host = { ...emptyHost, file: { kind: 'login', login, atMs: w.ms } }
  w.hosts = setting.hosts === 1 ? [first] : [first, emptyHost]
  if (setting.hosts === 2) {
    const seen = (host: string) => ({ host, seenAtMs: firstMs })
    const hosts = { host0: seen('host0'), host1: seen('host1') }
    w.document = { data: { claude_auth_hosts: hosts }, version: 1, atMs: firstMs - hourMs }
  }
  if (stand === 'new') return later({ ...w, ms: w.ms + 8 * hourMs })
  let settled = w
  for (let i = 0; i < setting.hosts; i++) settled = await quiet(setting, launched(settled, i))
  // An hour later each looks around: from then on the hosts know of each other.
  settled = { ...settled, ms: firstMs + hourMs }
  for (let i = 0; i < setting.hosts; i++) settled = await quiet(setting, launched(settled, i))
  return later({ ...settled, ms: firstMs + (stand === 'ended' ? 8 : 4) * hourMs + minuteMs })
}

function launched(w: World, i: number): World {
  return { ...w, hosts: w.hosts.map((h, at) => (at === i ? { ...h, waiting: 1 } : h)) }
}

/** Two processes of ours on the first host, one on the other. */
function later(w: World): World {
  return { ...w, hosts: w.hosts.map((h, at) => ({ ...h, waiting: at === 0 ? 2 : 1 })) }
}
