// One step of an offboarding as it is printed, journaled and given to programs: what, where, and whether it is done.

export const stages = ['cut', 'revoke', 'destroy'] as const

export type Stage = (typeof stages)[number]

/** `left`: only a person can do it. */
export type StepState = 'done' | 'to-do' | 'left' | 'failed'

export interface OffboardStep {
  /** Stable, for programs (`entity:token`, `note:…`). */
  id: string
  where: 'vault' | 'machine' | 'site'
  state: StepState
  /** Can `--undo` take it back? */
  reversible: boolean
  /** In words, without secrets. */
  detail: string
  /** The command for a person to type, where one is known. */
  command: string | null
}

/** Is it still ours to do? A step of the site, or one left to a person, holds up no other. */
export function isOpen({ where, state }: Pick<OffboardStep, 'where' | 'state'>): boolean {
  return where !== 'site' && (state === 'to-do' || state === 'failed')
}
