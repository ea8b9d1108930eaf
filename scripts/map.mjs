// Draws the rooms of src/ and what each imports, as it is, into docs/pictures/rooms.svg; `--check` only compares.

import './needs-node.cjs'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const src = join(root, 'src')
const target = join(root, 'docs', 'pictures', 'rooms.svg')
const rooms = JSON.parse(readFileSync(join(root, 'scripts', 'rooms.json'), 'utf8'))

const roomOf = name => rooms.findIndex(({ names }) => names.includes(name.split('/')[0]))
const files = readdirSync(src, { recursive: true }).filter(name => name.endsWith('.ts'))
const counts = rooms.map(() => ({ files: 0, imports: rooms.map(() => 0) }))
for (const name of files) {
  const from = counts[roomOf(name)]
  if (from === undefined) throw new Error(`src/${name} is in no room of scripts/rooms.json`)
  from.files += 1
  const text = readFileSync(join(src, name), 'utf8')
  for (const [, to] of text.matchAll(/(?:from|import\() ?'(\.[^']+)'/g)) {
    const room = roomOf(join(dirname(name), to).replace(/\.js$/, '.ts'))
    if (room >= 0) from.imports[room] += 1
  }
}

const [left, row, cell, top] = [560, 26, 26, 76]
const width = left + rooms.length * cell + 12
const height = top + rooms.length * row + 34
const labelOf = ({ names, label = names[0] }) => label
const escaped = text => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')
const most = Math.max(...counts.flatMap(({ imports }, at) => imports.filter((_, to) => to !== at)))

const lines = rooms.map((room, at) => {
  const y = top + at * row
  const dots = counts[at].imports.flatMap((count, to) => {
    if (count === 0 && to !== at) return []
    const [x, middle] = [left + to * cell + cell / 2, y + row / 2]
    if (to === at)
      return `<rect class="self" x="${x - 9}" y="${middle - 9}" width="18" height="18"/>`
    const title = `<title>${labelOf(room)} imports ${labelOf(rooms[to])}: ${count}</title>`
    const radius = (2.5 + 7.5 * Math.sqrt(count / most)).toFixed(1)
    return `<circle class="${to > at ? 'down' : 'up'}" cx="${x}" cy="${middle}" r="${radius}">${title}</circle>`
  })
  const name = `<text class="name" x="8" y="${y + 18}">${labelOf(room)}</text>`
  const is = `<text class="is" x="92" y="${y + 18}">${escaped(room.is)}</text>`
  const size = `<text class="size" x="${left - 10}" y="${y + 18}">${counts[at].files}</text>`
  return [name, is, size, ...dots].join('\n')
})
const heads = rooms.map(
  (room, at) =>
    `<text class="head" transform="translate(${left + at * cell + cell / 2 + 4} ${top - 8}) rotate(-60)">${labelOf(room)}</text>`,
)
const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="The rooms of src/ from the entries down to the operating system; each imports only rooms below it">
<style>
text { font: 13px system-ui, sans-serif; fill: #24292f } .name { font-weight: 600 } .size { text-anchor: end } .size, .is, .foot { fill: #57606a }
.down { fill: #2f6fdb } .up { fill: #cf222e } .self { fill: #d0d7de }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .size, .is, .foot { fill: #9da7b1 } .down { fill: #58a6ff } .up { fill: #ff7b72 } .self { fill: #30363d } }
</style>
<text class="foot" x="${left - 10}" y="${top - 10}" text-anchor="end">files</text>
${heads.join('\n')}
${lines.join('\n')}
<text class="foot" x="8" y="${height - 10}">A dot: the room of the row imports the room of the column; the larger, the more often. Everything is right of the diagonal.</text>
</svg>
`

if (!process.argv.includes('--check')) writeFileSync(target, picture)
else if (picture !== readFileSync(target, 'utf8')) {
  console.error('docs/pictures/rooms.svg is behind: node scripts/map.mjs')
  process.exitCode = 1
}
