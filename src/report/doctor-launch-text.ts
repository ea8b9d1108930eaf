// What doctor says about the wrapper and the hooks.

import { pasted, shown, words } from './doctor-text.js'

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
  stays: (path: string) =>
    words(
      `${shown(path)} is the client itself and stays; launches by it are covered by the hooks.`,
    ),
  gone: words('The wrapper is not at ~/.local/bin/claude any more.', 'claude-auth install'),
}

export const hookWords = {
  good: (scope: 'managed' | 'user') =>
    scope === 'managed'
      ? 'The hooks are in the managed settings.'
      : 'The hooks are in your settings.',
  none: words('There are no hooks of claude-auth.', 'claude-auth install'),
  /** The checks of the settings tell what is wrong with the file. */
  unread: (file: string) =>
    words(`Whether the hooks are there is unknown: ${shown(file)} is not read.`),
  missing: (events: string[]) =>
    words(`Hooks of claude-auth are missing: ${events.join(', ')}.`, 'claude-auth install'),
  dangling: (program: string, file: string) =>
    words(
      `A hook in ${shown(file)} starts ${shown(program)}, which is not there.`,
      'claude-auth install',
    ),
  running: 'Nothing switches them off.',
  off: (key: string, file: string, isManaged: boolean) =>
    words(
      `${key} in ${shown(file)} switches the hooks of claude-auth off.`,
      `${isManaged ? 'sudo ' : ''}vi ${pasted(file)}`,
    ),
}
