// Soak: simulated weeks of many users with faults at realistic rates; the same for the same CLAUDE_AUTH_LAB_SEED.

import t from 'tap'
import { custodies } from '../kit/engine.js'
import { figuresOf, isWhole, scale } from './figures.js'
import { type Weeks, weeksOf } from './soak/user.js'

const seed = Number(process.env['CLAUDE_AUTH_LAB_SEED'] ?? 20_261_124)
const users = scale(3, 50)
const days = scale(10, 30)
/** Users whose weeks go by at the same time. */
const atOnce = 4

t.setTimeout(7_200_000)
const figures = figuresOf(t, '13 Soak')
t.comment(`CLAUDE_AUTH_LAB_SEED=${seed}`)

const all: Weeks[] = []
const waiting = Array.from({ length: users }, (_, user) => user)
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    for (let user = waiting.shift(); user !== undefined; user = waiting.shift()) {
      const custody = custodies[user % custodies.length] ?? 'shared'
      const firstLifeDays: [number, number] = isWhole ? [8, 30] : [7.5, 9]
      all[user] = await weeksOf(t, { seed: seed + user, days, custody, firstLifeDays })
    }
  }),
)

const sum = (of: (weeks: Weeks) => number) => all.reduce((so, weeks) => so + of(weeks), 0)
const told = (of: (weeks: Weeks) => string[]) =>
  all.flatMap((weeks, user) => of(weeks).map(each => `user ${user} (seed ${seed + user}), ${each}`))
const needless = told(weeks => weeks.needless)
const unwarned = told(weeks => weeks.unwarned)
const posted = told(weeks => weeks.spentPosted)

figures.counted('seed', seed)
figures.counted('users × days', `${users} × ${days}`)
figures.counted('runs (killed)', `${sum(w => w.runs)} (${sum(w => w.killedRuns)})`)
figures.counted(
  'misfortunes',
  sum(w => w.faults),
)
figures.counted(
  'refreshes by bare clients',
  sum(w => w.clientRefreshes),
)
figures.counted(
  'sign-ins',
  sum(w => w.signIns),
)
figures.wanted('needless sign-ins', needless.length, 0)
figures.within(
  'logins that ended',
  sum(w => w.ends),
  '> 0',
  sum(w => w.ends) > 0,
)
figures.wanted('ends not warned of 7, 3 and 1 days before', unwarned.length, 0)
figures.counted(
  'answers lost in a kill, before they were saved',
  sum(w => w.lost.length),
)
figures.wanted('spent tokens posted but these', posted.length, 0)
figures.counted(
  'hours with a dead login and no fault',
  sum(w => w.deadHours),
)
for (const each of [...needless, ...unwarned, ...posted]) t.comment(each)
