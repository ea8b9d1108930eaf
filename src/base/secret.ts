// What looks like a credential: the names of files that hold one, and the forms of keys and tokens that are known.
//
// A net for mistakes, with wide meshes: what has no known form goes through. Gitleaks and its kin look closer.

/** Files whose whole purpose is a secret. */
const names = [
  /^\.?credentials(?:\.json)?$/i,
  /^\.(?:netrc|pgpass|git-credentials|vault-token|htpasswd|dockercfg|my\.cnf)$/i,
  /^_netrc$/i,
  /^(?:vault|admin|fleet)-token$/i,
  /^slack-webhook$/i,
  /^id_(?:rsa|dsa|ecdsa|ed25519)(?:_sk)?$/i,
  /\.(?:p12|pfx|kdbx|jks|keystore|ppk)$/i,
  /^(?:kubeconfig|service-account.*\.json)$/i,
  /^\.env(?:\.(?!example$|sample$|template$|dist$)[\w-]+)?$/i,
]

export function secretName(name: string): boolean {
  return names.some(form => form.test(name))
}

const forms: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\s*[\w+/=\s:.,-]{40,}/g, 'a private key'],
  [/\bAGE-SECRET-KEY-1[0-9A-Z]{50,}/g, 'a private key'],
  [/\bsk-ant-\w{3,8}-[\w-]{20,}/g, 'a token of Anthropic'],
  [/\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{32,}/g, 'an API key'],
  [/\bhv[sbr]\.[\w-]{20,}/g, 'a token of Vault'],
  [/\b(?:gh[pousr]_[A-Za-z0-9]{30,}|github_pat_\w{30,})/g, 'a token of GitHub'],
  [/\bgl(?:pat|ptt|rt|dt|cbt)-[\w-]{20,}/g, 'a token of GitLab'],
  [/\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/g, 'a key of AWS'],
  [/\baws_secret_access_key\s*[=:]\s*["']?[A-Za-z0-9/+]{40}/gi, 'a key of AWS'],
  [/\bxox[abeoprs]-[\w-]{20,}/g, 'a token of Slack'],
  [/hooks\.slack\.com\/services\/T\w{6,}\/B\w{6,}\/\w{16,}/g, 'a webhook of Slack'],
  [/\bAIza[\w-]{35}/g, 'a key of Google'],
  [/\b(?:npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,}|dop_v1_[0-9a-f]{60,})/g, 'an API token'],
  [/\beyJ[\w-]{16,}\.eyJ[\w-]{16,}\.[\w-]{16,}/g, 'a signed token (JWT)'],
  [/"(?:refresh|access)_?token"\s*:\s*"[^"\s]{20,}"/gi, 'a token'],
  [/\bauthorization:\s*(?:bearer|basic|token)\s+[\w.~+/=-]{20,}/gi, 'a token'],
  [
    /\b[\w-]*(?:password|passwd|secret|api_?key|token)["']?\s*[=:]\s*["'][^"'\s$<{]{16,}["']/gi,
    'a password or key',
  ],
]

/** What `bytes` hold that looks like a credential, in words, or null. Made-up ones (`xxxx`, `EXAMPLE`) are none. */
export function secretIn(bytes: Uint8Array): string | null {
  // Also of text in two bytes a character.
  const text = Buffer.from(bytes).toString('latin1').replaceAll('\0', '')
  for (const [form, what] of forms)
    for (const [found] of text.matchAll(form)) if (!isMadeUp(found)) return what
  return null
}

function isMadeUp(found: string): boolean {
  if (/example|placeholder|your[-_]|redacted|changeme|dummy|<[a-z]/i.test(found)) return true
  const value = found.split(/[=:\s]/).sort((one, other) => other.length - one.length)[0] ?? found
  return new Set(value.replace(/[^A-Za-z0-9]/g, '')).size < 8
}
