// Vault away, sealed, hanging, wrong or odd, in either custody: every launch is in time, nothing is lost, all is delivered.

import t, { type Test } from 'tap'
import { openBao } from '../kit/openbao.js'
import { damages, lost } from '../kit/vault-damages.js'
import { troubles } from '../kit/vault-troubles.js'
import { custodies } from '../kit/wrapped.js'
import { figuresOf, isWhole } from './figures.js'
import { answerLost, away, type Cell, damaged, type Found, overtaken, tasks } from './vault/cell.js'

t.setTimeout(3_600_000)
const figures = figuresOf(t, '6 Vault')
const bao = await openBao(t)

/** A launch waits 10 s at most; a busy machine adds to that. */
const longestMs = 10_000 + 10_000

interface Row {
  name: string
  run: (t: Test, cell: Cell) => Promise<Found>
}

const groups: Record<string, Row[]> = {
  'Vault of no use': Object.entries(troubles).map(([name, trouble]) => ({
    name,
    run: (t, cell) => away(t, trouble, { ...cell, bao }),
  })),
  'a document of no use': Object.entries(damages).map(([name, damage]) => ({
    name: `the document ${name}`,
    run: (t, cell) => damaged(t, damage, { ...cell, bao }),
  })),
  'an answer that was lost': Object.entries(lost).map(([name, answer]) => ({
    name,
    run: (t, cell) => answerLost(t, answer, { ...cell, bao }),
  })),
  'a check-and-set that was lost': [1, 3, 1_000_000].map(times => ({
    name: `overtaken ${times} times`,
    run: (t, cell) => overtaken(t, times, { ...cell, bao }),
  })),
}

for (const [group, rows] of Object.entries(groups))
  t.test(group, async t => {
    const all = rows.flatMap(row =>
      custodies.flatMap(custody =>
        Object.entries(tasks).map(([what, task]) => ({ row, custody, what, task })),
      ),
    )
    // The short cut: some of the faults, another task and custody from one to the next.
    const some = rows.flatMap((_, index) =>
      index % 4 === 0 ? (all[index * 8 + (index % 8)] ?? []) : [],
    )
    const cells = isWhole ? all : some
    const found: Found[] = []
    const wrong: string[] = []
    t.jobs = 3
    await Promise.all(
      cells.map(({ row, custody, what, task }) => {
        const name = `${row.name}, ${what}, ${custody}`
        return t.test(name, { buffered: true }, async t => {
          const its = await row.run(t, { task, custody })
          found.push(its)
          wrong.push(...its.wrong.map(each => `${name}: ${each}`))
        })
      }),
    )
    for (const each of wrong) t.comment(each)
    const slow = found.filter(({ launchMs }) => launchMs >= longestMs)
    figures.counted(`${group}: faults × what is to be done × custody`, cells.length)
    figures.wanted(`${group}: launches not in time`, slow.length, 0)
    figures.counted(
      `${group}: times that something waited to be delivered`,
      found.filter(({ waited }) => waited).length,
    )
    figures.wanted(`${group}: lost, undelivered, wrongly said or a person called`, wrong.length, 0)
    t.same(wrong, [])
  })
