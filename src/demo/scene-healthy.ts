// Scene: all is well, as on nearly every day; what a launch through the wrapper costs.

import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Narrator } from './narrator.js'
import type { Scene } from './scene.js'
import type { Stage } from './stage.js'

const mostPairs = 20
const longestMs = 9_000

/** `claude --version` alone is not checked; behind -p it starts as for any other work, and asks no server. */
const args = ['-p', '--version']

export const healthy: Scene = async (stage, narrator) => {
  narrator.tell(
    'Nearly every launch is like this one: the login is good, a mark beside it says until when that need not be asked, and the wrapper hands over to Claude without starting anything else. Claude is started bare and through the wrapper, in turn:',
  )
  const mark = await waitForMarks(stage)
  const linesBefore = stage.journalLength()
  const requestsBefore = ownRequests(stage)
  narrator.command(`claude ${args.join(' ')}`)
  const { bare, wrapped, texts } = await measure(stage)
  narrator.quote([...texts].join(''))
  narrator.gap()
  tellCost(narrator, bare, wrapped)
  narrator.check(
    'The same words and exit code every time. The engine was not even started, and no server was asked.',
    texts.size === 1 &&
      mark !== null &&
      mark === markOf(stage) &&
      ownRequests(stage) === requestsBefore &&
      stage.journalLength() === linesBefore,
  )
}

/** So much happened within seconds here that the marks lag behind a little; then a launch still asks. */
async function waitForMarks(stage: Stage): Promise<string | null> {
  for (let turn = 0; turn < 20; turn++) {
    const before = markOf(stage)
    await stage.run('claude', args)
    await stage.settle()
    if (before !== null && before === markOf(stage)) return before
    await sleep(300)
  }
  return null
}

/** Every run of the engine writes the marks anew. */
function markOf({ paths }: Stage): string | null {
  const stat = statSync(join(paths.state, 'fresh'), { throwIfNoEntry: false })
  return stat ? `${stat.ino} ${stat.ctimeMs}` : null
}

async function measure(stage: Stage) {
  const bare: number[] = []
  const wrapped: number[] = []
  const texts = new Set<string>()
  const ways = [
    [stage.client.file, bare],
    ['claude', wrapped],
  ] as const
  const endMs = performance.now() + longestMs
  for (let pair = 0; pair < mostPairs && (pair < 5 || performance.now() < endMs); pair++) {
    // Who goes first alternates: the second one finds the machine warmer.
    for (const [command, times] of pair % 2 === 0 ? ways : [...ways].reverse()) {
      const { code, stdout, stderr, ms } = await stage.run(command, args)
      times.push(ms)
      texts.add(`${stdout}${stderr}${code === 0 ? '' : `exit code ${code}`}`)
    }
  }
  return { bare, wrapped, texts }
}

function tellCost(narrator: Narrator, bare: number[], wrapped: number[]): void {
  const [bareMs, wrappedMs] = [median(bare), median(wrapped)]
  const times = `bare ${bareMs.toFixed(1)} ms, wrapped ${wrappedMs.toFixed(1)} ms`
  const moreMs = wrappedMs - bareMs
  const difference = `${Math.abs(moreMs).toFixed(1)} ms ${moreMs < 0 ? 'less, which is noise' : 'more'}`
  const ratio = (wrappedMs / bareMs).toFixed(2)
  narrator.tell(`Median of ${bare.length}: ${times}: ${ratio} times, ${difference}.`)
  narrator.tell('npm run bench looks closer.')
}

function ownRequests({ authority }: Stage): number {
  return authority.requests.filter(({ userAgent }) => userAgent.startsWith('claude-auth/')).length
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2
}
