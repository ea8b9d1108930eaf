// The whole contract as a test of one client.

import type { Test } from 'tap'
import type { Peer } from '../kit/real-clients.js'
import { notTried, tried } from './canary.js'

/** An assertion for each statement. */
export async function allHold(t: Test, client: Peer): Promise<void> {
  const rows = await tried(client, { only: [], jobs: 4, print: () => {} })
  t.ok(rows.length > 100, `${rows.length} statements`)
  for (const { subject, statement, expected, seen } of rows) {
    const name = `${subject}: ${statement.when}`
    if (seen === notTried) t.pass(name, { skip: notTried })
    else t.equal(seen, expected, name)
  }
}
