// A command line in a text, as words: enough for the examples of help and docs.

/** Its words, without quotes; up to a comment, a pipe or another command. */
export function wordsOf(line: string): string[] {
  const words: string[] = []
  for (const [, double, single, bare = ''] of line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)) {
    const word = double ?? single ?? bare
    if (
      double === undefined &&
      single === undefined &&
      /^(?:#.*|\||\|\||&&|;|<|>|>>|&)$/.test(word)
    )
      break
    words.push(word)
  }
  return words
}
