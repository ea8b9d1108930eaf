// The healthy launch: the wrapper beside two-line scripts that only exec the client, and beside its peers.

import { existsSync } from 'node:fs'
import { makePlace } from './place.js'
import { leftOut, type Row, type Section, times } from './row.js'
import type { Bench } from './scene.js'
import { inTurn } from './timing.js'
import { versionManagers } from './version-managers.js'

export async function healthy(bench: Bench): Promise<Section[]> {
  const place = await makePlace(bench)
  await place.makeFresh()
  const managers = bench.quick ? [] : versionManagers(place)
  const script = (shell: string, name: string) => {
    const path = place.execScript(shell)
    return { name, once: () => place.time(path) }
  }
  const peers = managers.flatMap(({ name, command, args }) =>
    command === null ? [] : [{ name, once: () => place.time(command, { args }) }],
  )
  const [dash, ours, bare, ...others] = await inTurn(
    [
      script('sh', 'dash script that execs'),
      { name: 'claude-auth, healthy', once: () => place.time(place.wrapper) },
      { name: 'the client alone', once: () => place.time('/bin/true') },
      ...(existsSync('/bin/bash') ? [script('bash', 'bash script that execs')] : []),
      ...peers,
    ],
    bench.rounds(400, 60),
  )
  const figure = 'healthy launch'
  const missing: Row[] = managers.flatMap(({ name, why }) =>
    why === null ? [] : [leftOut(figure, name, '≤ 1 ×', why)],
  )
  const rows = [times(figure, ours, dash, 1.2), ...others.map(each => times(figure, ours, each, 1))]
  const timed = [bare, dash, ours, ...others]
  return [
    { title: 'A healthy launch', rows: [...rows, ...missing], timed, base: dash.name },
  ] satisfies Section[]
}
