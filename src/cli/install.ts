// `claude-auth install`: for one person, or with --system for the whole machine.

import type { Env } from '../system/paths.js'
import { whoAmI } from '../system/person.js'
import { installFlags } from './install-flags.js'

/** Gives 0 when all stands as it should, whatever the login itself still needs. */
export async function install(argv: string[], env: Env): Promise<number> {
  const flags = installFlags(argv)
  if (!flags.system) return (await import('../install/for-user.js')).installUser(flags, env)
  const { installSystem } = await import('../install/for-system.js')
  const { code, isAtWork } = await installSystem(flags)
  if (isAtWork) await showMachine(env)
  return code
}

/** Is all of it at work? What is not, and what to type, is no failure of the installation. */
async function showMachine(env: Env): Promise<void> {
  const { examineSystem } = await import('../doctor/system.js')
  const { printExamination } = await import('./doctor.js')
  process.stdout.write('\n')
  await printExamination(await examineSystem(env, whoAmI(env), null), env, false)
}
