// The policy of a token without an entity: read, replaced by a text that grants nothing, and restored.

import {
  dataOf,
  isAbsent,
  isRefused,
  type Lookup,
  type SiteVault,
  type StoreTrouble,
  whyNot,
} from '../store/vault/site.js'
import { stringOf } from '../system/json.js'

/** The policy `workstation-claude-<user>`. */
export interface PolicyFact {
  name: string
  /** `closed`: the admin's token may not read it. */
  state: 'open' | 'cut' | 'absent' | 'closed'
  /** Its current text; null unless open or cut. */
  text: string | null
}

/** First line of a cut policy. The original text follows as comments, so the policy grants nothing and can be restored. */
const cutMark = '# Cut by an offboarding; below is what it was.'

/** The policy's cut text, which `openText` reverses. The mark followed by `sed 's/^/# /'` gives the same. */
export function cutText(text: string): string {
  const lines = text.trim().split('\n')
  return [cutMark, ...lines.map(line => `# ${line}`)].join('\n')
}

/** The text before `cutText`; null: the policy is not cut. */
export function openText(text: string): string | null {
  const [first, ...lines] = text.trim().split('\n')
  if (first?.trim() !== cutMark) return null
  return lines.map(line => line.replace(/^# ?/, '')).join('\n')
}

/** Sites have one policy for each user, by this name. */
function policyName(vaultName: string): string {
  return `workstation-claude-${vaultName}`
}

export async function policyOf(vault: SiteVault, vaultName: string): Promise<Lookup<PolicyFact>> {
  const name = policyName(vaultName)
  const path = `sys/policies/acl/${name}`
  const reply = await vault.request({ method: 'GET', path })
  if (isAbsent(reply)) return { kind: 'known', value: { name, state: 'absent', text: null } }
  if (isRefused(reply)) return { kind: 'known', value: { name, state: 'closed', text: null } }
  const text = stringOf(dataOf(reply)?.['policy'])
  if (text === null) return whyNot(vault, reply, path, 'read')
  const state = openText(text) === null ? 'open' : 'cut'
  return { kind: 'known', value: { name, state, text } }
}

/** The admin's policy allows the text with or without a final newline, as its author wrote it: both are tried. */
export async function writePolicy(
  vault: SiteVault,
  { name, text }: Pick<PolicyFact, 'name'> & { text: string },
): Promise<StoreTrouble | null> {
  const path = `sys/policies/acl/${name}`
  let trouble: StoreTrouble | null = null
  for (const policy of [text, `${text}\n`]) {
    const reply = await vault.request({ method: 'POST', path, body: JSON.stringify({ policy }) })
    if (reply.kind === 'reply' && (reply.status === 200 || reply.status === 204)) return null
    trouble = await whyNot(vault, reply, path, 'update')
    if (!isRefused(reply)) break
  }
  return trouble
}
