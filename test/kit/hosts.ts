// Several hosts of one user on one document: engines in process, or installed programs under host names of their own.

import { spawnSync } from 'node:child_process'
import type { Test } from 'tap'
import { ensure } from '../../src/engine/ensure.js'
import type { Outcome } from '../../src/policy/outcome.js'
import { type Engine, type EngineOptions, storyOf } from './engine.js'
import type { OpenBao } from './openbao.js'
import { me, vaultBox, vaultEngine } from './vault-box.js'
import type { Wrapped, WrappedOptions } from './wrapped.js'

/** Two hosts in process; the second one has taken over the first one's login. */
export async function twoEngines(
  t: Test,
  bao: OpenBao,
  {
    second,
    ...options
  }: EngineOptions & {
    second?: EngineOptions
    vault?: Record<string, unknown>
  } = {},
) {
  await bao.put(me, {})
  const one = await vaultEngine(t, bao, options)
  t.equal((await one.ensure()).because, 'fresh')
  const two = await vaultEngine(t, bao, { ...options, login: 'none', beside: one, ...second })
  t.match(storyOf(await two.ensure()), 'restore missing')
  // Each has seen the other in the document.
  await one.ensure({ forced: true })
  return { one, two }
}

/** One run in process, as that host `name`. */
export async function ensureAs(
  at: Engine,
  name: string,
  { forced = false } = {},
): Promise<Outcome> {
  const run = await at.run({ forced })
  const quiet = { tell: () => undefined, patientUntilMs: 0, interrupted: () => false }
  return (await ensure({ ...run, person: { ...run.person, host: name } }, quiet)).outcome
}

/** `count` hosts with installed programs; all but the first one have taken over its login. */
export async function boxes(
  t: Test,
  bao: OpenBao,
  count: number,
  options: WrappedOptions = {},
): Promise<Host[]> {
  await bao.put(me, {})
  const first = named(await vaultBox(t, bao, options), 'ws1')
  t.match((await first.ensure()).outcome, { verdict: 'ok', store: { state: 'current' } })
  const hosts = [first]
  while (hosts.length < count) {
    const box = await vaultBox(t, bao, { ...options, login: 'none', beside: first })
    const other = named(box, `ws${hosts.length + 1}`)
    const did = ['read-store', 'verify', 'restore']
    t.match((await other.ensure()).outcome, { verdict: 'ok', did })
    hosts.push(other)
  }
  await first.ensure(['--force'])
  return hosts
}

/** A sandbox whose programs run under a host name of its own, where that is allowed. */
export type Host = Wrapped & { name: string }

function named(box: Wrapped, name: string): Host {
  if (!mayName) return { ...box, name }
  const script = 'hostname "$0" && exec "$@"'
  const run: Wrapped['run'] = (command, args, more) =>
    box.run('unshare', ['--uts', 'sh', '-c', script, name, command, ...args], more)
  const program = ['node', new URL('../../bin/claude-auth', import.meta.url).pathname] as const
  return {
    ...box,
    name,
    run,
    launch: (args = [], more) => run(box.wrapper, args, more),
    ensure: async (args = [], more) => {
      const ended = await run(program[0], [program[1], 'ensure', '--json', ...args], more)
      return { ...ended, outcome: ended.stdout === '' ? null : JSON.parse(ended.stdout) }
    },
  }
}

/** As if the access token's life had ended on all of them. */
export function expire(hosts: readonly Host[]): void {
  for (const host of hosts) {
    const login = host.login()
    if (login === null) throw new Error(`no login on ${host.name}`)
    host.authority.expireAccess(login.accessToken)
    host.writeLogin({ ...login, expiresAt: Date.now() - 60_000 })
  }
}

/** Says `Hello.`, like the real client at the stand-in authority. */
export const client = '#!/bin/sh\necho Hello.\n'

/** All at once on an ended login, `rounds` times: one token request each time, and nobody notices. */
export async function atOnce(
  t: Test,
  bao: OpenBao,
  hosts: Host[],
  rounds: number,
): Promise<{ requests: number; noticed: number }> {
  const [{ authority }] = hosts as [Host]
  const first = authority.counts().tokenRequests
  let noticed = 0
  for (let round = 1; round <= rounds; round++) {
    expire(hosts)
    const before = authority.counts().tokenRequests
    const launched = await Promise.all(hosts.map(host => host.launch(['-p', 'hi'])))
    for (const [index, { code, stdout, stderr }] of launched.entries()) {
      const isSilent = code === 0 && stdout === 'Hello.\n' && stderr === ''
      noticed += isSilent ? 0 : 1
      t.ok(isSilent, `round ${round}, ${hosts[index]?.name}: ${code} ${stdout}${stderr}`)
    }
    await Promise.all(hosts.map(host => host.settle()))
    t.equal(authority.counts().tokenRequests - before, 1, `round ${round}`)
    const tokens = hosts.map(accessToken)
    t.same(
      tokens,
      tokens.map(() => tokens[0]),
    )
    t.ok(authority.accepts(tokens[0] ?? ''))
    t.equal(await intentOf(bao), null)
  }
  t.equal(authority.counts().reuses, 0)
  return { requests: authority.counts().tokenRequests - first, noticed }
}

/** Host names of their own need a UTS namespace, which root may make. */
const mayName = spawnSync('unshare', ['--uts', 'hostname', 'ws0']).status === 0

/** The intent in the document; null where there is none. */
export async function intentOf(bao: OpenBao): Promise<unknown> {
  return (await bao.document(me))?.data['claude_auth_intent'] ?? null
}

/** Puts an intent of a host that nobody knows into the document. */
export async function putIntent(
  bao: OpenBao,
  parent: string,
  ended: 'refused' | 'maybe-spent' | null = null,
): Promise<void> {
  const document = await bao.document(me)
  const intent = { id: 'theirs', by: 'me@elsewhere', parent, ended }
  await bao.put(me, { ...document?.data, claude_auth_intent: intent })
}

/** The access token in the login file. */
export function accessToken(host: Pick<Engine, 'login'>): string | undefined {
  return host.login()?.accessToken
}
