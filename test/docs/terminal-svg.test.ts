import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { svgOf, widest } = await import(join(root, 'scripts/terminal-svg.mjs'))

/** What a browser shows of a line: blanks at its ends are dropped, others become one. */
const shown = (svg: string) =>
  [...svg.matchAll(/<text [^>]*>(.*?)<\/text>/g)].map(([, spans = '']) =>
    spans
      .replaceAll(/<[^>]*>/g, '')
      .replaceAll(/ +/g, ' ')
      .replace(/^ | $/g, '')
      .replaceAll('\u00a0', ' '),
  )

t.test('a terminal picture keeps what was aligned', async t => {
  const lines = ['\u001b[32m+\u001b[39m Set-up   3 checks', '+ Login    1 check', '  indented, and']
  const svg = svgOf(lines.join('\n'), 'x')
  t.same(shown(svg), ['+ Set-up   3 checks', '+ Login    1 check', '  indented, and'])
})

t.test('it is as wide as its longest line, and no wider than the terminal', async t => {
  const widthOf = (text: string) => Number(/width="(\d+)"/.exec(svgOf(text, 'x'))?.[1])
  t.equal(widthOf('\u001b[1mabc\u001b[22m'), widthOf('abc'))
  t.ok(widthOf('abc') < widthOf('abcdef'))
  t.equal(widthOf('a'.repeat(3 * widest)), widthOf('a'.repeat(widest)))
})

t.test('no picture in docs/ relies on blanks that browsers drop', async t => {
  const folder = join(root, 'docs/pictures')
  for (const name of readdirSync(folder).filter(each => each.endsWith('.svg')))
    t.notMatch(
      readFileSync(join(folder, name), 'utf8'),
      /<tspan[^>]*>[^<]*(?: {2}| <\/tspan>)|xml:space/,
      name,
    )
})
