// The one table of shells: install, doctor and completions know these, and no others. To add one, write its file and name it here.

import { bash } from './bash.js'
import { fish } from './fish.js'
import { nushell } from './nushell.js'
import { sh } from './posix.js'
import type { Completion, Shell } from './shell.js'
import { zsh } from './zsh.js'

/** In the order of help and documentation. */
export const shells: readonly Shell[] = [bash, zsh, fish, nushell, sh]

/** A shell that completes the commands of claude-auth. */
export type CompletingShell = Shell & { completion: Completion }

export const completingShells = shells.filter(
  (shell): shell is CompletingShell => shell.completion !== null,
)
