// What looks like a credential: the names of files that hold one, and the forms of keys and tokens that are known.
//
// A net for mistakes, with wide meshes: what has no known form goes through. Gitleaks and its kin look closer.

import { isIdentifier, isMadeUp, isName } from './made-up.js'

/** Files whose whole purpose is a secret. */
const names = [
  /^\.?credentials(?:\.json|\.db|\.tfrc\.json)?$/i,
  /^\.(?:netrc|pgpass|git-credentials|vault-token|htpasswd|dockercfg|dockerconfigjson|my\.cnf|mylogin\.cnf|pypirc|s3cfg|boto|msmtprc|fetchmailrc)$/i,
  /^_netrc$/i,
  /^(?:vault|admin|fleet)-token$/i,
  /^(?:slack|teams)-webhook$/i,
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
  '(?<word>password|passwd|passphrase|secret(?:[_-]?key)?|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key|account[_-]?key|token)["\']?'

/** Line ends of a key may be written as `\n`, as in JSON. */
const keyText = '(?:\\\\[nr]|(?!-----END)[\\w+/=\\s:,"-])'

const forms: readonly (readonly [RegExp, string])[] = [
  [
    new RegExp(
      `-{4,5} ?BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)? ?-{4,5}(?<value>${keyText}{40,})`,
      'g',
    ),
    'a private key',
  ],
  // What stands between: headers of the armor, signs of a comment.
  [
    /-{4,5} ?BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)? ?-{4,5}(?:(?!-----)[\s\S]){0,2000}?(?<value>(?=[a-z+/\d]*[A-Z])(?=[A-Z+/\d]*[a-z])(?=[A-Za-z+/]*\d)[A-Za-z0-9+/]{40,})/g,
    'a private key',
  ],
  [/\bPuTTY-User-Key-File-\d: [\w-]+/g, 'a private key'],
  [/\bAGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{50,}/g, 'a private key'],
  [/"kty"\s*:\s*"\w+"[^{}]{0,1000}"d"\s*:\s*"(?<value>[\w-]{20,})"/g, 'a private key'],
  [/"d"\s*:\s*"(?<value>[\w-]{20,})"[^{}]{0,1000}"kty"\s*:\s*"\w+"/g, 'a private key'],
  [
    /\b(?:client-key-data|id-token|token-data)["']?\s*:\s*["']?(?<value>[\w+/=.-]{40,})/g,
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
    /\baws_(?:secret_access_key|session_token)\s*[=:]\s*["']?(?<value>[A-Za-z0-9/+=]{40,})/gi,
    'a key of AWS',
  ],
  [/\b(?:AccountKey|SharedAccessKey)=(?<value>[A-Za-z0-9+/=]{40,})/g, 'a key of Azure'],
  [/[?&]sig=(?<value>[A-Za-z0-9%+/=]{40,})/g, 'a signed address of Azure'],
  [/\b(?:xox[a-z]|xapp)-[\w-]{20,}/g, 'a token of Slack'],
  [
    /hooks\.slack\.com\/(?:services\/T\w{6,}\/B\w{6,}|workflows\/T\w{6,}(?:\/\w+){2})\/(?<value>\w{16,})/g,
    'a webhook of Slack',
  ],
  [/\bdiscord(?:app)?\.com\/api\/webhooks\/\d{10,}\/(?<value>[\w-]{40,})/g, 'a webhook of Discord'],
  [/\.webhook\.office\.com\/webhookb2\/(?<value>[\w@./-]{60,})/g, 'a webhook of Teams'],
  [/\b(?:AIza[\w-]{35}|ya29\.[\w-]{20,}|GOCSPX-[\w-]{20,})/g, 'a key of Google'],
  [/\b(?:sk|rk|pk)_live_[A-Za-z0-9]{20,}/g, 'a key of Stripe'],
  [/\bSG\.[\w-]{20,}\.[\w-]{20,}/g, 'a key of SendGrid'],
  [/\b\d{8,10}:(?<value>AA[\w-]{32,})/g, 'a token of Telegram'],
  [
    /\b(?:npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,}|do[opr]_v1_[0-9a-f]{60,}|hf_[A-Za-z0-9]{30,}|dapi[0-9a-f]{32}|dckr_pat_[\w-]{20,}|shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|lin_api_\w{30,}|ntn_\w{30,}|gl(?:c|sa)_[\w=]{32,}|PMAK-[\w-]{40,}|nvapi-[\w-]{40,}|figd_[\w-]{30,}|sntrys_[\w=-]{40,}|tskey-[a-z]+-\w{10,}|\w{14}\.atlasv1\.\w{40,}|ops_eyJ[\w-]{40,})/g,
    'an API token',
  ],
  [/(?<![\w-])eyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}/g, 'a signed token (JWT)'],
  [/"(?:refresh|access|id)_?(?<word>token)"\s*:\s*"(?<value>[^"\s]{20,})"/gi, 'a token'],
  [/"auth"\s*:\s*"(?<value>[A-Za-z0-9+/]{16,}={0,2})"/g, 'a login of a registry'],
  [/:_(?:authToken|auth|password)\s*=\s*["']?(?<value>[\w+/=.-]{16,})/g, 'a login of a registry'],
  [/\bmachine\s+\S+\s+login\s+\S+\s+password\s+(?<value>\S{6,})/g, 'a login of a server'],
  [
    /\b[a-z][a-z0-9+.-]{0,20}:\/\/(?<user>[^\s/:@"'<>{}$]{1,100}):(?<value>[^\s/:@"'<>{}$*]{8,200})@(?<host>[\w.-]+|\[[\da-f:.]+\])/gi,
    'a password in an address',
  ],
  [
    /\bauthorization["']?\s*:\s*["']?(?<word>bearer|basic|token)\s+(?<value>[\w.~+/=-]{20,})/gi,
    'a token',
  ],
  [
    new RegExp(`${secretWord}\\s*(?:=>|[=:])\\s*["'](?<value>[^"'\\s$<{]{16,})["']`, 'gi'),
    'a password or key',
  ],
]

/** The same without quotes: only what looks random. */
const unquoted = new RegExp(
  `${secretWord}[ \\t]*(?:=>|[=:])[ \\t]*(?<value>[\\w+/=~.-]{20,200})(?=[\\s,;]|$)`,
  'gi',
)

/** What `bytes` hold that looks like a credential, in words, or null. Made-up ones (`xxxx`, `EXAMPLE`) are none. */
export function secretIn(bytes: Uint8Array): string | null {
  // Also of text in two bytes a character.
  const text = Buffer.from(bytes).toString('latin1').replaceAll('\0', '')
  for (const [form, what] of forms)
    for (const found of text.matchAll(form)) if (!isSample(found)) return what
  for (const found of text.matchAll(unquoted))
    if (isRandom(found.groups?.value ?? '') && !isSample(found)) return 'a password or key'
  return null
}

/** Letters of both cases and digits in no order: no path, no name, no word. */
function isRandom(value: string): boolean {
  const hasAll = /[a-z]/.test(value) && /[A-Z]/.test(value) && /\d/.test(value)
  return hasAll && !/^[/.~]|\.\w{1,4}$/.test(value) && new Set(value).size >= 14
}

/**
 * The secret alone is judged, not what stands around it: `value` of the form, or the whole where that is the secret.
 *
 * Only under a name (`word`) a name may stand instead; a host that there may be takes no password that there may be.
 */
function isSample(found: RegExpExecArray): boolean {
  const { value = found[0], word, user, host } = found.groups ?? {}
  if (host !== undefined) {
    if (plainPassword.test(value)) return true
    if (reserved.test(host) && isIdentifier(value)) return true
    return isSampleHost(host) && (value === user || isMadeUp(value))
  }
  if (isMadeUp(value)) return true
  if (word === undefined || /^basic$/i.test(word)) return false
  return isName(value, /^(?:pass|secret)/i.test(word))
}

/** What stands for a password by its word. */
const plainPassword =
  /^(?:(?:my|your|the|db|user|a|some|secure|strong)?[-_]?(?:password|passwd|passphrase|secret)(?:[-_]?here)?|x{8,}|%\w+%)$/i

/** Names that nothing on the network has. */
const reserved = /(?:^|\.)(?:example(?:\.(?:com|net|org))?|invalid|test)$/i

/** A host on this machine or in this network of containers, one of documents, or one that is called by what it stands for. */
function isSampleHost(host: string): boolean {
  if (!host.includes('.')) return true
  return (
    /^(?:127\.|0\.0\.0\.0$|192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|host\.docker\.internal$)/.test(
      host,
    ) ||
    reserved.test(host) ||
    /(?:^|\.)localhost$/i.test(host) ||
    /(?:^|[.-])(?:example|host|hostname|server|(?:your|my)[-\w]*|domain|company)\.(?:com|net|org|io|dev|local|tld)$/i.test(
      host,
    )
  )
}
