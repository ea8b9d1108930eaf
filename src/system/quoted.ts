// A word as a shell takes it.

/** `word` as it is where no shell reads more in it, else in single quotes (POSIX.1-2024, Shell Command Language §2.2.2). */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
