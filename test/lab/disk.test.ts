// Disk: full before, full during, read-only, over quota, without inodes, slow, copy-on-write. No refresh token is spent
// without being saved somewhere that the next run finds. Compare write-file-atomic: temporary file, fsync, rename.

import t, { type Test } from 'tap'
import { cannotTrace } from '../kit/kill-points.js'
import { custodies } from '../kit/wrapped.js'
import { diskCase, troubles } from './disk/case.js'
import { injected, injections } from './disk/injected.js'
import { outOfOrder } from './disk/order.js'
import { cannotHave, kinds } from './disk/volume.js'
import { figuresOf, isWhole } from './figures.js'
import { skip as needsRoot } from './neighbours/street.js'

t.setTimeout(3_600_000)
t.jobs = 2
const figures = figuresOf(t, '4 Disk')
const sums = { cases: 0, spent: 0, lost: 0, reuses: 0, silent: 0 }
const skipped: string[] = []
const wrong: string[] = []
const all: Promise<unknown>[] = []
const whens = ['before', 'during'] as const

const run = (name: string, options: { skip: string | false }, act: (t: Test) => Promise<void>) =>
  all.push(t.test(name, { ...options, buffered: true }, act))

for (const [name, kind] of Object.entries(kinds)) {
  if (!isWhole && name !== 'tmpfs') continue
  const skip = needsRoot || cannotHave(kind)
  if (skip) skipped.push(`${name} (${skip})`)
  for (const trouble of kind.troubles)
    for (const when of whens)
      for (const custody of isWhole || when === 'during' ? custodies : [])
        run(`${name}, ${trouble} ${when} the renewal, ${custody}`, { skip }, async t => {
          const options = { kind, trouble: troubles[trouble], when, custody }
          const found = await diskCase(t, options)
          t.notOk(found.lost, found.story)
          sums.cases += 1
          sums.spent += found.rotated ? 1 : 0
          sums.lost += found.lost ? 1 : 0
          sums.reuses += found.reuses
          sums.silent += found.silent ? 1 : 0
        })
}

let traced = 0
for (const custody of custodies) {
  for (const [name, injection] of Object.entries(injections))
    run(`${name}, ${custody}`, { skip: cannotTrace }, async t => {
      traced += 1
      wrong.push(
        ...(await injected(t, custody, injection)).map(what => `${name}, ${custody}: ${what}`),
      )
    })
  run(`the order of writes and syncs, ${custody}`, { skip: cannotTrace }, async t => {
    const missing = await outOfOrder(t, custody)
    figures.wanted(
      `writes and syncs out of order, by trace, ${custody}`,
      missing.join(', ') || 0,
      0,
    )
  })
}

await Promise.all(all)
for (const each of wrong) t.comment(each)
figures.counted('disks that can’t be had here', skipped.join('; ') || 'none')
figures.counted('troubles × file system × moment × custody', sums.cases)
figures.counted('of these, the server had rotated the token meanwhile', sums.spent)
figures.wanted('refresh tokens spent and not found again by the next run', sums.lost, 0)
figures.wanted('spent tokens posted', sums.reuses, 0)
figures.wanted('launches that did not start, or a dead login without a word', sums.silent, 0)
figures.counted('failing or slow calls injected by trace × custody', traced)
figures.wanted('of these, not healthy in the next run, or with a second request', wrong.length, 0)
