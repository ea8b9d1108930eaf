// One long session of a real client in sole custody, kept alive by one part of ours while something else fails.

import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { hookEntries } from '../../../src/install/shipped.js'
import { ownPaths } from '../../../src/system/paths.js'
import { accessToken } from '../../kit/hosts.js'
import type { OpenBao } from '../../kit/openbao.js'
import type { Peer } from '../../kit/real-clients.js'
import { startSession } from '../../kit/session.js'
import { until } from '../../kit/terminal.js'
import { vaultBox } from '../../kit/vault-box.js'
import { type VaultGateway, vaultGateway } from '../../kit/vault-gateway.js'
import { tokenFileOf, vaultMount } from '../../kit/vault-mount.js'
import type { Wrapped } from '../../kit/wrapped.js'

/** Each alone renews: the others are not there at all. */
interface Part {
  /** Before the session: the login is stored and taken into custody. */
  begin(box: Wrapped, client: string): Promise<unknown>
  /** What this part does when its turn has come; `ask` is a prompt in the session. */
  work(box: Wrapped, ask: (what: string) => Promise<void>): Promise<unknown>
}

const launch = (box: Wrapped) => box.launch(['-p', 'hi'])
const timer = (box: Wrapped) => box.command(['ensure', '--for', 'timer'])

export const parts: Record<string, Part> = {
  'no timer, no hooks: the wrapper alone': { begin: launch, work: launch },
  'no wrapper, no hooks: the timer alone': { begin: timer, work: timer },
  'no wrapper, no timer: the hooks alone': {
    begin: (box, client) => {
      const program = dirname(dirname(box.wrapper))
      // The Node that install records.
      symlinkSync(join(box.home.tools, 'node'), join(program, 'node'))
      box.home.write(
        join(box.home.paths.folder, 'settings.json'),
        JSON.stringify(hookEntries(program)),
      )
      return box.run(client, ['-p', 'hi'])
    },
    // What a session's start has checked, its first prompt within a minute does not check again.
    work: async (_, ask) => {
      await ask('a prompt before which its hook looks')
      await ask('and the next one')
    },
  },
}

interface Place {
  box: Wrapped
  line: VaultGateway
}

export const failures: Record<string, (place: Place) => unknown> = {
  'nothing else fails': () => undefined,
  'Vault away': ({ line }) => (line.isOpen() ? line.shut() : undefined),
  'the local store damaged': ({ box }) => {
    const file = join(storeOf(box), 'default.jwe')
    writeFileSync(file, 'x'.repeat(500), { mode: 0o600 })
  },
  'the local store deleted': ({ box }) => rmSync(storeOf(box), { recursive: true, force: true }),
}

function storeOf({ env, home }: Wrapped): string {
  return ownPaths(env, home.path).localStore
}

export interface Life {
  prompts: number
  noticed: number
  theirRequests: number
  /** Turns in which nothing was renewed: the session would have noticed at the token's end. */
  idle: number
  reuses: number
  /** Was the newest refresh token gone at the end? */
  lost: boolean
}

export async function life(
  t: Test,
  bao: OpenBao,
  options: { client: Peer; part: string; failure: string; turns: number },
): Promise<Life> {
  const { client, turns } = options
  const line = await vaultGateway(t, bao)
  const at = await vaultMount(bao)
  const box = await vaultBox(t, bao, {
    client: client.path,
    login: 'none',
    config: { custody: 'sole', renewal: { at: '5%' } },
    vault: { mount: at.mount, address: line.address, timeout: '5s' },
    authority: { accessLifeMs: 100_000 },
  })
  box.home.write(tokenFileOf(box), `${at.token}\n`)
  box.writeLogin(box.signIn(100_000))
  const { authority } = box
  const part = parts[options.part]
  if (part === undefined) throw new Error(`no part ${options.part}`)
  await part.begin(box, client.path)
  await box.settle()
  // Until then the refresh token was the client's, too.
  const theirsBefore = box.tokenRequests().theirs.length
  const session = startSession(box, client.path)
  const found = { prompts: 0, noticed: 0, idle: 0 }
  const ask = async (what: string) => {
    const answer = await session.ask(what)
    found.prompts += 1
    if (answer === 'Hello.') return
    found.noticed += 1
    t.comment(`${what}: ${answer}`)
  }
  await ask('at first')
  const turn = async (what: string) => {
    await sleep(5500)
    const before = accessToken(box)
    await part.work(box, ask)
    // The worker of wrapper and hooks is in the background.
    await until(() => accessToken(box) !== before, 60_000).catch(() => undefined)
    if (accessToken(box) === before) {
      found.idle += 1
      t.comment(`${what}: not renewed ${JSON.stringify(box.journal().slice(-2))}`)
    } else if (before !== undefined) authority.expireAccess(before)
    await ask(what)
  }
  for (let number = 1; number <= turns; number++) {
    await failures[options.failure]?.({ box, line })
    await turn(`turn ${number}`)
  }
  if (!line.isOpen()) await line.open()
  const before = authority.counts().rotations
  await turn('when all is well again')
  await session.end()
  const lost = authority.counts().rotations === before
  const theirRequests = box.tokenRequests().theirs.length - theirsBefore
  return { ...found, theirRequests, reuses: authority.counts().reuses, lost }
}
