// Doing the same for many, a few at a time, so that one that hangs does not hold up the others.

const atATime = 4

/** What `act` gives for each of `all`, in their order. */
export async function inTurns<T, R>(all: T[], act: (each: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async () => {
    while (next < all.length) {
      const at = next++
      results[at] = await act(all[at] as T)
    }
  }
  await Promise.all(Array.from({ length: atATime }, worker))
  return results
}
