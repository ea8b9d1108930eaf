// What `install` and `uninstall` were asked to do: their flags, read.

export interface SharedFlags {
  system: boolean
  yes: boolean
  dryRun: boolean
  json: boolean
  /** Another root, such as an image's; empty for this machine. */
  root: string
}

export interface InstallFlags extends SharedFlags {
  custody: 'sole' | 'shared' | null
  /** Null: as before; `none` takes it away. */
  base: string | null
  config: string | null
  /** `changes`, or a file; null: as before; `none` takes it away. */
  instructions: string | null
}

export interface UninstallFlags extends SharedFlags {
  leaveLogins: boolean
  asUser: 'hand-back' | 'leftovers' | null
}
