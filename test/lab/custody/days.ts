// Days in sole custody with one living part, the rest failing: does a session that looks at the login file ever find it dead?

import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type Engine, hourMs, minuteMs } from '../../kit/engine.js'
import { ensureAs } from '../../kit/hosts.js'
import type { OpenBao } from '../../kit/openbao.js'
import { me, vaultEngine } from '../../kit/vault-box.js'
import { type VaultGateway, vaultGateway } from '../../kit/vault-gateway.js'
import type { Chance } from '../chance.js'

/** The part that lives, told by when it looks at the login: a timer does by itself, a wrapper or hook when somebody works. */
export const parts: Record<string, (luck: Chance) => number> = {
  'the timer alone': () => 15 * minuteMs,
  'wrapper or hooks alone': luck => luck.between(1, 110) * minuteMs,
}

interface Day {
  at: Engine
  line: VaultGateway
  luck: Chance
  /** How wrong this host's clock is now. */
  aheadMs: number
  /** When Vault last went away. */
  awayAtMs: number
}

/** What happens before a run, and whether the day is over for it at the end. */
export const misfortunes: Record<string, (day: Day) => unknown> = {
  'nothing else fails': () => undefined,
  'Vault away for up to two days': async day => {
    const { at, line, luck } = day
    // Longer, and nobody knows whether another host has joined: nothing is renewed then (docs/vault.md).
    const isLong = at.clock.ms - day.awayAtMs > 46 * hourMs
    if (line.isOpen() && luck.is(0.1)) {
      day.awayAtMs = at.clock.ms
      await line.shut()
    } else if (!line.isOpen() && (isLong || luck.is(0.01))) await line.open()
  },
  'the local store damaged': ({ at, luck }) => {
    const name = luck.oneOf(filesOf(at))
    if (name === undefined || !luck.is(0.2)) return
    const path = join(at.storeFolder, name)
    if (luck.is(0.5)) rmSync(path)
    else writeFileSync(path, luck.oneOf(['', 'x'.repeat(500), '{"a":1}']), { mode: 0o600 })
  },
  'the local store deleted': ({ at, luck }) => {
    if (luck.is(0.1)) rmSync(at.storeFolder, { recursive: true, force: true })
  },
  'our memory lost': ({ at, luck }) => {
    if (luck.is(0.2)) rmSync(at.home.paths.stateFile, { force: true })
  },
  'the clock an hour off, either way': day => {
    if (day.luck.is(0.1)) day.aheadMs = day.luck.oneOf([0, hourMs, -hourMs])
  },
  'an old login file put back': ({ at, luck }) => {
    if (luck.is(0.1)) at.writeLogin(luck.oneOf(kept(at)))
  },
  'the login file deleted or emptied': ({ at, luck }) => {
    if (luck.is(0.1)) luck.is(0.5) ? at.writeLogin(null) : at.blank()
  },
}

export interface Days {
  runs: number
  rotations: number
  reuses: number
  /** Runs that called for a person, or came to nothing by our own trouble. */
  signIns: number
  /** Runs after which the login in the file was not accepted by the server, or was about to end before the next run. */
  noticed: number
  /** Refresh tokens found in plain text in the file. */
  inFile: number
  /** Was the newest refresh token still good at the end? */
  lost: boolean
}

/** `days` of one part and one misfortune. */
export async function days(
  t: Test,
  bao: OpenBao,
  options: { part: string; misfortune: string; days: number; luck: Chance },
): Promise<Days> {
  const { luck } = options
  await bao.put(me, {})
  const line = await vaultGateway(t, bao)
  const vault = { timeout: '10s' }
  const behind = { ...bao, address: line.address }
  const at = await vaultEngine(t, behind, { config: { custody: 'sole' }, vault })
  const day: Day = { at, line, luck, aheadMs: 0, awayAtMs: 0 }
  const found = { runs: 0, signIns: 0, noticed: 0, inFile: 0 }
  const run = async () => {
    const begun = await at.run()
    const { verdict, because } = await ensureAs(
      { ...at, run: async () => ({ ...begun, now: () => at.clock.ms + day.aheadMs }) },
      'ws1',
    )
    found.runs += 1
    if (verdict === 'sign-in' || verdict === 'broken') {
      found.signIns += 1
      t.comment(`hour ${(at.clock.ms - startMs) / hourMs}: ${verdict} ${because}`)
    }
  }
  const startMs = at.clock.ms
  const next = parts[options.part] ?? (() => 15 * minuteMs)
  await run()
  while (at.clock.ms - startMs < options.days * 24 * hourMs) {
    await misfortunes[options.misfortune]?.(day)
    await run()
    const login = at.login()
    found.inFile += login?.refreshToken == null ? 0 : 1
    const before = at.clock.ms
    at.pass(next(luck))
    if (login === null || at.authority.accepts(login.accessToken) === null) {
      found.noticed += 1
      t.comment(`hour ${(before - startMs) / hourMs}: a dead login until the next run`)
    }
  }
  if (!line.isOpen()) await line.open()
  day.aheadMs = 0
  at.pass(2 * hourMs)
  await run()
  const { rotations, reuses } = at.authority.counts()
  at.pass(9 * hourMs)
  await run()
  const lost = at.authority.accepts(at.login()?.accessToken ?? '') === null
  return { ...found, rotations, reuses, lost }
}

function filesOf({ storeFolder }: Engine): (string | undefined)[] {
  try {
    return readdirSync(storeFolder)
  } catch {
    return []
  }
}

const texts = new WeakMap<Engine, string[]>()

/** The login files of this home so far. */
function kept(at: Engine): string[] {
  const all = [...(texts.get(at) ?? []), at.fileText()]
  texts.set(at, all)
  return all
}
