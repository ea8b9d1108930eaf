// Units of time in milliseconds, and how exact the times of files are.

export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs

/**
 * File times come from the kernel's tick, which is up to 10 ms behind the clock: what changed within this long before it was
 * read may change again unseen.
 */
export const kernelTickMs = 20
