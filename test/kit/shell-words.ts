// The commands that our shell files use, read from the files themselves, and those that bash has built in.

import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../../bin', import.meta.url))

/** Found before any function, where bash keeps to POSIX. */
const special =
  '. : break continue eval exec exit export readonly return set shift times trap unset'

/** The lines of each shell file in bin/, without comments and the texts of here-documents. */
export function shellFiles(): { name: string; lines: string[] }[] {
  const names = readdirSync(folder).filter(name => name !== 'package.json')
  return names.map(name => ({
    name,
    lines: readFileSync(join(folder, name), 'utf8')
      .replace(/<<'?X'?$[\s\S]*?^X$/gm, '<<X')
      .split('\n')
      .map(line => (/^\s*#/.test(line) ? '' : line)),
  }))
}

/** Every builtin of bash that a function could stand before. */
export function builtins(): string[] {
  const all = execFileSync('bash', ['-c', 'compgen -b'], { encoding: 'utf8' }).split('\n')
  return all.filter(name => name !== '' && !special.split(' ').includes(name))
}

/** The programs that the files call by name. */
export function programs(): string[] {
  const text = shellFiles().flatMap(({ lines }) => lines)
  const called = text.flatMap(line => [
    ...line.matchAll(/\bcommand (?:-v (?:-- )?)?([a-z]+)\b|\bca_find ([a-z]+)\b/g),
  ])
  return [...new Set(called.map(([, one, other]) => one ?? other ?? ''))]
}
