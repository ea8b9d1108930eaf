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
      ...['claude-new', 'claude-old', 'debian', 'openbao', 'acl', 'gitolite', 'rclone'],
      ...['promtool', 'node-exporter'],
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

/**
 * The files that take longest, the longest first: where nothing has been measured yet (a fresh clone) they begin before all
 * others, so that none of them runs on alone at the end.
 */
export const longest = [
  ...['lab/odd-files', 'system/contract-old', 'system/contract-new', 'system/demo'],
  ...['system/killed', 'system/log-out', 'system/vault-away'],
  ...['system/wrapper-gate', 'system/misfit-settings', 'system/marks-table', 'system/held-launch'],
  ...['system/at-once', 'system/other-credentials', 'system/uninstall-users'],
  ...['system/process-limit', 'system/command-lines', 'system/hooks-session'],
  ...['system/vault-secrets', 'engine/claim-renewal', 'engine/signed-out-elsewhere'],
  ...['system/roster', 'engine/other-clocks', 'lab/neighbours-places', 'lab/disk'],
  ...['engine/ensure', 'doctor/store', 'cli/logout', 'engine/preview', 'docs/clone'],
].map(name => join('test', `${name}.test.ts`))

/**
 * The tiers as they are run: all of them in two goes, since at the end of each a core may have nothing to do. No test of the
 * system's tier counts cases.
 */
export function goesOf(names) {
  const [first, ...wide] = names.map(name => tiers[name])
  if (wide.length < 2) return names.map(name => [tiers[name]])
  return [[first], wide]
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
