// What the guard of a repository adds to a push of 100 commits, beside git's own time for it.

import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { watchedRepository } from '../kit/watched-repository.js'
import { added, type Section } from './row.js'
import type { Bench } from './scene.js'
import { inTurn } from './timing.js'

const commits = 100

export async function guard(bench: Bench): Promise<Section[]> {
  const folder = mkdtempSync(join(tmpdir(), 'claude-auth-bench-'))
  bench.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const place = watchedRepository(folder, { bob: { git: 'bob' } }, { files: 200 })
  const stream = Array.from({ length: commits }, (_, at) => {
    const text = `Change ${at}\n\nIt was wanted for the reason of number ${at}.\n`
    const from = at === 0 ? 'from refs/heads/master^0\n' : ''
    const file = `M 100644 inline change/${at}\ndata ${String(at).length}\n${at}\n`
    return `commit refs/heads/master\ncommitter bob <b@x> ${at} +0000\ndata ${text.length}\n${text}${from}${file}`
  }).join('')
  execFileSync('git', ['fast-import', '--quiet'], { cwd: place.work, input: stream })
  // The same push again and again: into a copy of the repository as it was before.
  const before = join(folder, 'before.git')
  cpSync(place.bare, before, { recursive: true })
  const anew = (isGuarded: boolean) => {
    rmSync(place.bare, { recursive: true })
    cpSync(before, place.bare, { recursive: true })
    const hook = join(place.bare, 'hooks/pre-receive')
    if (!isGuarded) renameSync(hook, `${hook}.off`)
  }
  const push = () => {
    const beganMs = performance.now()
    const env = { ...place.env, GL_USER: 'bob' }
    const { status, stderr } = spawnSync('git', ['push', '-q', 'origin', 'HEAD:master'], {
      cwd: place.work,
      env,
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(stderr)
    return performance.now() - beganMs
  }
  const [bare, guarded] = await inTurn(
    [
      { name: 'git push of 100 commits', prepare: () => anew(false), once: push },
      { name: 'the same with the guard', prepare: () => anew(true), once: push },
    ],
    bench.rounds(15, 3),
  )
  // git over file:// takes no time of its own: what the guard adds is the start of Node and one `git log`.
  const row = added(`guard: a push of ${commits} commits`, guarded, bare, 250)
  return [{ title: 'A guarded repository', rows: [row], timed: [bare, guarded], base: bare.name }]
}
