// Contract: which proxies the client goes through, and which authorities it trusts.

import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { answerOf, type Place, type Statement } from './place.js'

/** Nobody listens there. */
const dead = 'http://127.0.0.1:9'

function by(
  when: string,
  env: (at: Place) => Record<string, string>,
  expected: Statement['expected'] = 'answers',
): Statement {
  return {
    when,
    expected,
    see: async start => {
      const at = await start()
      const answer = answerOf(await at.ask(env(at)))
      return answer === 'answers' ? answer : 'no answer'
    },
  }
}

const bare = (at: Place) => at.proxy.url.replace('http://', '')
/** A folder with the authority under the name by which OpenSSL looks for it. */
function folderOf(at: Place): string {
  const hash = execFileSync('openssl', ['x509', '-hash', '-noout', '-in', at.proxy.caFile], {
    encoding: 'utf8',
  }).trim()
  at.home.write(at.path(`authorities/${hash}.0`), readFileSync(at.proxy.caFile, 'utf8'))
  return at.path('authorities')
}

const noAuthority = { NODE_EXTRA_CA_CERTS: '' }

export const network: Statement[] = [
  by('https_proxy comes before HTTPS_PROXY', at => ({
    https_proxy: at.proxy.url,
    HTTPS_PROXY: dead,
  })),
  by('an empty https_proxy is not set', at => ({ https_proxy: '', HTTPS_PROXY: at.proxy.url })),
  by('HTTPS_PROXY comes before http_proxy', at => ({
    HTTPS_PROXY: at.proxy.url,
    http_proxy: dead,
  })),
  by('http_proxy serves where no other is set', at => ({
    HTTPS_PROXY: '',
    http_proxy: at.proxy.url,
  })),
  by('http_proxy comes before HTTP_PROXY', at => ({
    HTTPS_PROXY: '',
    http_proxy: at.proxy.url,
    HTTP_PROXY: dead,
  })),
  by('HTTP_PROXY serves where no other is set', at => ({
    HTTPS_PROXY: '',
    HTTP_PROXY: at.proxy.url,
  })),
  by('a proxy without a scheme is http', at => ({ HTTPS_PROXY: bare(at) }), {
    new: 'answers',
    old: 'no answer',
  }),
  by('an authority that nobody named', () => noAuthority, 'no answer'),
  by('NODE_EXTRA_CA_CERTS', at => ({ NODE_EXTRA_CA_CERTS: at.proxy.caFile })),
  by('SSL_CERT_FILE', at => ({ ...noAuthority, SSL_CERT_FILE: at.proxy.caFile })),
  by('SSL_CERT_DIR', at => ({ ...noAuthority, SSL_CERT_DIR: folderOf(at) })),
]
