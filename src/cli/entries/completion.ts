// The entry of `claude-auth completion`, made from the table of shells.

import { completingShells } from '../../install/shells/table.js'
import type { CommandEntry } from '../command.js'

const shells = completingShells.map(({ name }) => name)

export const completion = {
  name: 'completion',
  group: 'plumbing',
  summary: `completions for ${shells.slice(0, -1).join(', ')} or ${shells.at(-1)}`,
  about: 'Prints the completions of this command for a shell, to be read by it at its start.',
  operand: { name: 'SHELL', choices: shells },
  flags: {},
  notes: completingShells.map(({ completion }) => completion.note),
  examples: ['claude-auth completion bash'],
} as const satisfies CommandEntry
