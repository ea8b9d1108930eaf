// Another user's attempts on the files, locks, gate and processes of a login.

import { join } from 'node:path'
import type { Test } from 'tap'
import { faults } from '../../../src/demo/faults.js'
import { processesOf } from '../../kit/run.js'
import { until } from '../../kit/terminal.js'
import { custodies } from '../../kit/wrapped.js'
import { type Figures, isWhole, scale } from '../figures.js'
import { attempts, attemptsOnProcess, readable } from './attempts.js'
import { grep, lines, placesOf, type Street, skip, street } from './street.js'

/** One script of all: it says the names of those that succeeded. */
function allOf(scripts: Record<string, string>): string {
  return Object.entries(scripts)
    .map(([name, script]) => `if (${script}) >/dev/null 2>&1; then echo '${name}'; fi`)
    .join('\n')
}

/** Owner, mode, size and time of everything in the home. */
async function snapshot({ box }: Street): Promise<string> {
  const ended = await box.run('find', [box.home.path, '-printf', '%p %U %m %s %T@ %l\n'])
  return ended.stdout.split('\n').sort().join('\n')
}

export async function filesAndProcess(t: Test, figures: Figures): Promise<void> {
  for (const custody of isWhole ? custodies : (['sole'] as const))
    t.test(`the files of a login, ${custody}`, { skip, buffered: true }, async t => {
      const here = await street(t, { login: 'expired', config: { custody } })
      const { box } = here
      box.home.write(join(box.home.path, '.config/claude-auth/vault-token'), 'hvs.made-up\n')
      box.home.write(join(box.home.path, 'hook'), 'http://127.0.0.1:1/services/made-up\n')
      await here.settleIn()
      t.match((await here.ensure()).stdout, /"verdict":"ok".*"did":.*"renew"/)
      // An unreadable file is kept aside before the copy goes back.
      box.writeLogin('{torn')
      await here.settleIn()
      t.equal((await here.launch(['x'])).code, 0)
      await box.settle()

      const before = await snapshot(here)
      const done = lines((await here.neighbour(allOf(attempts), { env: placesOf(here) })).stdout)
      t.equal(await snapshot(here), before, 'nothing has changed')
      const count = Object.keys(attempts).length
      figures.wanted(`of ${count} attempts on its files, ${custody}`, done.join(', ') || 0, 0)
      const open = lines((await here.neighbour(readable)).stdout)
      figures.wanted(`its files that others can read, umask 0, ${custody}`, open.join(', ') || 0, 0)
      t.same(await grep(here), [], 'no secret in any file that the neighbour can read')

      // The same words do work for the one user who may.
      const control = lines((await here.owner(allOf(attempts), placesOf(here))).stdout).length
      t.ok(control > count / 2, `${control} of ${count} succeed for the owner`)
    })

  t.test('a worker in the middle of a renewal', { skip, buffered: true }, async t => {
    const here = await street(t, { login: 'expired' })
    const { box } = here
    box.authority.fail('token', faults.late(scale(3000, 6000)))
    const run = here.ensure()
    await until(() => box.authority.counts().tokenRequests === 1)
    const [pid = 0] = await processesOf(box.home.path)
    const env = { P: String(pid) }
    t.match((await here.owner('tr "\\0" " " </proc/$P/cmdline', env)).stdout, 'ensure')
    const open = lines((await here.neighbour(readable)).stdout)
    const elsewhere = 'find /tmp -user 41001 -newer $Y -type f -readable 2>/dev/null'
    const temporary = lines((await here.neighbour(elsewhere)).stdout)
    const done = lines((await here.neighbour(allOf(attemptsOnProcess), { env })).stdout)
    t.match((await run).stdout, /"verdict":"ok".*"did":.*"renew"/)
    const count = Object.keys(attemptsOnProcess).length
    figures.wanted(`of ${count} attempts on a worker`, done.join(', ') || 0, 0)
    figures.wanted('files of its that others can read', [...open, ...temporary].join(', ') || 0, 0)
  })
}
