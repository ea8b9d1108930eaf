// One update of a base as a process of its own, which ends itself by SIGKILL before the step of that name.

import { readTree } from '../../src/base/tree.js'
import { replaceBase } from '../../src/base/update.js'

const [source = '', folder = '', killedAt = ''] = process.argv.slice(2)
const tree = readTree(source, true)
if (tree === null) throw new Error('no source')
replaceBase(source, tree, folder, name => {
  if (name === killedAt) process.kill(process.pid, 'SIGKILL')
})
