// The known key that a person most likely meant by an unknown one.

/**
 * The best of `known` (dotted paths) for the unknown `path`: the same key spelt another way
 * (`launch_wait`), the same key of another map (`launchWait` at the top), a beginning of it
 * (`webhook`), or one at most two letters away. Null when nothing is near.
 */
export function nearestKey(path: string, known: readonly string[]): string | null {
  const parent = parentOf(path)
  const wanted = plain(lastPart(path))
  const ranked = known
    .map(key => ({
      key,
      cost: cost(wanted, plain(lastPart(key))) + (parentOf(key) === parent ? 0 : 1.5),
    }))
    .filter(({ cost }) => cost <= 2.5)
    .sort((a, b) => a.cost - b.cost)
  return ranked[0]?.key ?? null
}

function cost(wanted: string, key: string): number {
  if (wanted === key) return 0
  if (wanted.length >= 3 && key.startsWith(wanted)) return 1
  const letters = distance(wanted, key)
  return letters <= 2 && letters < key.length / 2 ? letters : Number.POSITIVE_INFINITY
}

function plain(key: string): string {
  return key.toLowerCase().replace(/[^a-z0-9]/g, '')
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.'))).replace(/\[\d*\]/g, '')
}

/** Levenshtein's distance. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, swap))
    }
    row = next
  }
  return row[b.length] ?? 0
}
