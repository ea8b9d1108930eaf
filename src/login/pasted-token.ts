// A pasted text: is it a long-lived token, and if not, what does it look like?

/** Shorter than any: a part of one (client 2.1.330 mints 108 characters). */
const shortest = 40
const longest = 16_384

/** Null for a long-lived token; else in plain words what it is. The words never hold any of the text. */
export function whyNoToken(text: string): string | null {
  if (/^sk-ant-api/.test(text)) return 'this is an API key, not a long-lived token'
  if (/^sk-ant-ort/.test(text))
    return 'this is the refresh token of a login, not a long-lived token'
  if (/^sk-ant-sid/.test(text))
    return 'this is the session key of a browser, not a long-lived token'
  if (!/^sk-ant-oat01-[\x21-\x7e]+$/.test(text))
    return 'this is no long-lived token: those begin with sk-ant-oat01-'
  if (text.length < shortest) return 'this is only a part of a long-lived token'
  return text.length > longest || text.indexOf('sk-ant-', 7) > 0
    ? 'this is more than one long-lived token'
    : null
}
