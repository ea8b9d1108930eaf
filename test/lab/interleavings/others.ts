// Everybody else in the model: bare clients, the person, time, the network; each move a step of its own.

import { killed } from './ours-file.js'
import {
  type Client,
  endFamily,
  firstMs,
  type Host,
  hourMs,
  loginOf,
  mint,
  minuteMs,
  newest,
  numberOf,
  post,
  type View,
  type World,
} from './world.js'

/** One thing that may happen now. `isOutside`: an event; the rest goes on by itself. */
export interface Move {
  says: string
  isOutside: boolean
  does: (v: View) => void
}

/** The client refreshes by itself in the last five minutes. */
const clientMs = 5 * minuteMs
const mostWaiting = 2

/** What may happen at host `i` from outside, and what a client there does next. */
export function movesAt(w: World, h: Host): Move[] {
  return [...clientMoves(h), ...eventsAt(w, h)]
}

function eventsAt(w: World, h: Host): Move[] {
  const { budget } = w
  const moves: Move[] = []
  const add = (is: boolean, name: keyof typeof budget, says: string, does: (v: View) => void) => {
    if (!is || budget[name] === 0) return
    const spend = (v: View) => {
      v.w.budget = { ...v.w.budget, [name]: v.w.budget[name] - 1 }
      does(v)
    }
    moves.push({ says, isOutside: true, does: spend })
  }
  add(h.step > 0, 'crashes', 'the run is killed', v => {
    if (v.h.air?.kind === 'rotated') v.w.lost = 'killed between answer and save'
    Object.assign(v.h, killed(v.h))
    v.h.waiting = Math.max(v.h.waiting, 1)
  })
  const refreshToken = h.file.kind === 'login' ? h.file.login.refreshToken : null
  const endsAtMs = h.file.kind === 'login' ? (h.file.login.expiresAtMs ?? 0) : 0
  const wants = refreshToken !== null && endsAtMs <= w.ms + clientMs && h.client === null
  for (const kind of ['old', 'new'] as const) {
    const client: Client = { kind, at: 'locking', posts: 0, reply: null }
    add(wants, 'refreshes', `a bare client (${kind}) wants to refresh`, v => {
      v.h.client = client
    })
  }
  const isQuiet = h.client === null
  add(isQuiet && h.person !== 'leaving', 'signIns', 'a person signs in', v => {
    v.w.families = [...v.w.families, true]
    v.h.person = 'in'
    v.w.hosts = v.w.hosts.map(each => (each.person === 'out' ? { ...each, person: 'in' } : each))
    v.w.ms += 1
    const number = mint(v.w, v.w.families.length - 1)
    v.h.file = { kind: 'login', login: loginOf(v.w, number), atMs: v.w.ms }
    v.h.waiting = Math.min(v.h.waiting + 1, mostWaiting)
  })
  add(
    isQuiet && h.person === 'in' && h.file.kind === 'login',
    'logOuts',
    'a log-out begins: the mark is made',
    v => {
      v.w.ms += 1
      v.h.mark = v.w.ms
      v.h.person = 'leaving'
      v.w.ms += 1
    },
  )
  return moves
}

