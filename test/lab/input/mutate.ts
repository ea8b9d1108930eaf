// Changing valid samples so that they are nearly right: bytes, types, nesting, duplicates, huge numbers, odd characters.

import fc from 'fast-check'

/** One change; `at` and `to` choose among what the sample has. */
interface Change {
  kind: (typeof kinds)[number]
  at: number
  to: number
}

const kinds = [
  'set-byte',
  'insert-odd',
  'insert-odd',
  'delete',
  'repeat',
  'truncate',
  'swap',
  'replace-value',
  'replace-value',
  'replace-value',
  'drop-member',
  'duplicate-member',
  'nest',
] as const

/** Texts that parsers trip over. */
const odd = [
  '\0',
  '\ufeff',
  '\ud800',
  '\\ud800',
  '\u202e',
  '\x1b[2J',
  '\r',
  '\n---\n',
  '"',
  "'",
  '\\',
  '{',
  '}]',
  ',,',
  ': ',
  '1e400',
  '-0',
  '99999999999999999999999',
  '/* ',
  '// ',
  '# ',
  '&a [*a]',
  '!!js/function x',
  '<<: *a',
  '"__proto__": {"x": 1},',
  '"constructor": null,',
  '\t',
  '%',
  '|',
  '$(exit 9)',
  '`exit 9`',
]

const values: unknown[] = [
  null,
  true,
  '',
  ' ',
  0,
  -1,
  1e308,
  1.5,
  Number.MAX_SAFE_INTEGER + 2,
  [],
  {},
  [[]],
  ['x'],
  { toString: null },
  JSON.parse('{"__proto__": {"x": 1}}'),
  'x'.repeat(20_000),
  'ü\u0000\u202e😀',
  '2026-13-45T99:99:99Z',
  '\ud800',
  8_640_000_000_000_001,
  Array(300).fill('a'),
]

const anyChange: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom(...kinds),
  at: fc.nat(),
  to: fc.nat(),
})

/** One of `samples` after up to six changes. */
export function mutated(samples: readonly (string | Buffer)[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(fc.constantFrom(...samples), fc.array(anyChange, { maxLength: 6 }))
    .map(([sample, changes]) => changes.reduce(changed, Buffer.from(sample)))
}

function changed(bytes: Buffer, { kind, at, to }: Change): Buffer {
  const from = bytes.length === 0 ? 0 : at % bytes.length
  const length = to % 40
  switch (kind) {
    case 'set-byte':
      return spliced(bytes, from, 1, Buffer.of(to % 256))
    case 'insert-odd':
      return spliced(bytes, from, 0, Buffer.from(odd[to % odd.length] ?? ''))
    case 'delete':
      return spliced(bytes, from, length, Buffer.alloc(0))
    case 'repeat':
      return spliced(bytes, from, 0, bytes.subarray(from, from + length))
    case 'truncate':
      return bytes.subarray(0, from)
    case 'swap': {
      const other = bytes.length === 0 ? 0 : to % bytes.length
      return spliced(bytes, other, 20, bytes.subarray(from, from + 20))
    }
    default:
      try {
        return changedTree(bytes, kind, at, to)
      } catch {
        // Nested too deeply by an earlier change to be walked here.
        return bytes
      }
  }
}

function spliced(bytes: Buffer, from: number, gone: number, added: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, from), added, bytes.subarray(from + gone)])
}

type Holder = Record<string, unknown>

/** The same for what a sample says, where it is JSON. */
function changedTree(bytes: Buffer, kind: Change['kind'], at: number, to: number): Buffer {
  let root: unknown
  try {
    root = JSON.parse(bytes.toString())
  } catch {
    return bytes
  }
  const places = placesIn(root)
  const place = places[at % Math.max(places.length, 1)]
  if (place === undefined) return bytes
  const { holder, key } = place
  if (kind === 'drop-member') delete holder[key]
  else if (kind === 'duplicate-member') return duplicated(root, holder, key, to)
  else if (kind === 'nest') {
    const text = JSON.stringify(root)
    const value = JSON.stringify(holder[key]) ?? 'null'
    const depth = to % 50 === 0 ? 100_000 : ([3, 40, 400, 5000][to % 4] ?? 1)
    const nested = '['.repeat(depth) + value + ']'.repeat(depth)
    return Buffer.from(text.replace(value, () => nested))
  } else holder[key] = values[to % values.length]
  return Buffer.from(JSON.stringify(root, null, to % 3) ?? '')
}

function duplicated(root: unknown, holder: Holder, key: string, to: number): Buffer {
  const mark = `"${key}":`
  const again = `${mark}${JSON.stringify(values[to % values.length])},`
  const text = JSON.stringify(root)
  return Buffer.from(Array.isArray(holder) ? text : text.replace(mark, () => again + mark))
}

function placesIn(value: unknown, found: { holder: Holder; key: string }[] = []) {
  if (typeof value !== 'object' || value === null) return found
  for (const key of Object.keys(value)) {
    found.push({ holder: value as Holder, key })
    placesIn((value as Holder)[key], found)
  }
  return found
}
