// The one function of proxy-from-env 2 that we use; the package brings no types.

declare module 'proxy-from-env' {
  /** The proxy for `url` by this process's environment (`HTTPS_PROXY`, `NO_PROXY`), or an empty string. */
  export function getProxyForUrl(url: string): string
}
