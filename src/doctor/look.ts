// How doctor is to look: whose environment, from where, and what it may ask.

import type { Env } from '../host/paths.js'

export interface Look {
  env: Env
  cwd: string
  offline: boolean
  /** Send a message to whoever is told when a sign-in is needed. */
  testAlert: boolean
}
