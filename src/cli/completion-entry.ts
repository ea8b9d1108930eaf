// The table entry of `claude-auth completion`, apart from its code, which is made from the whole table.

import { completingShells } from '../install/shells/table.js'
import type { CommandEntry } from './command.js'

const shells = completingShells.map(({ name }) => name)

export const entry = {
  name: 'completion',
  group: 'plumbing',
  summary: `completions for ${shells.slice(0, -1).join(', ')} or ${shells.at(-1)}`,
  about: 'Prints the completions of this command for a shell, to be read by it at its start.',
  operands: [{ name: 'SHELL', choices: shells }],
  flags: {},
  notes: completingShells.map(({ completion }) => completion.note),
  examples: ['claude-auth completion bash'],
} as const satisfies CommandEntry
