// The explorer: breadth first over all reachable states, each kept as a hash with the step that led to it.

import { events, type Move, minute, movesAt } from './others.js'
import { program } from './ours.js'
import { partNumber, partOf } from './parts.js'
import { makePlaces, type Step } from './steps.js'
import {
  copiesAt,
  emptyHost,
  type Host,
  newest,
  type Setting,
  type View,
  type World,
} from './world.js'

export interface Explored {
  states: number
  moves: number
  /** False: there was more than `mostStates`. */
  isComplete: boolean
  /** The first state of each broken property, with the steps that lead to it. */
  broken: { what: string; story: string[] }[]
  /** States in which nobody can move while work is wanted, and cycles without an event. */
  stuck: number
  cycles: number
  /** Endings after which nothing is promised, by their cause. */
  lost: Record<string, number>
  quiet: number
}

interface Options {
  mostStates: number
}

const places = makePlaces(program)

/** Explores everything that can follow from `first`. */
export async function explore(
  setting: Setting,
  first: World,
  { mostStates }: Options,
): Promise<Explored> {
  const numbers = new Map<string, number>()
  const parents: number[] = []
  const by: number[] = []
  const words: string[] = []
  const wordNumbers = new Map<string, number>()
  const inner: number[] = []
  const found: Explored = {
    states: 0,
    moves: 0,
    isComplete: true,
    broken: [],
    stuck: 0,
    cycles: 0,
    lost: {},
    quiet: 0,
  }
  const queue: { key: string; number: number }[] = []

  function wordOf(text: string): number {
    const known = wordNumbers.get(text)
    if (known !== undefined) return known
    words.push(text)
    wordNumbers.set(text, words.length - 1)
    return words.length - 1
  }

  function storyOf(number: number, ...last: string[]): string[] {
    const lines: string[] = []
    for (let at = number; at > 0; at = parents[at] ?? 0) lines.unshift(words[by[at] ?? 0] ?? '')
    return [...lines, ...last]
  }

  function breaks(what: string, story: string[]) {
    if (found.broken.some(each => each.what === what)) return
    found.broken.push({ what, story })
  }

  /** The state's number; it is queued when it is new and something may still be promised. */
  function reach(w: World, from: number, says: string): number {
    const key = encode(w)
    const known = numbers.get(key)
    if (known !== undefined) return known
    const number = parents.length
    numbers.set(key, number)
    parents.push(from)
    by.push(wordOf(says))
    found.states += 1
    const what = w.broken || isLost(w)
    if (what !== '') breaks(what, storyOf(number))
    else if (w.lost !== '') found.lost[w.lost] = (found.lost[w.lost] ?? 0) + 1
    else queue.push({ key, number })
    return number
  }

  reach(first, 0, 'the beginning')
  for (let at = 0; at < queue.length; at++) {
    const { key, number } = queue[at] as { key: string; number: number }
    queue[at] = undefined as never
    if (found.states >= mostStates) {
      found.isComplete = false
      break
    }
    const w = decode(key)
    const turns = turnsOf(setting, w)
    let isMoving = false
    for (const { says, isOutside, does } of turns) {
      const next: World = { ...w }
      await does(next)
      const reached = reach(next, number, says)
      found.moves += 1
      if (!isOutside) {
        isMoving = true
        inner.push(number, reached)
      }
    }
    if (isMoving) continue
    const isWanted = w.hosts.some(h => h.step > 0 || h.waiting > 0 || h.client !== null)
    if (isWanted) {
      found.stuck += 1
      breaks('nobody can move though work is wanted', storyOf(number))
    } else found.quiet += 1
  }
  const onCycle = cycleOf(inner, parents.length)
  found.cycles = onCycle.length
  if (onCycle.length > 0) breaks('steps go in a circle without an event', storyOf(onCycle[0] ?? 0))
  return found
}

