// A terminal's text with its colours (SGR sequences) as an SVG picture that needs no font of its own.

const columnPx = 8.4
const linePx = 19
const marginPx = 16
/** Columns of the terminal; the picture is as wide as its longest line, so that a phone can show it. */
export const widest = 80

const colours = { 31: '#f87171', 32: '#4ade80', 33: '#facc15', 36: '#22d3ee' }
/** Control sequences; `\p{Cc}` is the escape character in front. */
const sequence = /(\p{Cc}\[[0-9;?]*[A-Za-z])/u
const sequences = new RegExp(sequence, 'gu')
const plain = { colour: null, bold: false, dim: false }

/** The picture of `text`; `title` says what it shows to those who can't see it. */
export function svgOf(text, title) {
  const lines = text.split('\n').flatMap(broken)
  const longest = Math.max(...lines.map(line => [...line.replaceAll(sequences, '')].length))
  const width = Math.ceil(longest * columnPx + 2 * marginPx)
  const height = Math.ceil(lines.length * linePx + 2 * marginPx)
  let style = { ...plain }
  const rows = lines.map((line, at) => {
    const { spans, after } = spansOf(line, style)
    style = after
    return `<text x="${marginPx}" y="${marginPx + (at + 0.75) * linePx}">${spans}</text>`
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="#111827"/>`,
    `<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14" fill="#e5e7eb">`,
    ...rows,
    '</g>',
    '</svg>',
    '',
  ].join('\n')
}

/** A line that is too long goes on in the next, as on a terminal; sequences take no room. */
function broken(line) {
  const lines = ['']
  let columns = 0
  for (const piece of pieces(line)) {
    if (!piece.startsWith('\u001b') && columns === widest) {
      lines.push('')
      columns = 0
    }
    lines[lines.length - 1] += piece
    if (!piece.startsWith('\u001b')) columns++
  }
  return lines
}

/** Sequences whole, everything else letter by letter. */
function pieces(line) {
  return line.split(sequence).flatMap(part => (part.startsWith('\u001b') ? [part] : [...part]))
}

function spansOf(line, before) {
  let style = { ...before }
  let spans = ''
  for (const part of line.split(sequence)) {
    if (part.startsWith('\u001b')) style = styled(style, part)
    else if (part !== '') spans += `<tspan${attributes(style)}>${escaped(kept(part))}</tspan>`
  }
  return { spans, after: style }
}

/** Blanks that SVG would drop (xml:space says nothing to newer browsers) as those that it keeps. */
function kept(text) {
  return text.replaceAll(/ {2,}|^ | $/g, blanks => '\u00a0'.repeat(blanks.length))
}

function styled(before, codes) {
  if (!codes.endsWith('m')) return before
  const style = { ...before }
  for (const code of codes.slice(2, -1).split(';').map(Number)) {
    if (code === 0) Object.assign(style, plain)
    if (code === 1) style.bold = true
    if (code === 2) style.dim = true
    if (code === 22) Object.assign(style, { bold: false, dim: false })
    if (code === 39) style.colour = null
    if (colours[code]) style.colour = colours[code]
  }
  return style
}

function attributes({ colour, bold, dim }) {
  const fill = colour ? ` fill="${colour}"` : ''
  return `${fill}${bold ? ' font-weight="bold"' : ''}${dim ? ' fill-opacity="0.6"' : ''}`
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
