// The healthy launch beside two-line scripts that only exec the client, and the healthy hook beside one that exits.

import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Place } from './place.js'
import { callsOf, forksOf } from './syscalls.js'
import { columns, inTurn, table } from './timing.js'

const base = 'dash script that execs'

export async function healthyLaunch(place: Place, rounds: number): Promise<string> {
  const { home, client, wrapper, time } = place
  const dash = join(home.path, 'exec-dash')
  const bash = join(home.path, 'exec-bash')
  home.write(dash, `#!/bin/sh\nexec ${client} "$@"\n`, 0o755)
  home.write(bash, `#!/bin/bash\nexec ${client} "$@"\n`, 0o755)
  await makeMarks(place)
  const contestants = [
    { name: 'client alone', command: client },
    { name: base, command: dash },
    ...(existsSync('/bin/bash') ? [{ name: 'bash script that execs', command: bash }] : []),
    { name: 'claude-auth', command: wrapper },
  ]
  const timed = await inTurn(
    contestants.map(({ name, command }) => ({ name, once: () => time(command) })),
    rounds,
  )
  const counted = contestants.map(({ name, command }) => [
    name,
    callsOf(place, command) ?? '?',
    forksOf(place, command) ?? '?',
  ])
  const calls = counted.every(row => row.includes('?'))
    ? '  strace is not available: system calls not counted\n'
    : columns([['', 'system calls', 'forks'], ...counted])
  return `${table('A healthy launch', timed, base)}\n${calls}`
}

/** The hooks that run at each start and before each prompt. */
export async function healthyHook(place: Place, rounds: number): Promise<string> {
  const { home, command, time } = place
  const dash = join(home.path, 'exit-dash')
  home.write(dash, '#!/bin/sh\nexit 0\n', 0o755)
  await makeMarks(place)
  const base = 'dash script that exits'
  const events = ['session-start', 'user-prompt-submit']
  const timed = await inTurn(
    [
      { name: base, once: () => time(dash) },
      ...events.map(event => ({ name: event, once: () => time(command, ['hook', event]) })),
    ],
    rounds,
  )
  return table('A healthy hook', timed, base)
}

/** The first launches verify and store the login; healthy is one that leaves the marks as they are. */
async function makeMarks({ home, wrapper, timeServed, settle }: Place): Promise<void> {
  const mark = () => {
    const stat = statSync(join(home.paths.state, 'fresh'), { throwIfNoEntry: false })
    return stat && `${stat.ino} ${stat.ctimeMs}`
  }
  for (let turn = 0; turn < 20; turn++) {
    const before = mark()
    await timeServed(wrapper)
    await settle()
    if (before !== undefined && before === mark()) return
    await sleep(300)
  }
  throw new Error('the login was not found to be good')
}
