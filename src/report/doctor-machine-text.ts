// What doctor says about everything around the login: shells, hooks, timer, alerts, client and machine.

import { clean } from './clean.js'
import { pasted, shown, type Words, words } from './doctor-text.js'
import { agoWords, durationWords } from './duration-words.js'

export const clientWords = {
  found: (path: string, version: string | null) =>
    `The real client is ${shown(path)}${version === null ? '' : ` (${clean(version, 30)})`}.`,
  missing: words(
    'Claude Code is not installed here, or only our wrapper is found.',
    'npm install -g @anthropic-ai/claude-code',
  ),
  known: 'This version was tried with claude-auth.',
  noVersion: words('The client does not say its version.'),
  newer: (version: string, known: string) =>
    words(`Client ${clean(version, 30)} is newer than what claude-auth was tried with (${known}).`),
  older: (version: string, known: string) =>
    words(
      `Client ${clean(version, 30)} is older than what claude-auth was tried with (${known}).`,
      'claude update',
    ),
  between: (version: string) =>
    words(`Client ${clean(version, 30)} was not tried itself, but older and newer ones were.`),
}

export const wrapperWords = {
  linked: (path: string) => `The wrapper is at ${shown(path)}.`,
  elsewhere: 'Your shells find the wrapper.',
  notInstalled: words('claude-auth is not installed for your shells.', 'claude-auth install'),
  overwritten: (path: string) =>
    words(
      `Claude's own installer has put its link in the place of the wrapper (${shown(path)}).`,
      'claude-auth doctor --fix',
    ),
  dangling: (path: string, leadsTo: string) =>
    words(`${shown(path)} leads to ${shown(leadsTo)}, which is not there.`, 'claude-auth install'),
  replaced: (path: string) =>
    words(`${shown(path)} is not the wrapper any more.`, 'claude-auth install'),
  gone: words('The wrapper is not at ~/.local/bin/claude any more.', 'claude-auth install'),
}

const manners = { login: 'a login shell', interactive: 'a new window' }

export const shellWords = {
  good: (shell: string) => `In ${shell}, \`claude\` is the wrapper.`,
  notInstalled: (shell: string) => words(`In ${shell}, \`claude\` is not the wrapper.`),
  other: (shell: string, manner: 'login' | 'interactive', path: string) =>
    words(
      `In ${shell} (${manners[manner]}), \`claude\` is ${shown(path)}, found before the wrapper.`,
      'claude-auth install',
    ),
  alias: (shell: string, manner: 'login' | 'interactive') =>
    words(
      `In ${shell} (${manners[manner]}), an alias or function named claude hides the wrapper.`,
      'unalias claude',
    ),
  none: (shell: string, manner: 'login' | 'interactive') =>
    words(
      `In ${shell} (${manners[manner]}), there is no \`claude\`: ~/.local/bin is not on PATH.`,
      'claude-auth install',
    ),
  late: (shell: string) => words(`${shell} did not answer: look at what its start-up files start.`),
}

export const hookWords = {
  good: (scope: 'managed' | 'user') =>
    scope === 'managed'
      ? 'The hooks are in the managed settings.'
      : 'The hooks are in your settings.',
  none: words('There are no hooks of claude-auth.', 'claude-auth install'),
  missing: (events: string[]) =>
    words(`Hooks of claude-auth are missing: ${events.join(', ')}.`, 'claude-auth install'),
  dangling: (program: string, file: string) =>
    words(
      `A hook in ${shown(file)} starts ${shown(program)}, which is not there.`,
      'claude-auth install',
    ),
  running: 'Nothing switches them off.',
  off: (key: string, file: string) =>
    words(`${key} in ${shown(file)} switches the hooks of claude-auth off.`, `vi ${pasted(file)}`),
}

export const timerWords = {
  runs: (lastMs: number | null, nowMs: number) =>
    lastMs === null
      ? 'The timer is on; it has not run yet.'
      : `The timer is on; it last ran ${agoWords(lastMs, nowMs)}.`,
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
        : 'sudo systemctl enable --now claude-auth.timer',
    ),
  silent: (lastMs: number, nowMs: number, of: 'user' | 'system') =>
    words(
      `The timer is on, but it last ran ${agoWords(lastMs, nowMs)}.`,
      of === 'user'
        ? 'systemctl --user status claude-auth.timer'
        : 'systemctl status claude-auth.timer',
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
  nobody: words('Nobody is told when a sign-in is needed (alerts.slack, alerts.command).'),
  good: (to: string) => `Messages go to ${to}.`,
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
  file: (message: string, hint: string) => words(`${clean(message, 300)}.`, clean(hint, 300)),
  program: (path: string) =>
    words(`alerts.command cannot be started: ${shown(path)}.`, `ls -l ${pasted(path)}`),
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

export const settingsWords = {
  onboarded: 'The client is set up.',
  notOnboarded: words(
    "The client's first steps are not marked as done: `claude -p` can end without a word.",
    'claude-auth doctor --fix',
  ),
  noConfig: words(
    'The client has no configuration yet: `claude -p` can end without a word.',
    'claude-auth doctor --fix',
  ),
  configUnreadable: (file: string) =>
    words(`${shown(file)} is no JSON object: the client starts anew.`, `ls -l ${pasted(file)}`),
  private: 'Only you may change what the client is told.',
  writable: (file: string) =>
    words(
      `Others may write ${shown(file)}, and so run programs as you.`,
      `chmod go-w ${pasted(file)}`,
    ),
  readable: (file: string) =>
    words(`Others may read ${shown(file)}.`, `chmod go-rwx ${pasted(file)}`),
  whole: "The client's settings can be read.",
  broken: (file: string, why: string) =>
    words(`${shown(file)} ${clean(why, 100)}: the client leaves it out.`, `vi ${pasted(file)}`),
  brokenManaged: (file: string, why: string) =>
    words(
      `${shown(file)} ${clean(why, 100)}: newer clients refuse to start.`,
      `sudo vi ${pasted(file)}`,
    ),
  folders: "The client's folders in /tmp are free.",
  taken: (path: string, uid: number) =>
    words(
      `${shown(path)}, which the client uses, belongs to user ${uid}.`,
      `ls -ld ${pasted(path)}`,
    ),
}

export const machineWords = {
  clock: "The clock agrees with the server's.",
  clockUnknown: words('The clock could not be compared: no server was asked.'),
  clockOff: (offMs: number) =>
    words(
      `The clock here is ${durationWords(offMs)} ${offMs > 0 ? 'ahead of' : 'behind'} the server's.`,
      'sudo timedatectl set-ntp true',
    ),
  network: 'Proxy and authorities are the same for everybody who asks.',
  missingCa: (file: string) =>
    words(
      `NODE_EXTRA_CA_CERTS names ${shown(file)}, which cannot be read.`,
      `ls -l ${pasted(file)}`,
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
