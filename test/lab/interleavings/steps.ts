// Programs of the model as generators: each `yield` is one step that nobody can divide, and what it brought is its answer.

import type { View } from './world.js'

/** One step of ours. */
export interface Step {
  /** In words, for the story. */
  says: string
  /** The function of the engine that it stands for. */
  as: string
  /** Nobody else sees or changes what it touches: its place among others' steps does not matter. */
  isPrivate: boolean
  /** False: it waits. */
  ready: (v: View) => boolean
  /** The ways in which it may turn out. */
  ways: (v: View) => readonly string[]
  does: (v: View, way: string) => unknown
}

/** A program; it ends with the name of the one that follows, or null at the end of a run. */
export type Program<T> = Generator<Step, T, unknown>

interface More {
  isPrivate?: boolean
  ready?: (v: View) => boolean
  ways?: (v: View) => readonly string[]
}

/** One step of the engine's function `as`, whose result must be plain JSON. */
export function* step<T>(
  as: string,
  says: string,
  does: (v: View, way: string) => T | Promise<T>,
  more: More = {},
): Program<T> {
  const { isPrivate = false, ready = () => true, ways = () => [''] } = more
  return (yield { says, as, isPrivate, ready, ways, does }) as T
}

/** Something on this host alone: memory, answer file, sealed copy. */
export function own<T>(as: string, says: string, does: (v: View) => T): Program<T> {
  return step(as, says, does, { isPrivate: true })
}

interface Place {
  program: string
  answers: readonly unknown[]
  step: Step | null
  /** The program that follows; null: the run is over. */
  next: string | null
  after: Map<string, number>
}

/** All places that programs have been seen to stand at, by number from 1. */
export function makePlaces(programs: (name: string) => Program<string | null>) {
  const places: Place[] = []
  const starts = new Map<string, number>()

  function add(program: string, answers: readonly unknown[]): number {
    const running = programs(program)
    let turn = running.next()
    for (const answer of answers) turn = running.next(answer)
    const isOver = turn.done === true
    const [at, next] = turn.done ? [null, turn.value] : [turn.value, null]
    places.push({ program, answers, step: at, next: isOver ? next : null, after: new Map() })
    return places.length
  }

  function start(program: string): number {
    const known = starts.get(program)
    if (known !== undefined) return settled(known)
    const made = add(program, [])
    starts.set(program, made)
    return settled(made)
  }

  /** A program that is over goes on with the next one; 0: the run is over. */
  function settled(number: number): number {
    const place = places[number - 1]
    if (!place || place.step !== null) return number
    return place.next === null ? 0 : start(place.next)
  }

  return {
    start,
    stepAt: (number: number): Step | null => places[number - 1]?.step ?? null,
    /** Where a program stands once its step has been answered. */
    after(number: number, answer: unknown): number {
      const place = places[number - 1]
      if (!place) return 0
      const key = JSON.stringify(answer) ?? ''
      const known = place.after.get(key)
      if (known !== undefined) return settled(known)
      const made = add(place.program, [...place.answers, answer])
      place.after.set(key, made)
      return settled(made)
    },
    count: () => places.length,
  }
}

export type Places = ReturnType<typeof makePlaces>
