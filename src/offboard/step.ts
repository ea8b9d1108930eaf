// One step of an offboarding, as it is printed, journaled and handed to programs: what, where, and whether it is done.

export const stages = ['cut', 'revoke', 'destroy'] as const

export type Stage = (typeof stages)[number]

/** `left`: only a person can do it. */
export type StepState = 'done' | 'to-do' | 'left' | 'failed'

export interface OffboardStep {
  /** Stable, for programs (`entity-token`, `note`). */
  id: string
  where: 'vault' | 'machine' | 'site'
  state: StepState
  /** Can `--undo` take it back? */
  reversible: boolean
  /** In words, without a secret. */
  detail: string
  /** What a person types for it, where that is known. */
  command: string | null
}
