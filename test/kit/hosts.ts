// Several hosts of one user on one document: engines in process, or installed programs under host names of their own.

import { spawnSync } from 'node:child_process'
import type { Test } from 'tap'
import { type Engine, type EngineOptions, storyOf } from './engine.js'
import type { OpenBao } from './openbao.js'
import { me, vaultBox, vaultEngine } from './vault-box.js'
import type { Wrapped, WrappedOptions } from './wrapped.js'

/** Two hosts in process; the second one has taken over the first one's login. */
export async function twoEngines(
  t: Test,
  bao: OpenBao,
  { second, ...options }: EngineOptions & { second?: EngineOptions } = {},
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
