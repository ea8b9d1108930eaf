// Chance by a seed: the same numbers for the same seed, on every machine.

export interface Chance {
  /** Between `low` and `high`. */
  between(low: number, high: number): number
  whole(low: number, high: number): number
  /** True as often as `probability` says. */
  is(probability: number): boolean
  oneOf<T>(all: readonly T[]): T
}

/** mulberry32. */
export function chance(seed: number): Chance {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const between = (low: number, high: number) => low + next() * (high - low)
  const whole = (low: number, high: number) => Math.floor(between(low, high + 1))
  return {
    between,
    whole,
    is: probability => next() < probability,
    oneOf: all => all[whole(0, all.length - 1)] as (typeof all)[number],
  }
}