/** Every copy of the newest refresh token of the last sign-in is gone, and nobody is carrying it. */
function isLost(w: World): string {
  if (w.lost !== '' || w.families.at(-1) !== true) return ''
  if (w.hosts.some(h => h.person !== 'in' || h.memory.signedOut !== null)) return ''
  const number = newest(w)
  const isCarried = w.hosts.some(h => h.air?.kind === 'rotated' && h.air.token === number)
  const isKept = isCarried || w.hosts.some(h => copiesAt(w, h).includes(number))
  return isKept ? '' : 'every copy of the newest refresh token is gone'
}

interface Turn {
  says: string
  isOutside: boolean
  does: (w: World) => Promise<void> | void
}

/** All that can happen next. A step that nobody else can see is taken at once, or its run is killed. */
function turnsOf(setting: Setting, w: World): Turn[] {
  const { hosts } = w
  const all: Turn[] = []
  for (const [i, h] of hosts.entries()) {
    const view = viewOf(setting, w, i)
    const at = places.stepAt(h.step)
    const outside = movesAt(w, h)
    if (at?.isPrivate) {
      const kills = outside.filter(({ says }) => says === 'the run is killed')
      return [...stepsOf(setting, at, view), ...kills.map(move => turnOf(setting, i, move))]
    }
    if (at) all.push(...stepsOf(setting, at, view))
    else if (h.waiting > 0) all.push(entering(setting, i))
    all.push(...outside.map(move => turnOf(setting, i, move)))
  }
  const isAnyMoving = all.some(({ isOutside }) => !isOutside)
  const isAnyWaiting = hosts.some(h => places.stepAt(h.step)?.says === 'waits for the other host')
  if (!isAnyMoving && isAnyWaiting) all.push(turnOf(setting, 0, minute(w)))
  return [...all, ...events(w).map(move => turnOf(setting, 0, move))]
}

function viewOf({ custody, hosts }: Setting, w: World, i: number): View {
  return { w, h: { ...(w.hosts[i] as Host) }, i, custody, isShared: hosts === 2 }
}

function name({ hosts }: Setting, i: number): string {
  return hosts === 1 ? '' : `host ${i}: `
}

function settle(v: View, before: Host) {
  // A move may have changed all hosts: then its own change of this one counts beside theirs.
  const theirs = v.w.hosts[v.i] as Host
  const own = theirs === before ? v.h : { ...theirs, ...changed(before, v.h) }
  v.w.hosts = v.w.hosts.map((h, at) => (at === v.i ? own : h))
}

function changed(before: Host, after: Host): Partial<Host> {
  const entries = Object.entries(after).filter(
    ([key, value]) => before[key as keyof Host] !== value,
  )
  return Object.fromEntries(entries)
}

function turnOf(setting: Setting, i: number, { says, isOutside, does }: Move): Turn {
  return {
    says: `${isOutside ? '* ' : '  '}${name(setting, i)}${says}`,
    isOutside,
    does: w => {
      const v = viewOf(setting, w, i)
      const before = w.hosts[i] as Host
      does(v)
      settle(v, before)
    },
  }
}

function entering(setting: Setting, i: number): Turn {
  return {
    says: `  ${name(setting, i)}a run of ours enters the gate`,
    isOutside: false,
    does: w => {
      const v = viewOf(setting, w, i)
      v.h.waiting -= 1
      v.h.step = places.start('recover')
      settle(v, w.hosts[i] as Host)
    },
  }
}

function stepsOf(setting: Setting, at: Step, view: View): Turn[] {
  if (!at.ready(view)) return []
  return at.ways(view).map(way => ({
    says: `  ${name(setting, view.i)}we: ${at.says}${way === '' ? '' : ` (${way})`} — ${at.as}`,
    isOutside: false,
    does: async w => {
      const v = viewOf(setting, w, view.i)
      const before = w.hosts[view.i] as Host
      await take(v, at, way)
      await takeLooks(v)
      settle(v, before)
    },
  }))
}

