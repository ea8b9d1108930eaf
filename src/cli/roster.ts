// `claude-auth roster check | plan | apply`: one committed file decides who has a login here, and who has left.

import type { Env } from '../system/paths.js'
import { AuthError } from '../system/trouble.js'
import { readFlags } from './command.js'
import { entry, type RosterFlags } from './roster-flags.js'

/** Prints on stdout; what keeps it from its work goes to stderr. Throws `usage`. */
export async function roster(argv: string[], env: Env): Promise<number> {
  const { flags, operands } = readFlags(entry, argv)
  const [action, file] = operands
  const removals = removalsIn(flags.removals)
  if (action === 'check') {
    refuse(flags, ['user', 'yes', 'dry-run'], 'check')
    const { rosterCheck } = await import('./roster-check.js')
    return rosterCheck({ file: file ?? null, flags, removals }, env)
  }
  refuse(flags, action === 'plan' ? ['against', 'yes', 'dry-run'] : ['against'], action ?? '')
  if (file !== undefined) throw wrong(`${action} takes no FILE: what is committed counts`)
  const { rosterApply } = await import('./roster-apply.js')
  const isDry = action === 'plan' || flags['dry-run'] === true
  return rosterApply({ isDry, flags, removals }, env)
}

function removalsIn(text: string | undefined): number | null {
  if (text === undefined) return null
  if (!/^\d{1,6}$/.test(text)) throw wrong('--removals takes a whole number')
  return Number(text)
}

function refuse(flags: RosterFlags, others: (keyof RosterFlags)[], action: string): void {
  const other = others.find(name => flags[name] !== undefined)
  if (other !== undefined) throw wrong(`${action} takes no --${other}`)
}

function wrong(what: string): AuthError {
  return new AuthError('usage', `roster: ${what}`, { hint: 'claude-auth roster --help' })
}
