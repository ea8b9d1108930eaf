// The tiers of the tests. Which one a file belongs to is told by its place, so a new file needs no entry anywhere.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const isLab = file => file.startsWith(join('test', 'lab', ''))
const isSystem = file => file.startsWith(join('test', 'system', ''))
const isProperty = file => file.endsWith('.property.test.ts')

/**
 * Name → what it has (`takes`), how many files run at once (`jobs`; more where tests wait), which real
 * programs it needs (names of scripts/peers.mjs), and what it sets for its tests.
 */
export const tiers = {
  first: {
    takes: file => !isLab(file) && !isSystem(file),
    jobs: 3,
    peers: ['claude-new', 'openbao'],
    env: {},
  },
  system: {
    takes: isSystem,
    jobs: 4,
    peers: [
      ...['claude-new', 'claude-old', 'debian', 'openbao', 'acl'],
      ...['node18', 'node22', 'node24', 'nushell'],
    ],
    env: {},
  },
  lab: {
    takes: file => isLab(file) || isProperty(file),
    jobs: 4,
    peers: ['claude-new', 'claude-old', 'debian', 'openbao'],
    env: { CLAUDE_AUTH_CASES: '8000' },
  },
}

/** Every test file, relative to `root`, sorted. */
export function allTests(root) {
  return readdirSync(join(root, 'test'), { recursive: true })
    .filter(name => name.endsWith('.test.ts'))
    .map(name => join('test', name))
    .sort()
}

/** What `npm test` says of the tiers that it leaves out. */
export const wider =
  'wider: npm run test:system (the installed wrapper in every state, other shells, users and hosts), ' +
  'npm run test:lab (faults, in short), npm run lab (faults, whole), npm run test:all'
