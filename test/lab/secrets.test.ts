// Secrets: after a whole day, every token that was used is searched for in all that was said, seen and written.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { openBao } from '../kit/openbao.js'
import { processesOf } from '../kit/run.js'
import { secretsInFolder, secretsInText } from '../kit/secrets.js'
import { until } from '../kit/terminal.js'
import { custodies, wrapped } from '../kit/wrapped.js'
import { figuresOf, isWhole } from './figures.js'
import { day } from './secrets/day.js'
import { scene } from './secrets/scene.js'

const figures = figuresOf(t, '11 Secrets')
const bao = await openBao(t)
t.jobs = 2

// The short cut is a day in sole custody: there the most has to be hidden.
const days = (isWhole ? custodies : (['sole'] as const)).map(custody =>
  t.test(`a day, ${custody}`, { buffered: true }, async t => {
    const before = new Set(readdirSync(tmpdir()))
    const its = await scene(t, bao, custody)
    const { box } = its
    const { texts, deeds, processes } = await day(its, !isWhole)
    const secrets = its.secrets()
    t.comment(texts['stdout and stderr when the login has ended'])
    const all = Object.values(secrets).flat()
    t.ok(secrets.vault.length > 1, 'a session was opened with the JWT')
    t.match(texts['Slack'], 'needs to sign in')
    t.match(texts['what alert could see'], '"event":"sign-in-needed"')
    t.match(texts['stdout and stderr at the first launch'], 'client')

    const said = Object.entries(texts).filter(([, text]) => secretsInText(text, all).length > 0)
    const written: string[] = []
    for (const [kind, some] of Object.entries(secrets))
      for (const found of await secretsInFolder(box.home.path, some)) {
        const [path = ''] = found.split(': ')
        if (!its.mayHold(path, kind)) written.push(`${kind} in ${path}`)
      }
    const elsewhere: string[] = []
    // The home is one of them, and looked at above; other tests' folders have other tokens.
    for (const name of readdirSync(tmpdir()))
      if (!before.has(name) && join(tmpdir(), name) !== box.home.path)
        elsewhere.push(...(await secretsInFolder(join(tmpdir(), name), all)))
    const sharedMemory = await secretsInFolder('/dev/shm', all)
    const { length } = all
    figures.wanted(
      `hits of ${length} secrets in what was said and seen, ${custody}`,
      said.map(([where]) => where).join(', ') || 0,
      0,
    )
    figures.wanted(
      `hits in the home outside their own places, ${custody}`,
      written.join(', ') || 0,
      0,
    )
    figures.wanted(
      `hits in folders of temporary files, ${custody}`,
      [...elsewhere, ...sharedMemory].join(', ') || 0,
      0,
    )
    figures.counted(
      `commands, and states of processes looked at, ${custody}`,
      `${deeds}, ${processes}`,
    )
  }),
)

const core = t.test('a process that is killed with a core dump', { buffered: true }, async t => {
  const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim()
  const box = await wrapped(t, { login: 'expired', config: { custody: 'sole' } })
  const folder = join(box.home.path, 'cores')
  mkdirSync(folder)
  const program = join(box.home.path, 'program/bin/claude-auth')
  for (const limit of ['0', 'unlimited']) {
    box.writeLogin(box.signIn(-60_000))
    box.authority.fail('token', faults.late(3000))
    const asked = box.authority.counts().tokenRequests
    const script = `ulimit -c ${limit}; exec node '${program}' ensure --force`
    const run = box.run('sh', ['-c', script], { cwd: folder })
    await until(() => box.authority.counts().tokenRequests > asked)
    for (const pid of await processesOf(box.home.path)) process.kill(pid, 'SIGABRT')
    await run
    const cores = readdirSync(folder)
    if (limit === '0') figures.wanted('core dumps where they are off', cores.length, 0)
    else if (pattern.startsWith('core') && cores.length > 0) {
      const [name = ''] = cores
      const text = readFileSync(join(folder, name), 'latin1')
      const found = secretsInText(text, box.secrets()).length
      t.equal(statSync(join(folder, name)).mode & 0o077, 0, 'for the owner only')
      figures.counted('secrets in a core dump that the owner has switched on', found)
      rmSync(join(folder, name))
    }
  }
  t.notOk(existsSync('/core'), 'nor is one left elsewhere')
})
await Promise.all([...days, core])
