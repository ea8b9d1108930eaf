// The words of `claude-auth log --last`: why the last launch did what it did.

import { clean } from './clean.js'
import { timestampWords } from './duration-words.js'
import type { Ink } from './ink.js'
import type { LastRun, LastStep } from './last-run.js'
import { deedWords, reasonWords } from './reason-words.js'
import { wrapped } from './wrap.js'

const noLaunch = 'No launch has had to look at the login yet.'
const atOnce = 'Launches that find the login good start at once and leave no trace.'

/** Of the words behind a time: two blanks, the time, two blanks. */
const storyIndent = 11

/** The lines for stdout; `width`: a terminal's, for which long ones are broken. */
export function lastRunLines(run: LastRun | null, ink: Ink, width: number | null = null): string[] {
  const broken = (words: string, indent = 0) => hung(words, indent, width)
  if (run === null) return [noLaunch, atOnce].flatMap(words => broken(words))
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
    ...story.flatMap(([afterMs, words]) => {
      const lead = `  ${ink.dim(seconds(afterMs))}  `
      return broken(words, storyIndent).map((line, at) =>
        at === 0 ? `${lead}${line.slice(storyIndent)}` : line,
      )
    }),
    ...broken(
      `It came to: ${clean(run.verdict, 20)} (${reasonWords(run.because)}), after ${seconds(run.tookMs).trim()}.`,
    ),
    ...(run.trouble ? broken(`It needs care: ${clean(run.trouble, 400)}`) : []),
    ...(run.said.length > 0
      ? ['It said:', ...run.said.flatMap(line => broken(clean(line, 200), 2))]
      : []),
    ...broken(atOnce),
  ]
}

/** Each line behind `indent` blanks. */
function hung(words: string, indent: number, width: number | null): string[] {
  const lines = width === null ? [words] : wrapped(words, Math.max(width - indent, 20))
  return lines.map(line => `${' '.repeat(indent)}${line}`)
}

function stepWords({ do: deed, because, ms, done }: LastStep): string {
  const outcome = done ? '' : '; it did not come to that'
  return `${deedWords(deed)}: ${reasonWords(because)}${outcome} (${Math.round(ms)} ms)`
}

/** `   0.31 s`, all of a width up to 999 s. */
function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`.padStart(7)
}
