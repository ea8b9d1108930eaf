// Who of several hosts tells the people outside about a condition: what the shared document says of it. Types only.

/** `claude_auth_alert`. `id` names one message of one host, `by` is its `user@host`, for people. */
export interface AlertClaim {
  signIn: SignInClaim | null
  /** The warning before a sign-in's end that was told last. */
  warned: { id: string; by: string; endsAtMs: number; withinMs: number } | null
  /** The last summary that all is well again after many changes. */
  steady: ClaimMark | null
}

/** That somebody has to sign in. */
export interface SignInClaim extends ClaimMark {
  /** SHA-256 of the access token that the document held then; null: it held no login. */
  about: string | null
  /** Who tells that it is over; null: it is not. */
  over: ClaimMark | null
}

export interface ClaimMark {
  id: string
  by: string
  /** By the clock of that host. */
  atMs: number
}

export const noClaim: AlertClaim = Object.freeze({ signIn: null, warned: null, steady: null })
