// How many cases a property is tried with: 1,000 in the first tier, 8,000 in the laboratory's.

/** `CLAUDE_AUTH_CASES`, which the runner sets for a tier; 1,000 without it. */
export const cases = Number(process.env['CLAUDE_AUTH_CASES'] ?? 1_000)
