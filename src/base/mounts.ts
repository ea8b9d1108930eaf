// Mount points in the way of an update: what is mounted cannot be renamed, and must not be emptied together with an old base.

import { mountLines, mountPoint } from '../system/mounts.js'
import { isVersion, placesOf } from './update.js'

/** The first mount point that is the base or one of the folders beside it that an update uses, or lies in one; null: none. */
export function mountInTheWay(folder: string): string | null {
  return firstMount(mountLines(), folder)
}

/** The same of the lines of a table. */
export function firstMount(lines: readonly string[], folder: string): string | null {
  const { previous, next, dropped } = placesOf(folder)
  const isOurs = (path: string) =>
    [folder, previous, next, dropped].includes(path) || isVersion(path, folder)
  for (const line of lines) {
    const point = mountPoint(line)
    const parts = point.split('/')
    if (parts.some((_, at) => isOurs(parts.slice(0, at + 1).join('/')))) return point
  }
  return null
}
