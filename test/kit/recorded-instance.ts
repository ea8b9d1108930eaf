// What an engine remembers of where its login folder was met, changed as if it had been another place.

import { readFileSync } from 'node:fs'
import type { Instance } from '../../src/login/instance.js'
import type { Memory } from '../../src/login/memory.js'
import type { Engine } from './engine.js'

/** Changes what is remembered of where the login folder was met. */
export function recorded(at: Engine, change: (instance: Instance) => Partial<Instance>): void {
  const memory = JSON.parse(readFileSync(at.home.paths.stateFile, 'utf8')) as Memory
  if (memory.instance === null) throw new Error('nothing was recorded')
  const instance = { ...memory.instance, ...change(memory.instance) }
  at.home.write(at.home.paths.stateFile, JSON.stringify({ ...memory, instance }))
}

/** From the next run on this may be a copy of another machine. */
export function recordedElsewhere(at: Engine): void {
  recorded(at, ({ fingerprints }) => ({
    fingerprints: fingerprints.map(each => ({ ...each, folder: 'x', inode: 'x' })),
  }))
}
