// Files are opened and read by one door, where a pipe, a device or an endless file holds nobody.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'

const src = join(import.meta.dirname, '../../src')

/** Who else reads a file, and why that can't be held up. */
const readers: Record<string, string> = {
  'system/open-file.ts': 'the door itself',
  'system/mounts.ts': 'the kernel’s table of mounts, which the door itself depends on',
}

/** Who copies files without the door, and why. */
const copiers: Record<string, string> = {
  'install/uninstall-system.ts': 'the Node of our own program',
  'install/execute.ts': 'our own program',
}

const opening =
  /\b(?:open|openSync|readFile|readFileSync|read|readSync|readv|readvSync|createReadStream|createWriteStream|appendFile|appendFileSync|openAsBlob|truncate|truncateSync)\b/
const copying = /\b(?:copyFile|copyFileSync|cp|cpSync)\b/

/** The names that a text takes from `node:fs`; `*` for all of them at once. */
function takenFromFs(text: string): string[] {
  const imports = [
    ...text.matchAll(/import\s+([^;'"]*?)\s+from\s+['"](?:node:)?fs(?:\/promises)?['"]/g),
  ]
  const others =
    /(?:import|require)\(\s*['"`](?:node:)?fs|process\.binding|(?:node:)?graceful-fs/.test(text)
  const names = imports.flatMap(([, what = '']) => {
    const list = /^\{([\s\S]*)\}$/.exec(what.trim())?.[1]
    return list === undefined
      ? ['*']
      : list.split(',').map(name => name.trim().replace(/^type /, ''))
  })
  return others ? [...names, '*'] : names
}

const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
  name => name.endsWith('.ts') && !name.startsWith('demo/'),
)

t.test('no file is opened or read but by the door', async t => {
  t.ok(files.length > 100)
  for (const name of files) {
    const names = takenFromFs(readFileSync(join(src, name), 'utf8'))
    t.notOk(names.includes('*'), `${name} takes from node:fs by name`)
    if (!(name in readers))
      t.same(
        names.filter(each => opening.test(each)),
        [],
        name,
      )
    if (!(name in copiers))
      t.same(
        names.filter(each => copying.test(each)),
        [],
        name,
      )
  }
})

t.test('what is written without the door is a new file', async t => {
  for (const name of files) {
    const text = readFileSync(join(src, name), 'utf8')
    const calls = [...text.matchAll(/\bwriteFile(?:Sync)?\((?:[^()]|\([^()]*\))*\)/g)].map(
      ([call]) => call,
    )
    t.same(
      calls.filter(call => !call.includes("flag: 'wx'")),
      [],
      name,
    )
    t.equal(text.match(/\bwriteFile(?:Sync)?\(/g)?.length ?? 0, calls.length, name)
  }
})

t.test('the exceptions are what they say', async t => {
  const texts = Object.keys({ ...readers, ...copiers }).map(
    name => [name, readFileSync(join(src, name), 'utf8')] as const,
  )
  for (const [name, text] of texts)
    t.ok(
      takenFromFs(text).some(each => opening.test(each) || copying.test(each)),
      `${name} needs its exception`,
    )
  const mounts = texts.find(([name]) => name === 'system/mounts.ts')?.[1] ?? ''
  t.same(mounts.match(/readFileSync\([^)]*\)/g), ["readFileSync('/proc/self/mountinfo', 'utf8')"])
})

t.test('nothing below the door of JSON parses by itself, or without a bound', async t => {
  const parsers: Record<string, string> = {
    'fleet/listing-text.ts':
      'never written again, so it may nest; in parts of a reply of bounded length',
    'system/json.ts': 'bounded by isTooDeep',
    'login/client-settings.ts': 'of what tolerantJson took, which is bounded by isTooDeep',
    'login/login-text.ts': 'bounded by isTooDeep',
    'anthropic/login-server.ts': 'a reply of bounded size, of which nothing is written again',
    'install/json-edit.ts': 'bounded by isTooDeep',
    'store/vault/document.ts': 'a reply of bounded size; a stack that ends is caught',
  }
  for (const name of files) {
    const text = readFileSync(join(src, name), 'utf8')
    const parses = /\bJSON\.parse\(|\bparseTree\(/.test(text)
    t.equal(parses, name in parsers, name)
    if (parsers[name] === 'bounded by isTooDeep') t.match(text, /isTooDeep\(/, name)
  }
})

t.test('a command prints JSON by the one printer', async t => {
  for (const name of files.filter(each => /^(?:cli|install\/(?:for|uninstall)-)/.test(each)))
    t.notMatch(
      readFileSync(join(src, name), 'utf8').replace('JSON.stringify(clean(word, 20))', ''),
      /JSON\.stringify\(/,
      name,
    )
})
