// Where this process stands.

/** A folder that was deleted under a shell has no name any more: then `/`. */
export function currentFolder(): string {
  try {
    return process.cwd()
  } catch {
    return '/'
  }
}
