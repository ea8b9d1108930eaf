// What the shell hands over of a launch: the client to be started and the folder it is started in.
//
// Everybody on the machine can read the arguments of a process, and both are paths of the person's: so they come in the
// environment, which only that user and root can read.

import type { Env } from '../system/paths.js'

const clientName = 'CLAUDE_AUTH_LAUNCH_CLIENT'
const folderName = 'CLAUDE_AUTH_LAUNCH_FOLDER'

export interface HandedOver {
  /** The client to be launched. */
  client: string | null
  /** Where it is started. */
  folder: string | null
  /** For everything else: without what was handed over, which is no other program's. */
  env: Env
}

/** `isHanded`: the flag that comes with it; without it, what stands there is not of our shell and counts for nothing. */
export function handedOver(isHanded: boolean, given: Env): HandedOver {
  const { [clientName]: client, [folderName]: folder, ...env } = given
  return {
    client: (isHanded && client) || null,
    folder: (isHanded && folder) || null,
    env,
  }
}
