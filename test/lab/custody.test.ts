// Sole custody when our parts fail one by one: as long as one lives no session notices, and the refresh token is never lost.

import t from 'tap'
import { cannotTrace } from '../kit/kill-points.js'
import { openBao } from '../kit/openbao.js'
import { realClients } from '../kit/real-clients.js'
import { chance } from './chance.js'
import * as simulated from './custody/days.js'
import { type End, ends, killedAt, steps } from './custody/handing-back.js'
import { failures, life, parts } from './custody/session.js'
import { figuresOf, isWhole, scale } from './figures.js'

t.setTimeout(3_600_000)
const figures = figuresOf(t, '5 Sole custody')
const seed = Number(process.env['CLAUDE_AUTH_LAB_SEED'] ?? 20_261_126)
t.comment(`CLAUDE_AUTH_LAB_SEED=${seed}`)

for (const part of Object.keys(simulated.parts))
  t.test(`simulated days, ${part}`, async t => {
    const bao = await openBao(t)
    for (const [index, misfortune] of Object.keys(simulated.misfortunes).entries())
      await t.test(misfortune, async t => {
        const luck = chance(seed + index)
        const found = await simulated.days(t, bao, { part, misfortune, days: scale(0.5, 14), luck })
        const what = `${part}, ${misfortune}`
        figures.counted(`${what}: runs, and renewals in them`, `${found.runs}, ${found.rotations}`)
        figures.wanted(`${what}: times that a session would have noticed`, found.noticed, 0)
        figures.wanted(`${what}: calls for a person, or runs that broke`, found.signIns, 0)
        figures.wanted(`${what}: refresh tokens used twice`, found.reuses, 0)
        figures.wanted(`${what}: refresh token in the file`, found.inFile, 0)
        figures.wanted(`${what}: refresh token lost`, found.lost ? 1 : 0, 0)
      })
  })

const sessions = realClients().flatMap(client =>
  Object.keys(parts).flatMap(part =>
    Object.keys(failures).map(failure => ({ client, part, failure })),
  ),
)
// The short cut: each part, and both clients.
const some = isWhole ? sessions : [1, 9, 18].flatMap(at => sessions[at] ?? [])
t.test('sessions of real clients', async t => {
  const bao = await openBao(t)
  t.jobs = 3
  const sums = { prompts: 0, noticed: 0, theirRequests: 0, idle: 0, reuses: 0, lost: 0 }
  await Promise.all(
    some.map(({ client, part, failure }) => {
      const name = `${client.version}, ${part}, ${failure}`
      return t.test(name, { skip: client.skip, buffered: true }, async t => {
        const found = await life(t, bao, { client, part, failure, turns: scale(1, 4) })
        for (const key of ['prompts', 'noticed', 'theirRequests', 'idle', 'reuses'] as const)
          sums[key] += found[key]
        sums.lost += found.lost ? 1 : 0
        t.match(found, { noticed: 0, theirRequests: 0, idle: 0, reuses: 0, lost: false })
      })
    }),
  )
  figures.counted(
    'sessions × the part that lives × what fails, and prompts in them',
    `${some.length}, ${sums.prompts}`,
  )
  figures.wanted('prompts in which a session noticed', sums.noticed, 0)
  figures.wanted('requests of sessions at the token endpoint', sums.theirRequests, 0)
  figures.wanted('renewals that were due and did not come', sums.idle, 0)
  figures.wanted('refresh tokens used twice by sessions or by us', sums.reuses, 0)
  figures.wanted('sessions whose refresh token was lost', sums.lost, 0)
})

for (const [name, end] of Object.entries(ends) as [string, End][])
  t.test(
    `the end of sole custody, ${name}, killed at each step`,
    { skip: cannotTrace },
    async t => {
      const all = await steps(t, end, isWhole)
      const points = isWhole ? all : all.filter((_, index) => index % 12 === 5)
      const wrong: string[] = []
      let killed = 0
      t.jobs = 2
      await Promise.all(
        points.map((point, index) =>
          t.test(`before ${point.what}`, { buffered: true }, async t => {
            const found = await killedAt(t, end, point, index)
            t.same(found.wrong, [])
            killed += found.isKilled ? 1 : 0
            wrong.push(...found.wrong.map(each => `before ${point.what}: ${each}`))
          }),
        ),
      )
      figures.within(
        `steps at which handing the refresh token back ${name} was killed`,
        `${killed} of ${points.length}`,
        '9 of 10 at least',
        killed > 0 && killed >= Math.floor(points.length * 0.9),
      )
      figures.wanted(
        `${name}: refresh tokens lost, spent or not handed back by the next run`,
        wrong.length,
        0,
      )
    },
  )
