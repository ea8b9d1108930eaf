// The view as one static page: no script, nothing from elsewhere, readable on paper, in the dark and on a telephone.

import { dayMs } from '../system/time.js'
import { clean } from '../text/clean.js'
import { dateTimeUtc } from '../text/durations.js'
import { hasRemains } from './finding.js'
import type { JudgedLogin } from './judged-login.js'
import {
  type FleetState,
  fleetStates,
  needsAction,
  type ReasonWords,
  reasonOf,
  sourceWords,
  stateWords,
} from './states.js'
import { type FleetView, loginsOf } from './view.js'

export interface PageOptions {
  reasons: ReasonWords
  version: string
  /** What had to be left out of the view, in sentences. */
  notes: readonly string[]
}

const soonMs = 30 * dayMs
const policy = "default-src 'none'; style-src 'unsafe-inline'"

interface Column {
  heading: string
  /** HTML. */
  cell: (login: JudgedLogin, reasons: ReasonWords) => string
}

/** The page in pieces. All that comes from elsewhere is cleaned and escaped. */
export function* fleetPage(view: FleetView, options: PageOptions): Generator<string> {
  const { reasons, version, notes } = options
  const made = dateTimeUtc(view.atMs)
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Claude logins</title>
<style>${style()}</style>
</head>
<body>
<header>
<h1>Claude logins</h1>
<p>Made <time datetime="${isoOf(view.atMs)}">${made}</time>. The timer makes this page anew every 15 minutes: if that time is more than an hour ago, nobody looks any more (<code>systemctl status claude-auth-fleet.timer</code>).</p>
`
  for (const note of notes) yield `<p class="care">${escaped(clean(note, 400))}</p>\n`
  yield `${tiles(view)}</header>\n<main>\n`
  const needing = logins(view, each => needsAction(each.state) && each.state !== 'silent')
  const remaining = logins(view, hasRemains)
  yield* table('needs', 'Who needs a person', [...needing, ...remaining], needColumns, reasons)
  const ends = logins(
    view,
    ({ state, loginEndsAt }) =>
      state !== 'left' &&
      loginEndsAt !== null &&
      loginEndsAt > view.atMs &&
      loginEndsAt - view.atMs <= soonMs,
  ).sort((one, other) => (one.loginEndsAt ?? 0) - (other.loginEndsAt ?? 0))
  yield* table('ends', 'Ends within 30 days', ends, endColumns, reasons)
  yield* table('silent', 'Silent', view.logins.silent, silentColumns, reasons)
  yield* table('all', 'All logins', loginsOf(view), allColumns, reasons)
  yield `</main>
<footer><p>${sourceWords[view.source]} Times are in UTC. claude-auth ${escaped(version)}.</p></footer>
</body>
</html>
`
}

function logins(view: FleetView, holds: (login: JudgedLogin) => boolean): JudgedLogin[] {
  return [...loginsOf(view)].filter(holds)
}

function tiles({ counts }: FleetView): string {
  const shown = fleetStates.filter(state => counts[state] > 0)
  const items = shown.map(
    state =>
      `<li class="${moodOf(state)}"><b>${counts[state]}</b> ${escaped(stateWords[state].word)}</li>`,
  )
  return `<ul class="tiles">${items.join('')}</ul>\n`
}

function* table(
  id: string,
  title: string,
  all: Iterable<JudgedLogin>,
  columns: readonly Column[],
  reasons: ReasonWords,
): Generator<string> {
  let count = 0
  const head = columns.map(({ heading }) => `<th scope="col">${heading}</th>`).join('')
  yield `<section id="${id}">\n<h2>${title}</h2>\n`
  for (const login of all) {
    if (count === 0) yield `<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n`
    count += 1
    const cells = columns.map(({ cell }) => `<td>${cell(login, reasons)}</td>`)
    yield `<tr class="${moodOf(login.state)}">${cells.join('')}</tr>\n`
  }
  yield count === 0 ? '<p>Nobody.</p>\n</section>\n' : '</tbody>\n</table>\n</section>\n'
}

const user: Column = { heading: 'User', cell: ({ user }) => name(user) }
const host: Column = { heading: 'Host', cell: ({ host }) => (host === null ? none : name(host)) }
const state: Column = {
  heading: 'State',
  cell: ({ state }) => `<b class="state">${escaped(stateWords[state].word)}</b>`,
}
const why: Column = {
  heading: 'Why',
  cell: (login, reasons) => escaped(clean(reasonOf(login, reasons), 100)),
}
const since: Column = { heading: 'Since', cell: ({ since }) => time(since) }
const seen: Column = { heading: 'Last seen', cell: ({ seenAt }) => time(seenAt) }
const ends: Column = { heading: 'Sign-in ends', cell: ({ loginEndsAt }) => time(loginEndsAt) }
const toDo: Column = {
  heading: 'To type',
  cell: ({ toDo }) => (toDo === null ? none : `<code>${escaped(clean(toDo, 200))}</code>`),
}
const kind: Column = {
  heading: 'Credential',
  cell: ({ credential, custody }) =>
    credential === null ? none : escaped([credential, custody].filter(Boolean).join(', ')),
}
const program: Column = {
  heading: 'Version',
  cell: ({ version }) => (version === null ? none : escaped(clean(version, 40))),
}

const none = '<span class="none">–</span>'
const needColumns = [user, host, state, why, since, toDo]
const endColumns = [user, host, state, ends]
const silentColumns = [user, host, seen, toDo]
const allColumns = [user, host, state, why, seen, ends, kind, program]

/** A name may be written from right to left; the rest of the line is not. */
function name(text: string): string {
  return `<bdi>${escaped(clean(text, 100))}</bdi>`
}

function time(ms: number | null): string {
  if (ms === null) return none
  return `<span class="time">${dateTimeUtc(ms)}</span>`
}

function isoOf(ms: number): string {
  const at = new Date(ms)
  return Number.isNaN(at.getTime()) ? '' : at.toISOString()
}

function moodOf(state: FleetState): 'bad' | 'care' | 'good' | 'rest' {
  if (state === 'broken' || state === 'sign-in' || state === 'no-answer') return 'bad'
  if (needsAction(state)) return 'care'
  return state === 'ok' ? 'good' : 'rest'
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, sign => entities[sign] ?? '')
}

/** On a narrow screen a row is a card, and each cell bears the name of its column; in the style, not in each cell. */
function namesOnNarrow(): string {
  return Object.entries({
    needs: needColumns,
    ends: endColumns,
    silent: silentColumns,
    all: allColumns,
  })
    .flatMap(([id, columns]) =>
      columns.map(
        ({ heading }, at) => `#${id} td:nth-child(${at + 1})::before{content:"${heading}"}`,
      ),
    )
    .join('\n')
}

