// What doctor says about the real client, its settings and its folders.

import type { ClientSettings } from '../host/client-settings.js'
import { clean } from './clean.js'
import { pasted, shown, words } from './doctor-text.js'

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
  writable: (file: string, owner: 'you' | number) =>
    words(
      `Others may write ${shown(file)}, and so run programs as you.`,
      owner === 'you'
        ? `chmod go-rwx ${pasted(file)}`
        : owner === 0
          ? `sudo chmod go-w ${pasted(file)}`
          : `ls -l ${pasted(file)}`,
    ),
  readable: (file: string) =>
    words(`Others may read ${shown(file)}.`, `chmod go-rwx ${pasted(file)}`),
  whole: "The client's settings can be read.",
  broken: (file: string, why: string) =>
    words(`${shown(file)} ${clean(why, 100)}: the client leaves it out.`, `vi ${pasted(file)}`),
  skipped: ({ file, line, why, dropsFile }: ClientSettings['skipped'][number]) =>
    words(
      `${shown(file)} ${clean(why, 100)} (line ${line}): the client skips it${dropsFile ? '; 2.1.197 skips the whole file' : ''}.`,
      `vi +${line} ${pasted(file)}`,
    ),
  brokenManaged: (file: string, why: string) =>
    words(
      `${shown(file)} ${clean(why, 100)}: newer clients refuse to start.`,
      `sudo vi ${pasted(file)}`,
    ),
  folders: "The client's folders in /tmp are free.",
  taken: (path: string, uid: number) =>
    words(
      `${shown(path)}, which the client uses, belongs to user ${uid}.`,
      `sudo rm -r ${pasted(path)}`,
    ),
}
