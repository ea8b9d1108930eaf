// The site's own program: what it is started with, and each way in which it can fail to do a step.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { runSiteStep, type SiteEnd, siteStepObject } from '../../src/offboard/site-program.js'

const object = siteStepObject(
  { do: 'site', step: 'account', detail: 'close the account', isBack: false },
  { user: 'alice', vaultName: 'alice', uid: 1001, stage: 'cut' },
  { by: 'root@ws1', why: 'left', nowMs: 0 },
)

function program(t: Test, text: string | Buffer, mode = 0o755): string {
  const path = join(t.testdir(), 'site')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

function causeOf(end: SiteEnd): string {
  return end.state === 'failed' ? end.trouble.cause : end.state
}

t.test('a file that is no program is not handed to a shell', async t => {
  const samples: [string, string | Buffer, RegExp][] = [
    ['empty', '', /is empty/],
    ['only a comment', '# to be written\n', /neither a binary nor begins with #!/],
    ['another language without #!', 'import sys\nsys.exit(0)\n', /neither a binary/],
    ['a byte order mark', '\ufeff#!/bin/sh\nexit 0\n', /byte order mark/],
    ['lines of Windows', '#!/bin/sh\r\nexit 0\r\n', /carriage return/],
    ['an interpreter that is not there', '#!/nonexistent/python3\n', /interpreter .*python3/],
    ['no interpreter', '#!\nexit 0\n', /no interpreter/],
    ['a piece of a binary', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1]), /not a whole program/],
    ['text in UTF-16', Buffer.from('\ufeff#!/bin/sh\nexit 0\n', 'utf16le'), /neither a binary/],
  ]
  for (const [name, text, why] of samples)
    await t.test(name, async t => {
      t.match(causeOf(await runSiteStep([program(t, text)], object)), why)
    })
  await t.test('not executable, a folder, missing', async t => {
    const closed = program(t, '#!/bin/sh\nexit 0\n', 0o644)
    t.match(causeOf(await runSiteStep([closed], object)), /may not be executed/)
    t.match(causeOf(await runSiteStep([join(closed, '..')], object)), /not a regular file/)
    t.match(causeOf(await runSiteStep(['/nonexistent/site'], object)), /is not there/)
  })
  await t.test('writable by others', async t => {
    const open = program(t, '#!/bin/sh\nexit 0\n', 0o777)
    const end = await runSiteStep([open], object)
    t.match(end, { trouble: { cause: /not started.*writable by others/, command: /chmod go-w/ } })
  })
})

t.test('what it is started with', async t => {
  const path = program(t, '#!/bin/sh\n{ cat; pwd; env; echo "$@"; } >"$0.out"\n')
  process.env['OFFBOARD_SECRET'] = 'of-the-caller'
  t.teardown(() => delete process.env['OFFBOARD_SECRET'])
  t.same(await runSiteStep([path, '$(id)', 'a b'], object), { state: 'done' })
  const [line = '', folder, ...rest] = readFileSync(`${path}.out`, 'utf8').trim().split('\n')
  t.same(JSON.parse(line), object)
  t.equal(folder, '/')
  t.equal(rest.at(-1), '$(id) a b', 'no shell reads the words')
  t.ok(rest.includes('HOME=/root'))
  t.notMatch(rest.join('\n'), /of-the-caller|OFFBOARD_SECRET/)
})

t.test('how it ends', async t => {
  const samples: [string, string, object][] = [
    ['done', 'exit 0', { state: 'done' }],
    ['without reading', 'exec 0<&-; exit 0', { state: 'done' }],
    ['left to a person', 'exit 3', { state: 'left' }],
    ['a code', 'echo no such group >&2; exit 7', failed(/ended with 7/, 'no such group')],
    ['a signal', 'kill -SEGV $$', failed(/ended with SIGSEGV/, null)],
    [
      'megabytes',
      'head -c 9000000 /dev/zero | tr "\\0" x >&2; exit 9',
      failed(/with 9/, /^x{199}…$/),
    ],
    ['megabytes on stdout', 'head -c 9000000 /dev/zero; exit 0', { state: 'done' }],
    [
      'escapes',
      'printf "a\\033[2J\\033]0;b\\007\\302\\233c\\342\\200\\256d\\ne" >&2; exit 9',
      failed(/with 9/, /^[ -~]+$/),
    ],
  ]
  for (const [name, text, end] of samples)
    await t.test(name, async t => {
      t.match(await runSiteStep([program(t, `#!/bin/sh\n${text}\n`)], object), end)
    })
  await t.test('what goes on in the background holds up nobody', async t => {
    for (const [text, state] of [
      ['setsid sleep 30 & echo $! >"$0.pid"; exit 0', 'done'],
      ['sleep 30 & echo $! >"$0.pid"; exit 3', 'left'],
    ] as const) {
      const path = program(t, `#!/bin/sh\n${text}\n`)
      const end = await runSiteStep([path], object, 20_000)
      process.kill(Number(readFileSync(`${path}.pid`, 'utf8')), 'SIGKILL')
      t.same(end, { state })
    }
  })
})

t.test('it hangs: it is ended with all that it started, whatever session that is in', async t => {
  for (const text of [
    'echo waiting >&2; sleep 60',
    'trap "" TERM INT HUP; setsid sleep 60 & echo $! >"$0.pid"; wait',
    'kill -STOP $$',
  ]) {
    const path = program(t, `#!/bin/sh\n${text}\n`)
    const end = await runSiteStep([path], object, 700)
    t.match(end, failed(/took longer than 0.7 s/, text.includes('waiting') ? 'waiting' : null))
    if (existsSync(`${path}.pid`))
      t.notOk(isAlive(Number(readFileSync(`${path}.pid`, 'utf8'))), 'its child has ended')
  }
})

t.test('a signal that ends us ends the program, too', async t => {
  const path = program(t, '#!/bin/sh\necho $$ >"$0.pid"\nexec sleep 60\n')
  const module = new URL('../../src/offboard/site-program.ts', import.meta.url)
  const script = join(t.testdirName, 'main.ts')
  writeFileSync(
    script,
    `import { runSiteStep } from ${JSON.stringify(module)}
await runSiteStep([${JSON.stringify(path)}], ${JSON.stringify(object)})`,
  )
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    rmSync(`${path}.pid`, { force: true })
    const child = spawn(process.execPath, [...process.execArgv, script], { stdio: 'ignore' })
    const ended = once(child, 'exit')
    while (!existsSync(`${path}.pid`) || readFileSync(`${path}.pid`, 'utf8') === '') await sleep(20)
    child.kill(signal)
    t.same(await ended, [null, signal])
    const pid = Number(readFileSync(`${path}.pid`, 'utf8'))
    for (let tries = 0; tries < 100 && isAlive(pid); tries++) await sleep(20)
    t.notOk(isAlive(pid), signal)
  }
})

function failed(cause: RegExp, advice: RegExp | string | null) {
  return { state: 'failed', trouble: { cause, advice } }
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
