// The directory of users, as getent(1) gives it: the lines of passwd(5) of all users, or of some.

import { textAt } from './open-file.js'
import { runTool, type ToolEnd } from './start-program.js'

/** What is typed to see whether the directory of users answers. */
export const listDirectory = 'getent passwd'

/** Root's number, which every directory knows: asked last, its line shows that all keys before it were looked up. */
const lastKey = '0'

/**
 * The lines of passwd(5) about these names or numbers (none: about all that the directory lists), or null where there was no answer:
 * killed at the limit, getent has said nothing. glibc's looks up every key and ends with 2 where one is unknown; without keys, with 3
 * where nothing is listed. That of NetBSD, which musl's is, ends with 2 at the first unknown key, and the script that was musl's
 * before looks up only the first: the rest is asked again. None is handed `--`, a name like any other to both of musl's.
 */
export function askDirectory(
  keys: readonly string[],
  run: (keys: readonly string[]) => ToolEnd = getent,
): string | null {
  if (keys.length === 0) {
    const { code, stdout, isMissing } = run([])
    if (isMissing || code === 3) return passwd()
    return code === 0 ? stdout : null
  }
  const lines = new Set<string>()
  // No name is empty or begins as an option does: nobody is called so.
  let open = keys.filter(key => !/^(?:-|$)/.test(key))
  while (open.length > 0) {
    const { code, stdout, isMissing } = run(open.length === 1 ? open : [...open, lastKey])
    if (isMissing || code === 3) return passwd()
    if (code !== 0 && code !== 2) return null
    const said = stdout.split('\n').filter(line => line !== '')
    const isWhole = open.length === 1 || hasLastKey(open, said)
    for (const line of open.length > 1 && isWhole ? said.slice(0, -1) : said) lines.add(line)
    open = isWhole ? [] : afterAnswered(open, said, code === 2)
  }
  return [...lines].map(line => `${line}\n`).join('')
}

function getent(keys: readonly string[]): ToolEnd {
  return runTool('getent', ['passwd', ...keys])
}

/** Does root's line come once more than the keys themselves ask for it? */
function hasLastKey(keys: readonly string[], said: readonly string[]): boolean {
  const ofRoot = said.filter(line => numberIn(line) === lastKey)
  return ofRoot.length > keys.filter(key => isAnswered(key, ofRoot)).length
}

/** The keys that nothing is known of. `isUnknown`: getent ended at the first one without a line. */
function afterAnswered(
  keys: readonly string[],
  said: readonly string[],
  isUnknown: boolean,
): string[] {
  const at = keys.findIndex(key => !isAnswered(key, said))
  if (at === -1) return []
  return keys.slice(isUnknown || at === 0 ? at + 1 : at)
}

function isAnswered(key: string, lines: readonly string[]): boolean {
  return lines.some(line => line.startsWith(`${key}:`) || numberIn(line) === key)
}

function numberIn(line: string): string | undefined {
  return line.split(':')[2]
}

/** The lines of the local file: all that there is without getent. */
export function passwd(): string {
  return textAt('/etc/passwd', { maxBytes: 16 * 1024 * 1024 }) ?? ''
}
