// The desired state of one path, as plain data; the manifest records it too.

/** A hook of the client, as its settings hold it. */
export interface HookCommand {
  type: 'command'
  command: string
  timeout?: number
}

/** Our part of a file that belongs to others. */
export type Part =
  /** The client's settings: for each event one group with one command. */
  | { in: 'settings'; hooks: Record<string, HookCommand> }
  /** Lines of a shell's file, between two comments that are ours. */
  | { in: 'lines'; lines: string }
  /** `custody` in our own configuration, which the person or admin writes. */
  | { in: 'config'; custody: 'sole' | 'shared' }

export type Make =
  /** `strict`: the mode holds for a folder that is there already, too. */
  | { kind: 'folder'; mode: number; strict?: boolean }
  /** A file that is ours entirely. */
  | { kind: 'file'; text: string; mode: number }
  /** `yields`: anything else there stays, and this text says so. */
  | { kind: 'link'; target: string; yields?: string }
  /** `whenAbsent`: the text of a new file. `yields`: a file that can't be edited stays, and `yields` says so. */
  | { kind: 'part'; part: Part; whenAbsent: string; mode: number; yields?: string }
  /** A folder of program files, copied whole; `print`: the digest of its content. */
  | { kind: 'program'; from: string; node: string; print: string }
  /** A stricter mode for what is there; never undone. */
  | { kind: 'mode'; mode: number }
  /** A system group; the path is `group:NAME`. */
  | { kind: 'group'; name: string }

export interface Desired {
  path: string
  make: Make
}

/** A folder, readable by all, since it leads to files for all. */
export function folder(path: string, mode = 0o755): Desired {
  return { path, make: { kind: 'folder', mode } }
}

/** A file of ours that all users may read. */
export function file(path: string, text: string): Desired {
  return { path, make: { kind: 'file', text, mode: 0o644 } }
}

/** `yields`: see `Make`. */
export function link(path: string, target: string, yields?: string): Desired {
  return { path, make: { kind: 'link', target, ...(yields === undefined ? {} : { yields }) } }
}

/** Each file, preceded by its parent folders. */
export function withFolders(files: Desired[]): Desired[] {
  const made = new Set<string>()
  return files.flatMap(each => {
    const parts = each.path.split('/').slice(1, -1)
    const folders = parts.map((_, at) => `/${parts.slice(0, at + 1).join('/')}`)
    const fresh = folders.filter(path => !made.has(path))
    for (const path of fresh) made.add(path)
    return [...fresh.map(path => folder(path)), each]
  })
}