/** A client's refresh in its own order of locks; the log-out that a person has begun goes on by itself. */
function clientMoves(h: Host): Move[] {
  const { client } = h
  if (h.person === 'leaving')
    return [
      {
        says: 'the client logs out: revokes and deletes the login file',
        isOutside: false,
        does: v => {
          const token = v.h.file.kind === 'login' ? numberOf(v.h.file.login.refreshToken) : 0
          if (token > 0) endFamily(v.w, v.w.tokens[token]?.family ?? 0)
          v.h.file = { kind: 'missing' }
          v.h.person = 'out'
          v.h.waiting = Math.min(v.h.waiting + 1, mostWaiting)
        },
      },
    ]
  if (client === null) return []
  const says = `the client (${client.kind})`
  const to = (v: View, change: Partial<Client>) => {
    v.h.client = { ...client, ...change }
  }
  const isFree = (holder: Host['refreshLock']) => holder === 'none' || holder === 'dead'
  const move = (words: string, does: (v: View) => void): Move[] => [
    { says: `${says} ${words}`, isOutside: false, does },
  ]
  switch (client.at) {
    case 'locking':
      if (!isFree(h.refreshLock)) return []
      return move('takes the refresh locks', v => {
        v.h.refreshLock = 'client'
        to(v, { at: 'reading' })
      })
    case 'reading':
      return move('reads the file again', v => {
        const { file } = v.h
        const token = file.kind === 'login' ? numberOf(file.login.refreshToken) : 0
        const endsAtMs = file.kind === 'login' ? (file.login.expiresAtMs ?? 0) : 0
        const isDue = token > 0 && endsAtMs <= v.w.ms + clientMs
        to(v, isDue ? { at: 'posting', posts: token } : { at: 'leaving' })
      })
    case 'posting':
      return move(`posts r${client.posts}`, v => {
        const reply = post(v.w, client.posts)
        if (reply === 'reuse') clientReused(v)
        to(v, { at: 'storing', reply: reply === 'reuse' ? { kind: 'refused' } : reply })
      })
    case 'storing':
      if (!isFree(h.storageLock)) return []
      return move('takes the storage lock', v => {
        v.h.storageLock = 'client'
        to(v, { at: 'saving' })
      })
    case 'saving':
      return move(
        client.reply?.kind === 'rotated' ? `saves r${client.reply.token}` : 'blanks the login',
        v => {
          clientSaves(v, client)
          v.h.storageLock = 'none'
          to(v, { at: 'leaving', reply: null })
        },
      )
    case 'leaving':
      return move('gives the refresh locks back', v => {
        if (v.h.refreshLock === 'client') v.h.refreshLock = 'none'
        v.h.client = null
      })
  }
}

/**
 * The token was spent before. Our fault, unless a killed run had its successor and had not put it into
 * the file yet, or another host's client or renewal spent it, which a client here can't know.
 */
function clientReused(v: View) {
  const isHalfWay = v.h.answer?.reply?.kind === 'rotated'
  if (isHalfWay)
    v.w.lost = 'killed between answer and login file, and a client was faster than the next run'
  else if (v.isShared) v.w.lost = 'a client posted what another host had spent'
  else if (v.w.lost === '') v.w.broken = 'a client was left with a spent token'
}

/** The old one saves over anything; the new one over a blank and over what it posted. */
function clientSaves(v: View, { kind, posts, reply }: Client) {
  const { file } = v.h
  const there = file.kind === 'login' ? numberOf(file.login.refreshToken) : 0
  const isOver = file.kind === 'login' && there !== posts
  if (kind === 'new' && isOver) return
  if (reply?.kind === 'rotated') {
    v.h.file = { kind: 'login', login: loginOf(v.w, reply.token), atMs: v.w.ms }
    return
  }
  if (file.kind === 'login') {
    if (there === newest(v.w) && v.w.lost === '') v.w.lost = 'a client blanked a newer login'
    v.h.file = { kind: 'blank', atMs: v.w.ms }
  }
}

/** What may happen to the whole world. Time passes while nobody is in the middle of anything. */
export function events(w: World): Move[] {
  const { budget, hosts } = w
  const isIdle = hosts.every(h => h.step === 0 && h.client === null && h.person !== 'leaving')
  const pass = (ms: number) => (v: View) => {
    v.w.ms += ms
    v.w.hosts = v.w.hosts.map(h => ({ ...h, waiting: Math.max(h.waiting, 1) }))
  }
  const moves: Move[] = []
  const add = (
    is: boolean,
    name: 'ticks' | 'pauses' | 'outages',
    says: string,
    does: Move['does'],
  ) => {
    if (!is || budget[name] === 0) return
    const spend = (v: View) => {
      v.w.budget = { ...v.w.budget, [name]: v.w.budget[name] - 1 }
      does(v)
    }
    moves.push({ says, isOutside: true, does: spend })
  }
  add(isIdle, 'ticks', 'four hours pass', pass(4 * hourMs + minuteMs))
  add(isIdle, 'pauses', 'six minutes pass', pass(6 * minuteMs))
  add(!w.away, 'outages', 'the document goes away', v => {
    v.w.away = true
  })
  if (w.away)
    moves.push({
      says: 'the document is back',
      isOutside: true,
      does: v => {
        v.w.away = false
      },
    })
  return moves
}

/**
 * An announced renewal is waited for at most a minute: that goes by where nobody who announced is at work.
 * Part of `announce`, not an event: whoever waits has the patience.
 */
export function minute(w: World): Move {
  return {
    says: 'a minute passes',
    isOutside: false,
    does: v => {
      v.w.ms = Math.max(v.w.ms, (w.document?.atMs ?? firstMs) + minuteMs)
    },
  }
}
