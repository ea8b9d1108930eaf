// A second place for the benchmark, whose logins are backed up in a real OpenBao on loopback.

import { userInfo } from 'node:os'
import { join } from 'node:path'
import { openBao } from '../kit/openbao.js'
import { makePlace, type Place } from './place.js'

/** With the policy and the token that a site's user has. */
export async function makeVaultPlace(): Promise<Place> {
  const endings: (() => unknown)[] = []
  const bao = await openBao({ teardown: (end: () => unknown) => void endings.push(end) })
  const place = await makePlace({ store: 'vault', vault: { address: bao.address } })
  const token = await bao.userToken(userInfo().username)
  place.home.write(join(place.home.path, '.config/claude-auth/vault-token'), `${token}\n`)
  return {
    ...place,
    close: async () => {
      await place.close()
      for (const end of endings) await end()
    },
  }
}
