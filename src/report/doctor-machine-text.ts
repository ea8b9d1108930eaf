// What doctor says about upkeep and the machine: timer, alerts, locks and the machine itself.

import { clean } from './clean.js'
import { pasted, shown, type Words, words } from './doctor-text.js'
import { aboutWords, agoWords, durationWords } from './duration-words.js'

export const timerWords = {
  runs: (lastMs: number | null, nowMs: number, of: 'user' | 'system') => {
    const which = of === 'user' ? 'The timer is on' : "The machine's timer is on"
    return lastMs === null
      ? `${which}; it has not run yet.`
      : `${which}; it last ran ${agoWords(lastMs, nowMs)}.`
  },
  loops: (pid: number) => `\`claude-auth ensure --every\` is at work (process ${pid}).`,
  none: words('No timer renews while nobody launches.', 'claude-auth install'),
  noSystemd: words(
    'No timer renews while nobody launches, and there is no systemd to run one.',
    'claude-auth ensure --every 15m &',
  ),
  stopped: (of: 'user' | 'system') =>
    words(
      'The timer is installed but not running.',
      of === 'user'
        ? 'systemctl --user enable --now claude-auth.timer'
        : 'sudo systemctl enable --now claude-auth-users.timer',
    ),
  silent: (lastMs: number, nowMs: number, of: 'user' | 'system') =>
    words(
      `The timer is on, but it last ran ${agoWords(lastMs, nowMs)}.`,
      of === 'user'
        ? 'systemctl --user status claude-auth.timer'
        : 'systemctl status claude-auth-users.timer',
    ),
  failed: (result: string, of: 'user' | 'system', user: string) =>
    words(
      `The timer's last run failed (${clean(result, 40)}).`,
      of === 'user'
        ? 'journalctl --user -u claude-auth.service -n 20'
        : `sudo journalctl -u ${pasted(`claude-auth@${user}.service`)} -n 20`,
    ),
}

export const alertWords = {
  nobody: words('Nobody is told when a sign-in is needed (alerts.slack, teams, email or command).'),
  good: (to: string) => `Messages go to ${clean(to, 300)}.`,
  tested: 'The test message was taken.',
  untaken: (why: string): Words => {
    const [cause = '', command = null] = why.split('; type: ')
    return words(
      `The test message was not taken: ${clean(cause, 300)}.`,
      command && clean(command, 300),
    )
  },
  trouble: (why: string): Words => {
    const [cause = '', command = null] = why.split('; type: ')
    return words(`A message was not taken: ${clean(cause, 300)}.`, command && clean(command, 300))
  },
  broken: (message: string, hint: string) => words(`${clean(message, 300)}.`, clean(hint, 300)),
}

export const lockWords = {
  none: "No lock of the client's is left behind.",
  held: (path: string, ageMs: number) =>
    words(`${shown(path)} is held right now (touched ${agoWords(0, ageMs)}).`),
  stale: (path: string, ageMs: number) =>
    words(
      `${shown(path)} was left behind ${durationWords(ageMs)} ago: clients wait for it.`,
      `rmdir ${pasted(path)}`,
    ),
  dead: (path: string) =>
    words(`Whoever held ${shown(path)} is gone: clients wait for it.`, `rmdir ${pasted(path)}`),
}

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
