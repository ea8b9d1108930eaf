// Text from elsewhere (e-mail, host, server, path) made safe to print: no control characters, one line, cut; and the one JSON
// printer.

/** What is looked at of a text from elsewhere, so that a huge one costs nothing. */
const longestLooked = 8_192

/**
 * `text` as one printable line of at most `widest` columns: terminal escape sequences, control and
 * invisible characters (text direction marks too) are gone, runs of blanks are one space, a token is
 * not repeated. A longer one loses its end, with `…` in its place.
 */
export function clean(text: string, widest = 200): string {
  const line = printable(text)
  return columnsOf(line) <= widest ? line : `${start([...line], widest - 1)}…`
}

/** As `clean`, but a longer one loses its middle: the end of an e-mail or path says as much as its start. */
export function cleanMiddle(text: string, widest: number): string {
  const line = printable(text)
  if (columnsOf(line) <= widest) return line
  const head = Math.ceil((widest - 1) / 2)
  const tail = start([...line].reverse(), widest - 1 - head)
  return `${start([...line], head)}…${[...tail].reverse().join('')}`
}

// Most texts are ASCII; the expressions with Unicode properties below take 2 ms to compile.
const ascii = /^[ -~]*$/
const plainAscii = /^[!-~]+(?: [!-~]+)*$/

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Extended_Pictographic}/u

/** How many terminal columns `text` takes: East Asian letters and pictures take two. */
export function columnsOf(text: string): number {
  if (ascii.test(text)) return text.length
  let columns = 0
  for (const point of text) columns += wide.test(point) ? 2 : 1
  return columns
}

/**
 * A token of the login server (`sk-ant-`) or of a store (`hvs.`): one that was pasted in the wrong place is not repeated. The bare
 * beginning of a kind (`sk-ant-oat01-`) is no secret, and hints name it.
 */
const token = /\b(?:sk-ant-(?!\w{3}\d\d-(?![\w-]))|hv[sb]\.)[\w-]+/g

function printable(text: string): string {
  const looked = text.slice(0, longestLooked)
  if (plainAscii.test(looked)) return looked.replace(token, '(a token)')
  return withoutSequences(looked.replace(/\s+/gu, ' '))
    .replace(/[\p{C}\p{Default_Ignorable_Code_Point}]/gu, '')
    .replace(/ +/g, ' ')
    .replace(token, '(a token)')
    .trim()
}

/** Without CSI sequences, and OSC, DCS, APC or PM strings with their end; of others the control character stays. */
function withoutSequences(text: string): string {
  return text
    .replace(/\p{Cc}\[[0-?]*[ -/]*[@-~]/gu, '')
    .replace(/\p{Cc}[\]P_^][^\p{Cc}]*(?:\p{Cc}\\|\p{Cc}(?![[\]P_^]))?/gu, '')
}

/** One line of a text that is shown as it is, such as a diff: `clean`, but every blank and tab stays, and nothing is cut. */
export function cleanLine(text: string): string {
  if (ascii.test(text)) return text
  return withoutSequences(text.replace(/[\p{Zl}\p{Zp}]/gu, ' ')).replace(
    /(?!\t)[\p{C}\p{Default_Ignorable_Code_Point}]/gu,
    '',
  )
}

/** As many of `points` from the first on as fit. */
function start(points: string[], widest: number): string {
  let columns = 0
  let taken = 0
  for (const point of points) {
    columns += columnsOf(point)
    if (columns > widest) break
    taken++
  }
  return points.slice(0, taken).join('')
}

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
