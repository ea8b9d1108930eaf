// A renewal that was cut off: did its answer reach the disk?

import { existsSync, readFileSync } from 'node:fs'
import type { Sandbox } from './sandbox.js'

/** Is a request on record without its answer? */
export function isUnanswered(box: Sandbox): boolean {
  const { answer } = box.home.paths
  if (!existsSync(answer)) return false
  return !readFileSync(answer).subarray(1024).toString('latin1').startsWith('{"status":')
}
