// Names, addresses and paths of strangers in `--json` and in what people read: no character steers a terminal or an eye.

import { appendFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Sandbox, sandbox } from '../kit/sandbox.js'

const hostile =
  '\u001b]0;x\u0007\u009b31m\u0085\u202eevil\u2066\u200b\u200f\u2028\ufeff\u{e0041}\u00ad'
const email = `ali${hostile}ce@example.com`
const organizationName = `Exam${hostile}ple`
/** As above, without what no file name can have. */
const inPath = hostile.replace(/\//g, '')
/** A configuration with control characters is refused. */
const inConfig = hostile.replace(/\p{Cc}/gu, '')
const raw = /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u

const commands: Record<string, (box: Sandbox) => string[]> = {
  ensure: () => ['ensure', '--force'],
  status: () => ['status'],
  doctor: () => ['doctor', '--offline'],
  log: () => ['log'],
  'log --last': () => ['log', '--last'],
  install: () => ['install', '--dry-run'],
  uninstall: () => ['uninstall', '--dry-run'],
  logout: () => ['logout'],
}

async function boxOf(t: Parameters<typeof sandbox>[0]): Promise<Sandbox> {
  const box = await sandbox(t, {
    user: { email, organizationName },
    config: {
      alerts: { slack: { webhookFile: `/tmp/${inConfig}/webhook` } },
      custody: 'shared',
    },
  })
  const begun = await box.ensure()
  if (begun.code !== 0 && begun.code !== 4) throw new Error(begun.stderr)
  const line = {
    at: new Date().toISOString(),
    host: `ho${hostile}st`,
    actor: 'launch',
    did: 'renew',
  }
  appendFileSync(
    box.home.paths.journal,
    `${JSON.stringify({ ...line, because: 'expired', detail: hostile })}\n`,
  )
  return box
}

for (const [name, words] of Object.entries(commands))
  t.test(name, async t => {
    const box = await boxOf(t)
    const inFolder = join(box.home.path, `wo${inPath}rk`)
    mkdirSync(inFolder)
    const people = await box.command(words(box), { cwd: inFolder })
    t.notMatch(people.stdout, raw, 'for people')
    t.notMatch(people.stderr, raw)
    const machine = await box.command([...words(box), '--json'], { cwd: inFolder })
    t.notMatch(machine.stdout, raw, 'for programs')
    t.notMatch(machine.stderr, raw)
    const lines = machine.stdout.split('\n').filter(line => line !== '')
    t.ok(lines.length > 0)
    for (const line of lines) t.type(JSON.parse(line), 'object')
    if (name === 'ensure') t.equal(JSON.parse(machine.stdout).identity.email, email)
    if (name === 'status') t.equal(JSON.parse(machine.stdout).email, email)
    if (name === 'log') t.equal(JSON.parse(lines.at(-1) ?? '').detail, hostile)
  })

t.test('a home with such a name', async t => {
  const box = await boxOf(t)
  const home = join(box.home.path, `ho${inPath}me`)
  const env = { HOME: home }
  for (const words of [
    ['install', '--dry-run'],
    ['uninstall', '--dry-run'],
    ['status'],
    ['doctor', '--offline'],
    ['ensure', '--offline'],
  ]) {
    rmSync(home, { recursive: true, force: true })
    mkdirSync(join(home, '.claude'), { recursive: true, mode: 0o700 })
    for (const more of [[], ['--json']]) {
      const { stdout, stderr } = await box.command([...words, ...more], { env })
      t.notMatch(stdout, raw, `${words.join(' ')} ${more.join('')}`)
      t.notMatch(stderr, raw)
      if (more.length > 0) t.doesNotThrow(() => JSON.parse(stdout))
    }
  }
})
