// Mount points in the way of an update: what is mounted cannot be renamed, and must not be emptied together with an old base.

import { textAt } from '../system/open-file.js'
import { isVersion, placesOf } from './update.js'

const maxBytes = 16 * 1024 * 1024

/** The first mount point that is the base or one of the folders beside it that an update uses, or lies in one; null: none. */
export function mountInTheWay(folder: string): string | null {
  const table = textAt('/proc/self/mountinfo', { maxBytes }) ?? ''
  return firstMount(table, folder)
}

/** The same of the text of a table (proc_pid_mountinfo(5)). */
export function firstMount(table: string, folder: string): string | null {
  const { previous, next, dropped } = placesOf(folder)
  const isOurs = (path: string) =>
    [folder, previous, next, dropped].includes(path) || isVersion(path, folder)
  for (const line of table.split('\n')) {
    const point = unescaped(line.split(' ')[4] ?? '')
    const parts = point.split('/')
    if (parts.some((_, at) => isOurs(parts.slice(0, at + 1).join('/')))) return point
  }
  return null
}

/** Blanks and their kin stand there as `\040`. */
function unescaped(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  )
}