const style = () => `
:root{--back:#fff;--text:#1c1e21;--soft:#5b6168;--line:#d9dce0;--head:#f3f4f6;--bad:#b3261e;--care:#8a5a00;--good:#1b6e3a}
@media (prefers-color-scheme:dark){:root{--back:#16181b;--text:#e7e9ec;--soft:#a1a8b0;--line:#363b41;--head:#202429;--bad:#ff8a80;--care:#f2c14e;--good:#7ddc9b}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1rem;max-width:76rem;background:var(--back);color:var(--text);font:1rem/1.5 system-ui,sans-serif}
h1{margin:0;font-size:1.5rem}
h2{margin:2rem 0 .5rem;font-size:1.15rem}
header p,footer{color:var(--soft)}
code{font:.9em ui-monospace,monospace;overflow-wrap:anywhere}
.tiles{display:flex;flex-wrap:wrap;gap:.5rem;margin:1rem 0;padding:0;list-style:none}
.tiles li{padding:.25rem .75rem;border:1px solid var(--line);border-left:.3rem solid var(--line);border-radius:.25rem}
.tiles .bad{border-left-color:var(--bad)}.tiles .care{border-left-color:var(--care)}.tiles .good{border-left-color:var(--good)}
table{width:100%;border-collapse:collapse;font-size:.93rem}
th,td{padding:.35rem .6rem;border-bottom:1px solid var(--line);text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{background:var(--head)}
time,.time{white-space:nowrap}
.bad .state,p.bad{color:var(--bad)}.care .state,p.care{color:var(--care)}.good .state{color:var(--good)}
.none{color:var(--soft)}
footer{margin-top:2rem;font-size:.9rem}
@media (max-width:50rem){
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
table,tbody,tr,td{display:block}
tr{margin:.6rem 0;padding:.2rem 0;border:1px solid var(--line);border-left:.3rem solid var(--line);border-radius:.25rem}
tr.bad{border-left-color:var(--bad)}tr.care{border-left-color:var(--care)}tr.good{border-left-color:var(--good)}
td{display:grid;grid-template-columns:7.5rem 1fr;padding:.15rem .6rem;border:0}
td::before{color:var(--soft)}
${namesOnNarrow()}
}
@media print{body{max-width:none;padding:0;font-size:10pt}}
`
