// The folder of health records in an OpenBao: the policy of a site for it, and what lies there.

import type { JsonObject } from '../../src/system/json.js'
import { type OpenBao, policyText } from './openbao.js'

/** The path of a user's record, inside the engine `secret`. */
export function recordPath(user: string): string {
  return `secret/metadata/workstation/claude-fleet/${user}`
}

/** A user's own record: made once, changed entry by entry, and nothing else of it. */
export function recordRule(user: string): string {
  return `path "${recordPath(user)}" {
    capabilities = ["create", "read", "patch"]
    allowed_parameters = { "custom_metadata" = [] }
  }`
}

/** Lets the tokens of `user` write their record from now on, or no more. */
export async function allowRecord(bao: OpenBao, user: string, isAllowed = true): Promise<void> {
  const policy = [policyText(user, true), ...(isAllowed ? [recordRule(user)] : [])].join('\n')
  await bao.ask('PUT', `sys/policies/acl/workstation-claude-${user}`, { policy })
}

/** The records of a user's hosts, by their keys; null where nothing is there. */
export async function recordsOf(
  bao: OpenBao,
  user: string,
): Promise<Record<string, string> | null> {
  const { status, body } = await bao.ask('GET', recordPath(user))
  if (status !== 200) return null
  const found = (body['data'] as JsonObject)['custom_metadata']
  return (found ?? {}) as Record<string, string>
}
