// The local store of a test's home, opened from outside.

import { randomBytes } from 'node:crypto'
import { type LocalStore, localStore } from '../../src/store/local.js'
import { ownPaths } from '../../src/system/paths.js'
import type { Sandbox } from './sandbox.js'

/** With the key that the program itself made. */
export function localStoreOf({ home, env }: Sandbox): LocalStore {
  return localStore(
    {
      folder: ownPaths(env, home.path).localStore,
      name: 'default',
      keyFile: null,
      uid: process.getuid?.() ?? 0,
      nonce: () => randomBytes(8).toString('hex'),
      randomBytes,
    },
    () => false,
  )
}
