// What goes wrong: a trouble as a value, whose words are chosen by the code that prints it, and the one error class for surprises,
// with the table that gives each code its exit code, hint and retryability.

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

/** `message` says what and where; the hint is the command to type. `retryable`: the same call may succeed later. */
interface ErrorKind {
  exitCode: 1 | 2
  hint: string
  retryable: boolean
}

const errorKinds = {
  usage: { exitCode: 2, hint: 'claude-auth --help', retryable: false },
  'config-invalid': { exitCode: 2, hint: 'claude-auth ensure', retryable: false },
  'config-unreadable': { exitCode: 2, hint: 'claude-auth ensure', retryable: false },
  'config-writable-by-others': { exitCode: 2, hint: 'chmod go-w FILE', retryable: false },
  'secret-readable-by-others': { exitCode: 2, hint: 'chmod 600 FILE', retryable: false },
  'not-private': { exitCode: 1, hint: 'chmod 700 FOLDER', retryable: false },
  'no-directory': { exitCode: 1, hint: 'getent passwd', retryable: true },
  'gate-busy': { exitCode: 1, hint: 'claude-auth ensure', retryable: true },
  'gate-missing': { exitCode: 1, hint: 'apt install util-linux', retryable: false },
  'lock-busy': { exitCode: 1, hint: 'claude-auth ensure', retryable: true },
  'write-failed': { exitCode: 1, hint: 'df -h ~ && df -i ~', retryable: true },
  'login-unsaved': { exitCode: 1, hint: 'df -h ~ && df -i ~', retryable: true },
  'login-fixed': { exitCode: 1, hint: 'lsattr ~/.claude/.credentials.json', retryable: false },
  'login-closed': { exitCode: 1, hint: 'ls -l ~/.claude', retryable: false },
  'client-missing': {
    exitCode: 1,
    hint: 'npm install -g @anthropic-ai/claude-code',
    retryable: false,
  },
  'store-unreadable': { exitCode: 1, hint: 'claude-auth ensure', retryable: false },
  internal: { exitCode: 1, hint: 'claude-auth ensure', retryable: false },
} as const satisfies Record<string, ErrorKind>

/** Every surprise the program knows by name. */
export type ErrorCode = keyof typeof errorKinds

/** A surprise. Expected outcomes are values, never this. No message, hint or cause may hold a secret. */
export class AuthError extends Error {
  readonly code: ErrorCode
  readonly hint: string

  /** `hint` replaces the table's where the place is known (`chmod 600 /home/a/f`). */
  constructor(code: ErrorCode, message: string, options: { cause?: unknown; hint?: string } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'AuthError'
    this.code = code
    this.hint = options.hint ?? errorKinds[code].hint
  }

  get exitCode(): 1 | 2 {
    return errorKinds[this.code].exitCode
  }

  get retryable(): boolean {
    return errorKinds[this.code].retryable
  }
}

/** For `catch`: null for an `AuthError`, where what failed is tried again later; a bug is thrown on. */
export function unlessBug(error: unknown): null {
  if (!(error instanceof AuthError)) throw error
  return null
}

/** The trouble in an `AuthError`. */
export function errorTrouble({ message, hint }: Pick<AuthError, 'message' | 'hint'>): Trouble {
  return makeTrouble(message, { command: hint })
}

/** The `code` of a failed system call (`ENOENT`…), or null when `error` is something else. */
export function systemCode(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : null
}

/** `word` as it is where no shell reads more in it, else in single quotes (POSIX.1-2024, Shell Command Language §2.2.2). */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
