// The newest client does all that the product relies on (docs/client-contract.md).

import t from 'tap'
import { allHold } from '../canary/hold.js'
import { realClient } from '../kit/real-clients.js'

const client = realClient('new')
t.test(`the contract holds with ${client.version}`, { skip: client.skip }, t => allHold(t, client))