async function take(v: View, at: Step, way: string) {
  const done = at.does(v, way)
  const answer = done instanceof Promise ? await done : done
  v.h.step = places.after(v.h.step, answer ?? null)
  if (v.h.step === 0) Object.assign(v.h, { asked: null, tried: [], announcedMs: 0 })
}

/** Private steps that leave nothing on disk are taken along: to be killed before or after is the same. */
async function takeLooks(v: View) {
  for (let at = places.stepAt(v.h.step); at?.isPrivate; at = places.stepAt(v.h.step)) {
    const trial: View = { ...v, h: { ...v.h } }
    await take(trial, at, '')
    if (onDisk.some(key => trial.h[key] !== v.h[key])) return
    v.h = trial.h
  }
}

const onDisk = ['memory', 'sealed', 'aside', 'answer', 'air', 'file'] as const

const hostKeys = [
  'file',
  'memory',
  'sealed',
  'aside',
  'answer',
  'air',
  'refreshLock',
  'storageLock',
  'mark',
  'person',
  'waiting',
  'step',
  'asked',
  'tried',
  'announcedMs',
  'intents',
  'client',
] as const satisfies readonly (keyof Host)[]
const worldKeys = [
  'ms',
  'tokens',
  'families',
  'document',
  'away',
  'budget',
  'lost',
  'broken',
] as const

/** A state as the numbers of its parts. */
function encode(w: World): string {
  let key = ''
  for (const name of worldKeys) key += `${partNumber(w[name]).toString(36)} `
  for (const h of w.hosts)
    for (const name of hostKeys) {
      const value = h[name]
      key +=
        typeof value === 'number' ? `${value.toString(36)} ` : `${partNumber(value).toString(36)} `
    }
  return key
}

function decode(key: string): World {
  const numbers = key
    .trimEnd()
    .split(' ')
    .map(text => Number.parseInt(text, 36))
  const world: Record<string, unknown> = {}
  for (const [at, name] of worldKeys.entries()) world[name] = partOf(numbers[at] ?? 0)
  const hosts: unknown[] = []
  for (let at = worldKeys.length; at < numbers.length; at += hostKeys.length) {
    const host: Record<string, unknown> = {}
    for (const [n, name] of hostKeys.entries()) {
      const number = numbers[at + n] ?? 0
      host[name] = typeof emptyHost[name] === 'number' ? number : partOf(number)
    }
    hosts.push(host)
  }
  return { ...world, hosts } as unknown as World
}

/** The states on a circle of the edges (pairs of numbers): what is left when those without a way in are taken out. */
function cycleOf(edges: number[], count: number): number[] {
  const into = new Int32Array(count)
  const first = new Int32Array(count).fill(-1)
  const next = new Int32Array(edges.length / 2)
  for (let edge = 0; edge < edges.length / 2; edge++) {
    const [from = 0, to = 0] = [edges[edge * 2], edges[edge * 2 + 1]]
    into[to] = (into[to] ?? 0) + 1
    next[edge] = first[from] ?? -1
    first[from] = edge
  }
  const open: number[] = []
  for (let at = 0; at < count; at++) if (into[at] === 0) open.push(at)
  let seen = 0
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    seen += 1
    for (let edge = first[at] ?? -1; edge >= 0; edge = next[edge] ?? -1) {
      const to = edges[edge * 2 + 1] ?? 0
      into[to] = (into[to] ?? 0) - 1
      if (into[to] === 0) open.push(to)
    }
  }
  if (seen === count) return []
  return [...into.keys()].filter(at => (into[at] ?? 0) > 0)
}

/** Lets everybody finish, one step after the other and without events, for a world to begin with. */
export async function quiet(setting: Setting, world: World): Promise<World> {
  let w = world
  for (let steps = 0; steps < 5_000; steps++) {
    const turn = turnsOf(setting, w).find(({ isOutside }) => !isOutside)
    if (!turn) return w
    const next = { ...w }
    await turn.does(next)
    w = next
  }
  throw new Error('the world does not come to rest')
}
