// Which addresses may see a token: https anywhere, http on this machine's loopback only.

/** What is expected of an endpoint, for error messages. */
export const endpointExpected =
  'an https:// address (or http:// on loopback) without credentials, path or query'

/** As `endpointExpected`; servers behind a gateway may have a path. */
export const addressExpected =
  'an https:// address (or http:// on loopback) without credentials or query'

/** The origin (`https://host[:port]`, no slash at its end) of a valid endpoint, else null. */
export function endpointOrigin(text: string): string | null {
  const url = tokenUrl(text)
  return url && url.pathname === '/' ? url.origin : null
}

/** The address without a slash at its end, path kept; null when a token must not go there. */
export function serverAddress(text: string): string | null {
  const url = tokenUrl(text)
  return url ? url.origin + url.pathname.replace(/\/+$/, '') : null
}

/** As `serverAddress`, with the query that holds the secret of some webhooks; null when it must not go there. */
export function secretAddress(text: string): string | null {
  const [address = '', query = '', ...more] = text.split('?')
  const server = serverAddress(address)
  if (server === null || more.length > 0 || /[\s\\#@]/.test(query)) return null
  return query === '' ? server : `${server}?${query}`
}

function tokenUrl(text: string): URL | null {
  if (!URL.canParse(text) || /[\s\\?#@]/.test(text)) return null
  const url = new URL(text)
  if (url.username || url.password || url.search || url.hash) return null
  if (url.protocol === 'https:') return url
  return url.protocol === 'http:' && isLoopback(url.hostname) ? url : null
}

// `URL` has brought every spelling of an IPv4 address to four decimal numbers by now.
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
