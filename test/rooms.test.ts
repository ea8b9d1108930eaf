// The rooms of src/ in one order: imports point down it, never up, and what decides has no effects.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'

const src = join(import.meta.dirname, '../src')

/** From the entries down to the operating system; a file of src/ itself is in the room of its own name. */
const order: string[][] = JSON.parse(
  readFileSync(join(import.meta.dirname, '../scripts/rooms.json'), 'utf8'),
).map(({ names }: { names: string[] }) => names)

const levelOf = (name: string) => order.findIndex(rooms => rooms.includes(name.split('/')[0] ?? ''))
const names = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(name =>
  name.endsWith('.ts'),
)
const imports = names.flatMap(name =>
  [...readFileSync(join(src, name), 'utf8').matchAll(/(?:from|import\() ?'([^']+)'/g)].map(
    ([, to = '']) => ({ name, to: to.startsWith('.') ? join(dirname(name), to) : to }),
  ),
)

t.test('every file is in a room, and no import points up', async t => {
  t.ok(imports.length > 1_000)
  t.same(
    names.filter(name => levelOf(name) === -1),
    [],
  )
  const inside = imports.map(each => ({ ...each, to: each.to.replace(/\.js$/, '.ts') }))
  const up = inside.filter(({ name, to }) => names.includes(to) && levelOf(to) < levelOf(name))
  t.same(up, [])
})

t.test(
  'the policy imports nothing but itself: no other room, no module of Node, no package',
  async t => {
    const pure = imports.filter(({ name }) => name.startsWith('policy/'))
    t.same(
      pure.filter(({ to }) => !to.startsWith('policy/')),
      [],
    )
  },
)

/** Beside Vault's own rooms: its doctor's area, the admin's side, which changes documents, and what picks a store. */
const knowVault = [
  /^(?:store\/vault|config|doctor|base|changes|fleet|offboard|roster)\//,
  /^cli\/(?:admin-context|base|changes|fleet|offboard|roster)\b/,
  /^store\/open\.ts$/,
  // The name of a member in the memory of an earlier version.
  /^login\/memory\.ts$/,
]

t.test('a store is a store: nothing else knows Vault', async t => {
  const others = names.filter(name => !knowVault.some(allowed => allowed.test(name)))
  t.ok(others.length > 100)
  t.same(
    others.filter(name => /vault/i.test(readFileSync(join(src, name), 'utf8'))),
    [],
  )
})

t.test(
  'the side of the admin reads no login: neither its files nor the engine, nor the server',
  async t => {
    const admin = ['fleet', 'offboard', 'roster', 'changes', 'base']
    const rooms = [...admin, 'alerts', 'store/vault', 'config', 'text', 'system']
    const outside = imports.filter(
      ({ name, to }) =>
        admin.includes(name.split('/')[0] ?? '') &&
        /^[a-z]+\//.test(to) &&
        !rooms.some(room => to.startsWith(`${room}/`)),
    )
    t.same(outside, [])
  },
)

t.test('what every launch and prompt begins with loads no library at once', async t => {
  const late = ['diff', 'jose', 'node-vault', 'valibot', 'yaml']
  for (const command of ['cli/ensure.ts', 'cli/status.ts']) {
    const reached = new Set([command])
    for (const name of reached)
      for (const to of loadedAtOnce(name))
        reached.add(to.startsWith('.') ? join(dirname(name), to).replace(/\.js$/, '.ts') : to)
    t.ok(reached.size > 50)
    t.same(
      [...reached].filter(name => late.includes(name.split('/')[0] ?? '')),
      [],
      command,
    )
  }
})

/** What the module `name` imports as values when it begins; nothing of a package or of Node. */
function loadedAtOnce(name: string): string[] {
  if (!names.includes(name)) return []
  const text = readFileSync(join(src, name), 'utf8')
  return [...text.matchAll(/^(?:import|export) (?!type )[^'()]*?from '([^']+)'/gm)].map(
    ([, to = '']) => to,
  )
}

t.test('the picture of the rooms is drawn from the imports as they are', async t => {
  const script = join(import.meta.dirname, '../scripts/map.mjs')
  const { status, stderr } = spawnSync(process.execPath, [script, '--check'], { encoding: 'utf8' })
  t.same([status, stderr], [0, ''])
})

t.test('links are followed as the kernel follows them', async t => {
  // Node's own walk takes `..` behind a linked folder for the folder that has the link.
  const own = names.filter(name =>
    /\brealpath(?:Sync)?\b(?=\s*\()|\(realpathSync\)/.test(readFileSync(join(src, name), 'utf8')),
  )
  t.same(own, [])
})
