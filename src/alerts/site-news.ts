// News of a site as messages, in the markup of a sink and as data for programs: changes of a watched repository (at most twenty
// lines), people who came or left.

import { clean } from '../text/clean.js'
import type { ChangeMark, ToldChange, ToldChanges, ToldPeople, ToldPerson } from './memory.js'
import type { Markup } from './sink.js'

const mostLines = 20
/** Reasons of one change, in its line. */
const mostWhys = 5

/** The first line says all that a subject line has to say. */
export function toldLines(told: ToldChanges, markup: Markup): [string, ...string[]] {
  const { text } = markup
  const place = `${text(told.branch, 60)} of ${text(told.repository, 60)}`
  const lines: [string, ...string[]] = [headline(told, place)]
  if (told.history !== 'grown')
    lines.push(
      `ATTENTION: history was ${told.history}; what was told up to ${short(told.before)} is no longer on the branch as it was.`,
    )
  const room = mostLines - lines.length
  const shown = chosen(told.changes, told.changes.length > room ? room - 1 : room)
  lines.push(...shown.map(change => changeLine(change, markup)))
  const left = told.changes.length - shown.length
  if (left > 0) lines.push(`… and ${left} more, up to ${short(told.tip ?? told.before)}.`)
  return lines
}

function headline({ changes, history }: ToldChanges, place: string): string {
  if (history === 'deleted') return `claude-auth: ${place} was deleted.`
  const rewritten = history === 'rewritten' ? ' (history was rewritten)' : ''
  const count = changes.length
  if (count === 0) return `claude-auth: ${place} was changed${rewritten}.`
  return `claude-auth: ${count === 1 ? '1 change' : `${count} changes`} on ${place}${rewritten}.`
}

/** In their order; where there is not room for all, those with a mark and then the newest. */
function chosen(changes: readonly ToldChange[], most: number): readonly ToldChange[] {
  if (changes.length <= most) return changes
  const byWeight = [...changes.entries()].sort(
    ([one, a], [other, b]) => b.marks.length - a.marks.length || other - one,
  )
  return byWeight
    .slice(0, most)
    .sort(([one], [other]) => one - other)
    .map(([, change]) => change)
}

function changeLine(change: ToldChange, { text, link }: Markup): string {
  const { what, whys, who, as, url, marks, isPusherKnown } = change
  const left = whys.length - mostWhys
  const shown = whys.slice(0, mostWhys).map(why => text(why, whys.length === 1 ? 160 : 100))
  const reason = shown.join('; ') + (left > 0 ? `; and ${left} more` : '') || 'no reason given'
  const name = `${text(who, 60)}${as === null ? '' : ` as ${text(as, 60)}`}`
  const by = isPusherKnown ? `by ${name}` : `by ${name} (says the commit)`
  const marked = marks.filter(({ kind }) => kind !== 'no-reason').map(markWords)
  const place = url === null ? short(change.commit) : link(url)
  return [
    `• ${text(what, 120) || '(no subject)'}`,
    `why: ${reason}`,
    by,
    ...marked.map(words => `ATTENTION: ${words}`),
    place,
  ].join(' — ')
}

function markWords(mark: ChangeMark): string {
  if (mark.kind === 'mass-delete') return `deletes ${mark.files} files`
  return mark.kind === 'skips-ci' ? 'skips CI' : 'no reason given'
}

function short(commit: string): string {
  return commit.slice(0, 12)
}

/** The keys that `alerts.command` gets of it, beside those of every message. */
export function toldObject(told: ToldChanges): Record<string, unknown> {
  return {
    repository: clean(told.repository, 100),
    branch: clean(told.branch, 100),
    history: told.history,
    before: told.before,
    tip: told.tip,
    changes: told.changes.map(change => ({
      ...change,
      what: clean(change.what, 200),
      why: change.whys.length === 0 ? null : clean(change.whys[0] ?? '', 400),
      whys: change.whys.map(why => clean(why, 400)),
      who: clean(change.who, 100),
      as: change.as === null ? null : clean(change.as, 100),
    })),
  }
}

/** So many people fit into one message of every sink. */
const mostPeople = 40

/** Texts are as they were found: the markup makes them harmless. Of very many people the last line is the number of the others. */
export function peopleLines(told: ToldPeople, { text }: Markup): [string, ...string[]] {
  const lineOf = ({ user, what, why }: ToldPerson) =>
    `claude-auth: ${text(user, 64)} was ${what} by ${text(told.by, 100)}. Reason: ${text(why, 240)}`
  const [first, ...rest] = told.people
  const isTooMany = told.people.length > mostPeople
  const shown = isTooMany ? rest.slice(0, mostPeople - 2) : rest
  const left = rest.length - shown.length
  const more = isTooMany ? [`… and ${left} more; all are in /var/lib/claude-auth/admin.jsonl.`] : []
  return [lineOf(first), ...shown.map(lineOf), ...more]
}

/** The keys that `alerts.command` gets of it, beside those of every message. */
export function peopleObject({ by, people }: ToldPeople): Record<string, unknown> {
  return {
    by: clean(by, 200),
    people: people.map(({ user, what, why }) => ({
      user: clean(user, 64),
      what,
      why: clean(why, 400),
    })),
  }
}
