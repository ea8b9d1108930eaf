// The parts of all states, each kept once under a number: what is equal has the same number.

const parts: unknown[] = []
const byText = new Map<string, number>()
const byObject = new WeakMap<object, number>()

/** The number of `value`, which must be plain JSON and is never changed afterwards. */
export function partNumber(value: unknown): number {
  const object = typeof value === 'object' && value !== null ? value : null
  const before = object && byObject.get(object)
  if (before !== null && before !== undefined) return before
  const text = JSON.stringify(value)
  let number = byText.get(text)
  if (number === undefined) {
    number = parts.length
    parts.push(value)
    byText.set(text, number)
  }
  if (object) byObject.set(object, number)
  return number
}

export function partOf(number: number): unknown {
  return parts[number]
}
