// Neighbours: other users of the machine, what they plant, and what strangers write into our words. Nothing of it succeeds.

import t from 'tap'
import { figuresOf } from './figures.js'
import { filesAndProcess } from './neighbours/files-and-process.js'
import { heldProcesses } from './neighbours/held-processes.js'
import { rootCommands } from './neighbours/root-commands.js'
import { rootTerminal } from './neighbours/root-terminal.js'
import { traps } from './neighbours/traps.js'
import { words } from './neighbours/words.js'
import { worlds } from './neighbours/worlds.js'

t.jobs = 2
const figures = figuresOf(t, '10 Neighbours')
const rooms = [filesAndProcess, traps, worlds, words, rootTerminal, rootCommands, heldProcesses]
await Promise.all(rooms.map(room => room(t, figures)))
