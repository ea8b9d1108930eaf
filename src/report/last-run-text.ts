// The words of `claude-auth log --last`: why the last launch did what it did.

import { clean } from './clean.js'
import { timestampWords } from './duration-words.js'
import type { Ink } from './ink.js'
import type { LastRun, LastStep } from './last-run.js'
import { deedWords, reasonWords } from './reason-words.js'

const noLaunch = 'No launch has had to look at the login yet.'
const atOnce = 'Launches that find the login good start at once and leave no trace.'

/** The lines for stdout. */
export function lastRunLines(run: LastRun | null, ink: Ink): string[] {
  if (run === null) return [noLaunch, atOnce]
  const head =
    run.actor === 'launch' ? 'The last launch that had to look' : `${noLaunch} The last other run`
  const story: [number, string][] = run.steps.map(step => [step.afterMs, stepWords(step)])
  const told = run.toldAfterMs
  if (told !== null && run.actor === 'launch') {
    const at = story.findIndex(([afterMs]) => afterMs >= told)
    const words = run.verdict === 'sign-in' ? 'the launch was told' : 'Claude could start'
    story.splice(at === -1 ? story.length : at, 0, [told, words])
  }
  return [
    ink.bold(`${head}: ${timestampWords(Date.parse(run.at))} on ${clean(run.host, 80)}`),
    ...story.map(([afterMs, words]) => `  ${ink.dim(seconds(afterMs))}  ${words}`),
    `It came to: ${clean(run.verdict, 20)} (${reasonWords(run.because)}), after ${seconds(run.tookMs).trim()}.`,
    ...(run.trouble ? [`It needs care: ${clean(run.trouble, 400)}`] : []),
    ...(run.said.length > 0 ? ['It said:', ...run.said.map(line => `  ${clean(line, 200)}`)] : []),
    atOnce,
  ]
}

function stepWords({ do: deed, because, ms, done }: LastStep): string {
  const outcome = done ? '' : '; it did not come to that'
  return `${deedWords(deed)}: ${reasonWords(because)}${outcome} (${Math.round(ms)} ms)`
}

/** `+0.31 s`, all of a width up to 99 s. */
function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`.padStart(7)
}
