// The healthy hook, which every prompt meets: beside a dash script that exits.

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
  const args = ['hook', 'user-prompt-submit']
  const [base, ours] = await inTurn(
    [
      { name: baseline, once: () => place.time(script, { input }) },
      { name: 'claude-auth hook', once: () => place.time(place.program, { args, input }) },
    ],
    bench.rounds(400, 60),
  )
  return [{ title, rows: [times(figure, ours, base, 1.3)], timed: [base, ours], base: baseline }]
}
