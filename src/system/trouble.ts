// What is wrong, as a value: the code that prints it chooses the words and how much of it fits. Its command is made of quoted
// words.

import type { AuthError } from './error.js'

/** Something that keeps us from our work, or that needs care. No part holds a secret. */
export interface Trouble {
  /** What is wrong, as a clause without its end: `the token has no policy for this`. */
  cause: string
  /** Where, or in which words of another program: what stands in brackets behind the cause. */
  place: string | null
  /** What more is known, or what a person does about it: `ask the administrator of the server`. */
  advice: string | null
  /** What to type. */
  command: string | null
}

/** A trouble needs only a cause; each of the three texts is plain words without a full stop. */
export function makeTrouble(
  cause: string,
  { place = null, advice = null, command = null }: Partial<Omit<Trouble, 'cause'>> = {},
): Trouble {
  return { cause, place, advice, command }
}

/** The trouble in an `AuthError`. */
export function errorTrouble({ message, hint }: Pick<AuthError, 'message' | 'hint'>): Trouble {
  return makeTrouble(message, { command: hint })
}

/** `word` as it is where no shell reads more in it, else in single quotes (POSIX.1-2024, Shell Command Language §2.2.2). */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
