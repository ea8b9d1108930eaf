// The healthy hooks, which every start and every prompt meet: beside a dash script that exits.

import { join } from 'node:path'
import { absent, hasCommand } from './has-command.js'
import { makePlace } from './place.js'
import { leftOut, type Section, times } from './row.js'
import type { Bench } from './scene.js'
import { inTurn } from './timing.js'

const title = 'A healthy hook'
const figure = 'healthy hook'
const baseline = 'dash script that exits'

export async function hook(bench: Bench): Promise<Section[]> {
  const place = await makePlace(bench)
  if (!(await hasCommand(place, 'hook'))) {
    return [
      { title, rows: [leftOut(figure, baseline, '≤ 1.3 ×', absent)], timed: [], base: baseline },
    ]
  }
  await place.makeFresh()
  const script = join(place.home.path, 'exits')
  place.home.write(script, '#!/bin/sh\nexit 0\n', 0o755)
  const input = join(place.home.path, 'hook-input.json')
  const event = { session_id: 's', transcript_path: '', cwd: place.home.path, prompt: 'hi' }
  place.home.write(input, JSON.stringify({ ...event, hook_event_name: 'UserPromptSubmit' }))
  const events = ['session-start', 'user-prompt-submit']
  const [base, ...ours] = await inTurn(
    [
      { name: baseline, once: () => place.time(script, { input }) },
      ...events.map(event => ({
        name: `claude-auth hook ${event}`,
        once: () => place.time(place.program, { args: ['hook', event], input }),
      })),
    ],
    bench.rounds(400, 60),
  )
  const rows = ours.map((each, index) => times(`${figure}, ${events[index]}`, each, base, 1.3))
  return [{ title, rows, timed: [base, ...ours], base: baseline }]
}
