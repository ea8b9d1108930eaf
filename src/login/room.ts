// Room for the files that saving a login makes for a moment: a file system that has no more for new ones gives these back.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { removeQuietly } from '../host/atomic-write.js'
import { systemCode } from '../host/error.js'

/** The lock, and the temporary files of login, state and store. */
const files = 4

/** Makes some empty files in `folder`; without them a login is saved as room allows. */
export function keepRoom(folder: string) {
  for (const place of placesIn(folder)) {
    try {
      // Never through a link that somebody planted; what a crash has left is room, too.
      writeFileSync(place, '', { mode: 0o600, flag: 'wx' })
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') return
    }
  }
}

export function giveRoomBack(folder: string) {
  for (const place of placesIn(folder)) removeQuietly(place)
}

/** Named like temporary files, so that they are swept after a crash. */
function placesIn(folder: string): string[] {
  return Array.from({ length: files }, (_, index) => join(folder, `room.tmp.0000000${index}`))
}
