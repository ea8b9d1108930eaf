// What this process may do with a path, as the kernel sees it.

import { accessSync, constants } from 'node:fs'

/** Links are followed; false for what is not there. Never throws. */
export function canRun(path: string): boolean {
  return can(path, constants.X_OK)
}

/** As `canRun`, for reading. */
export function canRead(path: string): boolean {
  return can(path, constants.R_OK)
}

function can(path: string, mode: number): boolean {
  try {
    accessSync(path, mode)
    return true
  } catch {
    return false
  }
}
