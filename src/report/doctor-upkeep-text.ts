// What doctor says about upkeep: the timer, alerts, and locks that are left behind.

import { clean } from './clean.js'
import { pasted, shown, type Words, words } from './doctor-text.js'
import { agoWords, durationWords } from './duration-words.js'

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
