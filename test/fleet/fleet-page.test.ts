// The view as a page: whole, without script, and harmless whatever a record says.

import t from 'tap'
import { fleetPage } from '../../src/fleet/fleet-page.js'
import { reasonsWith } from '../../src/fleet/states.js'
import type { FleetView } from '../../src/fleet/view.js'
import { reasonWords } from '../../src/policy/outcome.js'
import { hostileTexts, recordsOf, sampleView } from '../kit/fleet-views.js'

function page(view: FleetView, notes: string[] = []): string {
  return [...fleetPage(view, { reasons: reasonsWith(reasonWords), version: '0.1.0', notes })].join(
    '',
  )
}

const section = (html: string, id: string) =>
  new RegExp(`<section id="${id}">(.*?)</section>`, 's').exec(html)?.[1] ?? ''

/** Elements that have no end. */
const isVoid = /^(?:meta|!doctype)$/

/** The elements that are opened and closed in a wrong order. */
function misplaced(html: string): string[] {
  const open: string[] = []
  const wrong: string[] = []
  const body = html.replace(/<style>.*?<\/style>/s, '')
  for (const [, slash, name = ''] of body.matchAll(/<(\/?)([a-z0-9!]+)[^>]*>/g)) {
    if (isVoid.test(name)) continue
    if (slash === '') open.push(name)
    else if (open.pop() !== name) wrong.push(name)
  }
  return [...wrong, ...open]
}

t.test('each table has its logins', async t => {
  const html = page(sampleView())
  t.match(section(html, 'needs'), /bob.*grant|bob.*no longer accepts/s)
  t.match(section(html, 'needs'), /eve.*dave.*gone/s)
  t.notMatch(section(html, 'needs'), /alice|carol/)
  t.match(section(html, 'ends'), /alice/)
  t.notMatch(section(html, 'ends'), /bob|carol/)
  t.match(section(html, 'silent'), /carol/)
  for (const user of ['alice', 'bob', 'carol', 'dave', 'eve', 'gone', 'paul'])
    t.match(section(html, 'all'), user)
  t.match(html, /Made <time datetime="2026-11-29T02:30:00.000Z">29 Nov 2026 02:30 UTC/)
  t.same(misplaced(html), [])
})

t.test('nothing that a record says is markup, script, direction or token', async t => {
  const view = sampleView(hostileTexts.flatMap(user => recordsOf(user, { [user]: 'unreadable' })))
  const html = page(view, ['a <b>note</b>'])
  t.same(misplaced(html), [])
  t.notMatch(html, /<(?:script|img|b>note)/i)
  t.notMatch(html, /(?!\n)[\p{Cc}\u202e]/u)
  t.notMatch(html, 'sk-ant-ort01-planted')
  t.notMatch(html, /x{200}/)
  t.match(html, '&lt;img src=x onerror=alert(1)&gt;')
})

t.test('the page forbids all but its own style, and asks for nothing', async t => {
  const html = page(sampleView())
  t.match(html, `content="default-src 'none'; style-src 'unsafe-inline'"`)
  t.notMatch(html, /<script|\son[a-z]+=|https?:|url\(|@import|<link|<iframe|<form/)
  t.match(html, /prefers-color-scheme:dark/)
})

t.test('a view of nobody is a page too', async t => {
  const html = page({ ...sampleView(), logins: sampleView([], { keeps: () => false }).logins })
  t.same(misplaced(html), [])
  t.match(section(html, 'all'), /Nobody/)
})
