// Reads the part of Terraform's language that docs/vault.md uses; anything else in it is an error.

/** A text may hold `${…}`; a reference or call alone is the text `${…}`. */
export type Value = string | number | boolean | Value[] | { [name: string]: Value }

export interface Declared {
  /** `resource vault_policy claude_users`, `locals`. */
  name: string
  values: Record<string, Value>
}

const token =
  /[ \t\n]*(?:#.*\n\s*)*(?:<<-(?<tag>\w+)\n(?<heredoc>[\s\S]*?)\n *\k<tag>\n|"(?<text>(?:[^"\\$]|\\.|\$\{(?:[^{}"]|"[^"]*"|\$\{[^}]*\})*\})*)"|(?<number>\d+)|(?<word>[a-z_]\w*(?:\.\w+)*)|(?<mark>[{}[\](),=]))/y

interface Token {
  text?: string
  number?: string
  word?: string
  mark?: string
}

export function parseTerraform(source: string): Declared[] {
  const tokens = tokensOf(source)
  let at = 0
  const is = (mark: string) => tokens[at]?.mark === mark
  const fail = (): never => {
    throw new Error(`not understood: ${JSON.stringify(tokens.slice(Math.max(0, at - 3), at + 3))}`)
  }
  const next = (): Token => tokens[at++] ?? fail()
  const take = (mark: string) => (is(mark) ? at++ : fail())
  const word = () => next().word ?? fail()

  const list = (close: string): Value[] => {
    const values: Value[] = []
    while (!is(close)) {
      values.push(value())
      if (!is(close)) take(',')
    }
    take(close)
    return values
  }
  const value = (): Value => {
    const { text, number, word, mark } = next()
    if (text !== undefined) return text
    if (number !== undefined) return Number(number)
    if (word === 'true' || word === 'false') return word === 'true'
    if (word !== undefined) {
      if (!is('(')) return `\${${word}}`
      take('(')
      return `\${${word}(${list(')').map(each => JSON.stringify(each))})}`
    }
    if (mark === '[') return list(']')
    return mark === '{' ? body() : fail()
  }
  const body = (): Record<string, Value> => {
    const values: Record<string, Value> = {}
    while (!is('}')) {
      const name = word()
      if (name in values) throw new Error(`${name} is there twice`)
      take('=')
      values[name] = value()
    }
    take('}')
    return values
  }
  const declared: Declared[] = []
  while (at < tokens.length) {
    const name = [word()]
    for (let label = tokens[at]?.text; label !== undefined; label = tokens[++at]?.text)
      name.push(label)
    take('{')
    declared.push({ name: name.join(' '), values: body() })
  }
  return declared
}

/** `text` with each `${…}` replaced; throws on one that `known` does not have. */
export function filledIn(text: string, known: Record<string, string>): string {
  return text.replace(/\$\{((?:[^{}]|\$\{[^}]*\})*)\}/g, (_, what: string) => {
    const found = known[what]
    if (found === undefined) throw new Error(`nothing is known of ${what}`)
    return found
  })
}

function tokensOf(source: string): Token[] {
  const tokens: Token[] = []
  token.lastIndex = 0
  for (let end = 0; source.slice(end).trim() !== ''; end = token.lastIndex) {
    const { heredoc, ...found } = token.exec(source)?.groups ?? {}
    if (token.lastIndex === 0) throw new Error(`not understood: ${source.slice(end, end + 60)}`)
    tokens.push(heredoc === undefined ? found : { text: dedented(heredoc) })
  }
  return tokens
}

/** As `<<-` does: without the indentation that all lines share. */
function dedented(heredoc: string): string {
  const lines = heredoc.split('\n')
  const common = Math.min(...lines.map(line => line.search(/\S|$/)))
  return lines.map(line => `${line.slice(common)}\n`).join('')
}
