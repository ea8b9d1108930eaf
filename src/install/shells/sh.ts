// sh: dash or another plain POSIX shell, which scripts use.

import { join } from 'node:path'
import { file } from '../desired-state.js'
import { adviceFor, pathLines, posix, question } from './posix.js'
import type { Shell } from './shell.js'

export const sh: Shell = {
  ...posix,
  name: 'sh',
  program: 'sh',
  folder: home => home,
  lastFile: (manner, folder) => (manner === 'login' ? join(folder, '.profile') : null),
  definitions: ['.profile'],
  traces: null,
  ask: manner => [manner === 'login' ? '-lc' : '-c', question()],
  advice: adviceFor('.profile'),
  // Login shells of bash read it too; zsh's do on Debian.
  machineFiles: folder => [
    file(
      '/etc/profile.d/claude-auth.sh',
      `# claude-auth: its wrapper goes before the client.\n${pathLines(folder)}`,
    ),
  ],
  completion: null,
}
