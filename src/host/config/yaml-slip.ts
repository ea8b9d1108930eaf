// What a slip in YAML is called.

/**
 * What was expected at `offset`, for an error code of the `yaml` library. Its own sentences are not
 * used: they quote the text, which may be a secret.
 */
export function yamlSlip(code: string, text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const line = text.slice(start, (text.indexOf('\n', offset) + 1 || text.length + 1) - 1)
  if (/:\s*\{(user|host|profile)\}\S/.test(line))
    return 'expected quotes around a text that begins with {, as in "{user}@example.com"'
  const key = /^[\w-]{1,40}/.exec(text.slice(offset))?.[0]
  if (code === 'DUPLICATE_KEY') return `expected each key once${key ? `, got ${key} again` : ''}`
  if (code === 'TAB_AS_INDENT') return 'expected spaces at the beginning of a line, got a tab'
  if (code === 'MULTIPLE_DOCS') return 'expected one YAML document'
  if (code === 'NON_STRING_KEY') return 'expected keys that are plain text'
  if (code === 'BAD_SCALAR_START')
    return `expected quotes around a text that begins with ${text[offset]}`
  if (code === 'BLOCK_AS_IMPLICIT_KEY')
    return 'expected one key in a line, or the next line less indented'
  return 'expected YAML (look at indentation, quotes and brackets here)'
}
