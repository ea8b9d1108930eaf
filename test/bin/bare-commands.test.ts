// No shell file of ours calls a command in a way that a function of the caller's could stand before.

import t from 'tap'
import { builtins, programs, shellFiles } from '../kit/shell-words.js'

/** At the start of a command, and not as a word of another one. */
const called = (name: string) =>
  new RegExp(
    String.raw`(?:^|[;&|({!\x60']|\b(?:then|do|else|if|while)\s)\s*(?:[A-Za-z_]\w*=[^\s()'"]*\s+)*${name.replace(/\W/g, '\\$&')}(?=[\s;)]|$)`,
  )

t.test('bash would run an exported function of that name instead', async t => {
  // `unset -f '[' command` in each entry frees these two.
  const freed = ['[', 'command']
  const names = [...new Set([...builtins(), ...programs()])].filter(name => !freed.includes(name))
  t.ok(names.includes('umask') && names.includes('flock'), 'the list is one')
  const found = shellFiles().flatMap(({ name: file, lines }) =>
    lines.flatMap((line, at) =>
      names
        .filter(name => called(name).test(withoutPatterns(line)))
        .map(name => `${file}:${at + 1} ${name}: ${line.trim()}`),
    ),
  )
  t.same(found, [])
})

/** Without the patterns of `case`, at a line's start or after `in`. */
function withoutPatterns(line: string): string {
  return line
    .replace(/^\s*(?:'[^']*'|"[^"]*"|[^'"()=$;&])+\)/, '')
    .replace(/\bin[\w\s|*'"?/-]+\)/g, 'in')
}
