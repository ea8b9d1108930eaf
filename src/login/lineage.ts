// Which of two logins is the better one: lineage (minted at sign-in), generation and chain, never the clock alone.

/** The lineage of a login; kept in our state and in the store's document, not in the client's file. */
export interface Lineage {
  /** Minted once at each sign-in. */
  id: string
  /** Counts rotations since the sign-in. */
  generation: number
  /** SHA-256 of the lineage's last refresh tokens, oldest first; the last one is the current one. */
  chain: readonly string[]
  signedInAtMs: number
}

const chainLength = 20

/** A lineage that begins with `refreshHash` (null for a login that has none). */
export function newLineage(id: string, refreshHash: string | null, signedInAtMs: number): Lineage {
  return { id, generation: 0, chain: refreshHash === null ? [] : [refreshHash], signedInAtMs }
}

/** The lineage after a rotation to `refreshHash`. A reply that keeps the old refresh token keeps the chain's end. */
export function nextGeneration(parent: Lineage, refreshHash: string): Lineage {
  const chain = parent.chain.filter(hash => hash !== refreshHash)
  return {
    ...parent,
    generation: parent.generation + 1,
    chain: [...chain, refreshHash].slice(-chainLength),
  }
}

export type Relation = 'same' | 'mine-newer' | 'theirs-newer' | 'unrelated'

/**
 * How two lineages stand to each other. Mine in their chain (not at its end) means they rotated on:
 * theirs is newer; and the other way round. `unrelated` lineages are two sign-ins: the later wins,
 * after verification.
 */
export function relation(mine: Lineage, theirs: Lineage): Relation {
  const mineNow = mine.chain.at(-1)
  const theirsNow = theirs.chain.at(-1)
  if (mineNow !== undefined && mineNow === theirsNow)
    return mine.generation === theirs.generation || mine.id !== theirs.id
      ? 'same'
      : mine.generation > theirs.generation
        ? 'mine-newer'
        : 'theirs-newer'
  if (mineNow !== undefined && theirs.chain.includes(mineNow)) return 'theirs-newer'
  if (theirsNow !== undefined && mine.chain.includes(theirsNow)) return 'mine-newer'
  if (mine.id === theirs.id && mine.generation !== theirs.generation)
    return mine.generation > theirs.generation ? 'mine-newer' : 'theirs-newer'
  return 'unrelated'
}
