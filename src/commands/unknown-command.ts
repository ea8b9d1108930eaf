// What is said of a word that is no command.

import { AuthError } from '../host/error.js'
import { nearestCommand } from './command-table.js'
import { wordShown } from './flags.js'

/** The `usage` error for `name`, with the command that was most likely meant. */
export function unknownCommand(name: string): AuthError {
  const near = nearestCommand(name)
  const meant = near === null ? '' : `; did you mean ${near}?`
  return new AuthError('usage', `there is no command ${wordShown(name, 'of that name')}${meant}`, {
    ...(near === null ? {} : { hint: `claude-auth ${near}` }),
  })
}
