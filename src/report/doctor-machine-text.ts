// What doctor says about the machine: clock, network, disk, home and Node.

import { clean } from './clean.js'
import { pasted, shown, words } from './doctor-text.js'
import { aboutWords } from './duration-words.js'

export const machineWords = {
  clock: "The clock agrees with the server's.",
  clockUnknown: words('The clock could not be compared: no server was asked.'),
  clockOff: (offMs: number) =>
    words(
      `The clock here is ${aboutWords(offMs)} ${offMs > 0 ? 'ahead of' : 'behind'} the server's.`,
      'sudo timedatectl set-ntp true',
    ),
  network: 'Proxy and authorities are the same for everybody who asks.',
  reached: "The login servers are reached, and the timer's way to them is the same.",
  missingCa: ({ name, file }: { name: string; file: string }) =>
    words(
      `${name} names ${shown(file)}, which cannot be read or holds no certificate.`,
      `ls -l ${pasted(file)}`,
    ),
  untrusted: ({ host, code, issuer }: { host: string; code: string; issuer: string | null }) =>
    words(
      `The certificate of ${clean(host, 100)} is not accepted (${clean(code, 60)}); it was issued by ${issuer === null ? 'nobody who is named' : `"${clean(issuer, 80)}"`}. Where your network opens TLS, name its authority.`,
      'export NODE_EXTRA_CA_CERTS=/path/to/authority.pem',
    ),
  unreached: (host: string, what: string, isProxied: boolean) =>
    words(
      `${clean(host, 100)} is not reached ${isProxied ? 'through the proxy of your environment' : 'directly, without a proxy'}: ${clean(what, 120)}.`,
      `curl -sSI https://${clean(host, 100)}/`,
    ),
  unseen: (names: string[]) =>
    words(
      `The timer does not see ${names.join(' and ')} of your shell: put it into "env" of ~/.claude/settings.json.`,
    ),
  disk: 'There is room on the disk.',
  full: (path: string, freeBytes: number) =>
    words(
      `Only ${Math.floor(freeBytes / 1024)} KiB are free at ${shown(path)}: a renewal might not be saved.`,
      `df -h ${pasted(path)}`,
    ),
  noInodes: (path: string, free: number) =>
    words(
      `Only ${free} more files can be made at ${shown(path)}: a renewal might not be saved.`,
      `df -i ${pasted(path)}`,
    ),
  home: (type: string | null) => `The home is on ${clean(type ?? 'a local disk', 30)}.`,
  networkHome: (type: string) =>
    words(
      `The home is on ${clean(type, 30)}: hosts that share it share the login, and its locks are weaker.`,
    ),
  node: (version: string, recorded: boolean) =>
    `Node ${version === 'unknown' ? '' : `${version} `}is ${recorded ? 'recorded' : 'found on PATH'}.`,
  noNode: words('There is no Node for the wrapper to start.', 'claude-auth install'),
  nodeGone: (path: string) =>
    words(`The recorded Node (${shown(path)}) does not start.`, 'claude-auth install'),
  nodeOld: (version: string) =>
    words(`Node ${clean(version, 20)} is too old; 20 or newer is needed.`, 'claude-auth install'),
}
