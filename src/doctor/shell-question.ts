// What a shell is asked about `claude`, and how its answer is read. No I/O.

/** What `claude` is in a shell, before any path is looked at. */
export interface Answer {
  kind: 'program' | 'alias' | 'function' | 'none'
  /** Of a program its path, of an alias its command, of a function its text where the shell tells it. */
  text: string
  /** The program found where neither alias nor function goes before it; empty for none. */
  below: string
  /** Where zsh has its start-up files, if elsewhere than in the home. */
  zdotdir: string
}

const mark = '\n--claude-auth-'
const say = (part: string, words: string) =>
  `printf '${mark.replace('\n', '\\n')}${part}--%s' ${words}`

/** Of a function `command -v` prints the bare name, of an alias its text; dash tells no function's text. */
const posix = [
  say('is', '"$(command -v claude)"'),
  say('text', '"$(declare -f claude 2>/dev/null)"'),
  say('below', '"$(unalias claude 2>/dev/null; unset -f claude 2>/dev/null; command -v claude)"'),
  say('zdotdir', `"\${ZDOTDIR-}"`),
]
/** In fish `command -v` sees programs only, and an alias is a function. */
const fish = [
  `if functions -q claude; ${say('is', 'claude')}; else; ${say('is', '(command -v claude)')}; end`,
  say('text', '(functions claude 2>/dev/null | string collect)'),
  say('below', '(command -v claude)'),
]

/** The line for a shell's `-c`. */
export function question(shell: string): string {
  return [...(shell === 'fish' ? fish : posix), say('end', "''")].join('; ')
}

/** Null where the shell came to no end. What start-up files print before is passed over. */
export function readAnswer(stdout: string): Answer | null {
  const [, ...parts] = `\n${stdout}`.split(mark)
  const said = Object.fromEntries(
    parts.map(part => {
      const at = part.indexOf('--')
      return [part.slice(0, at), part.slice(at + 2).trim()]
    }),
  )
  if (said['end'] === undefined) return null
  const { is = '', text = '', below = '', zdotdir = '' } = said
  const more = { below, zdotdir }
  if (is === '') return { kind: 'none', text: '', ...more }
  if (is.startsWith('/')) return { kind: 'program', text: is, ...more }
  const alias = /^alias (?:-- )?claude=([\s\S]*)$/.exec(is)?.[1]
  if (alias === undefined) return { kind: 'function', text, ...more }
  return { kind: 'alias', text: unquoted(alias), ...more }
}

/**
 * The program that an alias or function ends in, as far as can be told: `claude` itself with more arguments is
 * the one below, a path in the home or from the root is that. Null: whatever it does, it is something else.
 */
export function endOf({ kind, text, below }: Answer, home: string): string | null {
  if (kind === 'function') return /\bcommand\s+claude\b/.test(text) ? below : null
  const words = text.split(/\s+/).filter(word => word !== 'command' && !/^\w+=/.test(word))
  const [first = ''] = words
  if (first === 'claude') return below
  const path = first.replace(/^(?:~|\$HOME|\$\{HOME\})(?=\/)/, home)
  return path.startsWith('/') ? path : null
}

/** As all these shells quote an alias: in single quotes, or not at all where it is one plain word. */
function unquoted(text: string): string {
  const whole = /^'([\s\S]*)'$/.exec(text)?.[1] ?? text
  return whole.replaceAll("'\\''", "'").trim()
}
