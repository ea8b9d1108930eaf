// Entries in the custom metadata of a path that holds no data: written key by key, so that hosts do not overwrite each other's.

import type { Annotated } from '../store.js'
import type { VaultClient, VaultReply, VaultRequest } from './client.js'
import { isVaults } from './failure.js'
import type { VaultSession } from './session.js'

/**
 * Puts `entries` at `path` inside `mount`; null takes one out. One request (PATCH), and where nothing is at the path yet, a second one
 * that makes it, which a policy without `update` refuses to whoever comes second: then the first is asked again. Nothing is asked to find
 * out why.
 */
export async function annotateIn(
  client: VaultClient,
  session: Pick<VaultSession, 'token'>,
  { mount, path }: { mount: string; path: string },
  entries: Readonly<Record<string, string | null>>,
): Promise<Annotated> {
  const opened = await session.token()
  if (opened.kind !== 'open') return 'failed'
  const { token } = opened
  const body = JSON.stringify({ custom_metadata: entries })
  const at = `${mount}/metadata/${path}`
  const ask = (method: VaultRequest['method']) => client.request({ method, path: at, token, body })

  const patched = await ask('PATCH')
  if (!isAbsent(patched)) return ended(patched)
  // What is not there need not be taken out.
  if (Object.values(entries).every(value => value === null)) return 'done'
  const made = ended(await ask('POST'))
  return made === 'refused' ? ended(await ask('PATCH')) : made
}

function isAbsent(reply: VaultReply): boolean {
  return reply.kind === 'reply' && reply.status === 404
}

function ended(reply: VaultReply): Annotated {
  if (reply.kind !== 'reply') return 'failed'
  if (reply.status === 204 || reply.status === 200) return 'done'
  return reply.status === 403 && isVaults(reply) ? 'refused' : 'failed'
}
