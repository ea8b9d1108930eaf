// How a sink writes what its readers see.

/** How a sink writes what its readers see: text from elsewhere made harmless, a command, a link. */
export interface Markup {
  /** `widest` columns at most. */
  text(foreign: string, widest: number): string
  /** A command of ours. */
  command(words: string): string
  /** `target` begins with `http://` or `https://`. */
  link(target: string): string
}
