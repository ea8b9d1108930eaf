// What looks like a credential: the names of files that hold one, and the forms of keys and tokens that are known.
//
// A net for mistakes, with wide meshes: what has no known form goes through. Gitleaks and its kin look closer.

import { isMadeUp, isName } from './made-up.js'

/** Files whose whole purpose is a secret. */
const names = [
  /^\.?credentials(?:\.json|\.db|\.tfrc\.json)?$/i,
  /^\.(?:netrc|pgpass|git-credentials|vault-token|htpasswd|dockercfg|dockerconfigjson|my\.cnf|mylogin\.cnf|pypirc|s3cfg|boto|msmtprc|fetchmailrc)$/i,
  /^_netrc$/i,
  /^(?:vault|admin|fleet)-token$/i,
  /^slack-webhook$/i,
  /^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/i,
  /^(?:private|secret|server|client|tls|ssl)[-_.]?key(?:\.(?:pem|der|txt))?$/i,
  /\.(?:p12|pfx|kdbx?|jks|keystore|ppk|p8|key|agekey|gpgkey|asc\.key)$/i,
  /^(?:kubeconfig|service-account.*\.json|.*-kubeconfig(?:\.ya?ml)?|client_secret.*\.json)$/i,
  /^application_default_credentials\.json$/i,
  /^rclone\.conf$/i,
  /^\.env(?:\.(?!example$|sample$|template$|dist$|schema$)[\w-]+)?$/i,
]

export function secretName(name: string): boolean {
  return names.some(form => form.test(name))
}

/** Words under which a secret is given a value. No form may try a long run of letters from each of them anew. */
const secretWord =
  '(?:password|passwd|passphrase|secret(?:[_-]?key)?|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key|account[_-]?key|token)["\']?'

/** Line ends of a key may be written as `\n`, as in JSON. */
const keyText = '(?:\\\\[nr]|(?!-----END)[\\w+/=\\s:,"-])'

