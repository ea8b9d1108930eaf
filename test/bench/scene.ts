// What every section of the benchmark is given.

import type { Teardown } from '../kit/sandbox.js'

export interface Bench extends Teardown {
  /** Few rounds, no programs that have to be fetched for it. */
  quick: boolean
  /** How many rounds to run where a full and a quick run would take so many. */
  rounds(usual: number, quick: number): number
}
