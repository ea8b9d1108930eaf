// The one JSON printer of `--json` and of alert commands: what could steer a terminal or mislead an eye is escaped.

/** What most texts are: the expression below, of Unicode's properties, takes 2 ms to compile. */
const ascii = /^[ -~]*$/

/**
 * `value` as one line of JSON that parses to the same value. Control characters (C0, C1), direction marks and all else
 * that shows nothing of itself (format characters, tags, separators of lines, lone surrogates) stand there as `\uXXXX`.
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value)
  if (ascii.test(text)) return text
  return text.replace(/[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, escaped)
}

/** Each UTF-16 unit by itself, as JSON has them (RFC 8259, section 7). */
function escaped(point: string): string {
  const units = point.split('').map(unit => unit.charCodeAt(0).toString(16).padStart(4, '0'))
  return units.map(unit => `\\u${unit}`).join('')
}