const forms: readonly (readonly [RegExp, string])[] = [
  [
    new RegExp(`-{4,5} ?BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)? ?-{4,5}${keyText}{40,}`, 'g'),
    'a private key',
  ],
  [/\bPuTTY-User-Key-File-\d: [\w-]+/g, 'a private key'],
  [/\bAGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{50,}/g, 'a private key'],
  [/"kty"\s*:\s*"\w+"[^{}]{0,1000}"d"\s*:\s*"[\w-]{20,}"/g, 'a private key'],
  [/"d"\s*:\s*"[\w-]{20,}"[^{}]{0,1000}"kty"\s*:\s*"\w+"/g, 'a private key'],
  [
    /\b(?:client-key-data|id-token|token-data)["']?\s*:\s*["']?[\w+/=.-]{40,}/g,
    'a key of Kubernetes',
  ],
  [/\bsk-ant-\w{3,8}-[\w-]{20,}/g, 'a token of Anthropic'],
  [/\bsk-(?:proj-|svcacct-|or-v1-)?[A-Za-z0-9_-]{32,}/g, 'an API key'],
  [/\bhv[sbr]\.[\w-]{20,}/g, 'a token of Vault'],
  [/(?<![\w.])[sb]\.(?=[A-Za-z]*\d)[A-Za-z0-9]{24}(?![\w.])/g, 'a token of Vault'],
  [/\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})/g, 'a token of GitHub'],
  [/\bgl(?:pat|ptt|rt|rtr|dt|cbt|oas|soat|ft|imt|agent|ffct|wt)-[\w-]{20,}/g, 'a token of GitLab'],
  // In base32, which has neither 0, 1, 8 nor 9.
  [/\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b/g, 'a key of AWS'],
  [
    /\baws_(?:secret_access_key|session_token)\s*[=:]\s*["']?([A-Za-z0-9/+=]{40,})/gi,
    'a key of AWS',
  ],
  [/\b(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/=]{40,}/g, 'a key of Azure'],
  [/[?&]sig=[A-Za-z0-9%+/=]{40,}/g, 'a signed address of Azure'],
  [/\b(?:xox[a-z]|xapp)-[\w-]{20,}/g, 'a token of Slack'],
  [
    /hooks\.slack\.com\/(?:services\/T\w{6,}\/B\w{6,}|workflows\/T\w{6,}(?:\/\w+){2})\/(\w{16,})/g,
    'a webhook of Slack',
  ],
  [/\bdiscord(?:app)?\.com\/api\/webhooks\/\d{10,}\/([\w-]{40,})/g, 'a webhook of Discord'],
  [/\.webhook\.office\.com\/webhookb2\/[\w@./-]{60,}/g, 'a webhook of Teams'],
  [/\b(?:AIza[\w-]{35}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,})/g, 'a key of Google'],
  [/\b(?:sk|rk|pk)_live_[A-Za-z0-9]{20,}/g, 'a key of Stripe'],
  [/\bSG\.[\w-]{20,}\.[\w-]{20,}/g, 'a key of SendGrid'],
  [/\b\d{8,10}:(AA[\w-]{32,})/g, 'a token of Telegram'],
  [
    /\b(?:npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,}|do[opr]_v1_[0-9a-f]{60,}|hf_[A-Za-z0-9]{30,}|dapi[0-9a-f]{32}|dckr_pat_[\w-]{20,}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|lin_api_\w{30,}|ntn_\w{30,}|gl(?:c|sa)_[\w=]{32,}|PMAK-[\w-]{40,}|nvapi-[\w-]{40,}|figd_[\w-]{30,}|sntrys_[\w=-]{40,}|tskey-[a-z]+-\w{10,}|\w{14}\.atlasv1\.\w{40,}|ops_eyJ[\w-]{40,})/g,
    'an API token',
  ],
  [/(?<![\w-])eyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}/g, 'a signed token (JWT)'],
  [/"(?:refresh|access|id)_?token"\s*:\s*"([^"\s]{20,})"/gi, 'a token'],
  [/"auth"\s*:\s*"[A-Za-z0-9+/]{16,}={0,2}"/g, 'a login of a registry'],
  [/:_(?:authToken|auth|password)\s*=\s*["']?[\w+/=.-]{16,}/g, 'a login of a registry'],
  [/\bmachine\s+\S+\s+login\s+\S+\s+password\s+\S{6,}/g, 'a login of a server'],
  [
    /\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@"'<>{}$]{1,100}:([^\s/:@"'<>{}$*]{8,200})@[\w.-]+/gi,
    'a password in an address',
  ],
  [/\bauthorization["']?\s*:\s*["']?(?:bearer|basic|token)\s+([\w.~+/=-]{20,})/gi, 'a token'],
  [
    new RegExp(`${secretWord}\\s*(?:=>|[=:])\\s*["']([^"'\\s$<{]{16,})["']`, 'gi'),
    'a password or key',
  ],
]

/** The same without quotes: only what looks random. */
const unquoted = new RegExp(
  `${secretWord}[ \\t]*(?:=>|[=:])[ \\t]*([\\w+/=~.-]{20,200})(?=[\\s,;]|$)`,
  'gi',
)

/** What `bytes` hold that looks like a credential, in words, or null. Made-up ones (`xxxx`, `EXAMPLE`) are none. */
export function secretIn(bytes: Uint8Array): string | null {
  // Also of text in two bytes a character.
  const text = Buffer.from(bytes).toString('latin1').replaceAll('\0', '')
  for (const [form, what] of forms)
    for (const [found, value] of text.matchAll(form)) if (!isSample(found, value)) return what
  for (const [found, value = ''] of text.matchAll(unquoted))
    if (isRandom(value) && !isSample(found, value)) return 'a password or key'
  return null
}

/** Letters of both cases and digits in no order: no path, no name, no word. */
function isRandom(value: string): boolean {
  const hasAll = /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value)
  return hasAll && !/^[/.~]|\.\w{1,4}$/.test(value) && new Set(value).size >= 14
}

/** `value` is what stands behind a name; undefined where `found` itself has the form of a credential, which no name has. */
function isSample(found: string, value: string | undefined): boolean {
  if (/example|placeholder|your[-_]|redacted|changeme|dummy|<[a-z]|x{8}|0{8}/i.test(found))
    return true
  if (/:(?:my|your|the)?(?:password|passwd|secret|guestguest)@/i.test(found)) return true
  if (value === undefined) return isMadeUp(found)
  const user = /\/\/([^:]*):/.exec(found)?.[1]
  return value === user || isMadeUp(value) || (user === undefined && isName(value))
}
