// The shell's side of the hooks, in each shell: silent and without Node when all is well, never in the way else.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { type RunOptions, run, settle } from '../kit/run.js'
import { until } from '../kit/terminal.js'
import { type Shell, shells, type WrapperBox, wrapperBox } from '../kit/wrapper-box.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))
const session = { CLAUDE_CODE_SESSION_ID: 'a-session' }
const failure = (error: string) => JSON.stringify({ hook_event_name: 'StopFailure', error })
const ending = (reason: string) => `{"hook_event_name": "SessionEnd",\n "reason": "${reason}"}\n`

function setUp(t: Test, shell: Shell) {
  const box = wrapperBox(t)
  // Beside the stand-in for the engine, which has its name.
  const entry = join(box.root, 'bin/entry')
  cpSync(program, entry)
  // Longer than any busy machine takes for an engine that answers at once.
  box.configure({ waitMs: 20_000 })
  box.mark()
  const hook = (event: string, more: Partial<RunOptions> = {}) => {
    const [command = '', ...before] = shells[shell]
    const env = { ...box.env, ...session, ...more.env }
    const options = { cwd: box.folder, input: '{}', timeoutMs: 30_000, ...more, env }
    return run(command, [...before, entry, 'hook', event], options)
  }
  const change = () => writeFileSync(box.paths.loginFile, '{"claudeAiOauth":{"accessToken":"x"}}')
  return { box, entry, hook, change, mark: (name: string) => join(box.paths.state, name) }
}

const silent = { code: 0, stdout: '', stderr: '' }
const events = ['session-start', 'user-prompt-submit', 'stop-failure', 'session-end']

for (const shell of Object.keys(shells) as Shell[])
  t.test(shell, { jobs: 3 }, async t => {
    t.test('a good login: no word, no Node, whatever is on stdin', async t => {
      const { box, hook } = setUp(t, shell)
      const inputs = ['', '{}', '\0\0\xff{{{', '"error":', 'x'.repeat(3_000_000), ending('other')]
      for (const event of [...events, 'no-such-hook'])
        for (const input of inputs) {
          const { code, stdout } = await hook(event, { input })
          t.same({ code, stdout }, { code: 0, stdout: '' })
        }
      t.same(box.engineStarts(), [])
    })

    t.test('a mark is never written through a link', async t => {
      const { box, hook, mark } = setUp(t, shell)
      box.engine('exit 0')
      const theirs = join(box.folder, 'theirs')
      for (const [name, event, input] of [
        ['doubted', 'stop-failure', failure('authentication_failed')],
        ['signed-out', 'session-end', ending('logout')],
      ] as const) {
        writeFileSync(theirs, 'precious')
        rmSync(mark(name), { force: true })
        symlinkSync(name === 'signed-out' ? join(box.folder, 'nowhere') : theirs, mark(name))
        t.match(await hook(event, { input }), silent)
        t.ok(await settle(box.home, 30_000))
        t.equal(readFileSync(theirs, 'utf8'), 'precious')
        t.notOk(existsSync(join(box.folder, 'nowhere')))
      }
    })

    t.test('a check before a session: waited for, its words in the form of the client', async t => {
      const { box, hook, change } = setUp(t, shell)
      change()
      box.engine(`printf 'launch\\nclaude-auth: say "hi" \\\\ %%s\\nclaude-auth: two\\n.\\n'`)
      const started = await hook('session-start')
      t.match(started, { code: 0, stderr: '' })
      t.same(JSON.parse(started.stdout), {
        systemMessage: 'claude-auth: say "hi" \\ %s\nclaude-auth: two',
      })
      t.match(box.engineStarts(), [
        /^ensure --for session --gate-fd 9 --within \d+ --launch-in-environ \[.*claude\] \[in /,
      ])
      t.match(await hook('user-prompt-submit'), silent, 'checked just now')
      t.equal(box.engineStarts().length, 1)
      t.match(await hook('user-prompt-submit'), silent, 'and says nothing')
      t.match(await hook('user-prompt-submit', { env: { CLAUDE_CODE_SESSION_ID: 'b' } }), silent)
      t.equal(box.engineStarts().length, 3)
    })

    t.test('what the wrapper has checked is not checked again', async t => {
      const { box, entry, change } = setUp(t, shell)
      change()
      box.engine('printf "launch\\nclaude-auth: trouble\\n.\\n"')
      const both = ['session-start', 'user-prompt-submit', 'user-prompt-submit']
      const lines = both.map(event => `${shells[shell].join(' ')} '${entry}' hook ${event}; :`)
      box.write(join(box.real, 'claude'), `#!/bin/sh\n${lines.join('\n')}\n`, 0o755)
      const { code, stdout, stderr } = await box.launch(shell, [], {
        env: { ...box.env, ...session },
      })
      t.same({ code, stdout, stderr }, { code: 0, stdout: '', stderr: 'claude-auth: trouble\n' })
      const askers = box.engineStarts().map(words => words.split(' ')[2])
      t.same(askers, ['launch', 'session'], 'the second prompt is checked')
    })

    t.test(
      'whatever stands between, a session’s hook goes by what the person began with',
      async t => {
        const words = failure('authentication_failed')
        const between: Record<string, string> = {
          'a time limit': 'timeout 20 "$@"',
          'two shells and a limit': `sh -c 'sh -c "timeout 20 \\"\\$@\\"; :" sh "$@"; :' sh "$@"`,
        }
        for (const [name, line] of Object.entries(between)) {
          const { box, entry, mark } = setUp(t, shell)
          const hook = `${shells[shell].join(' ')} '${entry}' hook stop-failure`
          const script = [
            `#!/bin/sh`,
            `set -- ${hook}`,
            `export CLAUDE_PROJECT_DIR=/ HOME=/nowhere CLAUDE_CONFIG_DIR=/nowhere/claude`,
            `printf '%s' '${words}' | ${line}`,
          ]
          box.write(join(box.real, 'claude'), `${script.join('\n')}\n`, 0o755)
          await box.launch(shell, [], { env: { ...box.env, ...session } })
          await until(() => box.engineStarts().length > 0 && existsSync(mark('doubted')))
          t.match(box.engineStarts().at(-1), /^ensure --for hook .*--environ-on-stdin/, name)
        }
      },
    )

    t.test('an engine that hangs is waited for as long as a launch waits', async t => {
      const { box, hook, change } = setUp(t, shell)
      box.configure({ waitMs: 1000 })
      change()
      box.engine('sleep 60')
      for (const event of ['session-start', 'user-prompt-submit', 'user-prompt-submit']) {
        const ended = await hook(event)
        t.match(ended, silent)
        t.ok(ended.ms < 20_000)
      }
      t.equal(box.engineStarts().length, 1, 'and goes on')
    })

    t.test('soon: the prompt goes on at once, one worker behind it', async t => {
      const { box, hook } = setUp(t, shell)
      const done = join(box.folder, 'done')
      box.mark({ freshUntilMs: Date.now() - 10_000 })
      const go = join(box.folder, 'go')
      box.engine(`until [ -e '${go}' ]; do sleep 0.1; done; touch '${done}'`)
      t.match(await hook('user-prompt-submit'), silent)
      t.match(await hook('user-prompt-submit'), silent)
      t.notOk(existsSync(done))
      await box.shellsEnd()
      writeFileSync(go, '')
      await settle(box.home, 20_000)
      t.ok(existsSync(done))
      t.match(box.engineStarts(), [/^ensure --for soon /])
      t.equal(box.engineStarts().length, 1)
    })

    t.test('an authentication failure has the login doubted, another failure not', async t => {
      const { box, hook, mark } = setUp(t, shell)
      await hook('stop-failure', { input: failure('rate_limit') })
      await hook('stop-failure', { input: JSON.stringify({ x: failure('authentication_failed') }) })
      t.ok(existsSync(mark('fresh')))
      t.same(box.engineStarts(), [])
      t.match(await hook('stop-failure', { input: failure('authentication_failed') }), silent)
      t.ok(existsSync(mark('doubted')))
      t.notOk(existsSync(mark('fresh')), 'the next prompt waits for the answer')
      await settle(box.home, 20_000)
      t.match(box.engineStarts(), [/^ensure --for hook /])
    })

    t.test('the end of a session: a log-out is marked, a new login taken up', async t => {
      const { box, hook, change, mark } = setUp(t, shell)
      t.match(await hook('session-end', { input: ending('other') }), silent)
      t.same(box.engineStarts(), [])
      change()
      t.match(await hook('session-end', { input: ending('other') }), silent)
      await settle(box.home, 20_000)
      t.match(box.engineStarts(), [/^ensure --for hook /])
      t.notOk(existsSync(mark('signed-out')))
      t.match(await hook('session-end', { input: ending('logout') }), silent)
      t.ok(existsSync(mark('signed-out')))
      await settle(box.home, 20_000)
      t.equal(box.engineStarts().length, 2)
    })

    t.test('a client that never ends its words is not waited for', async t => {
      const { box, entry } = setUp(t, shell)
      const [command = '', ...before] = shells[shell]
      for (const event of events) {
        const child = spawn(command, [...before, entry, 'hook', event], {
          env: box.env,
          cwd: box.folder,
          stdio: ['pipe', 'ignore', 'ignore'],
        })
        let code: number | null = null
        child.on('exit', ended => (code = ended))
        child.stdin.on('error', () => undefined)
        child.stdin.write('{"reason":')
        await until(() => code !== null, 25_000)
        t.equal(code, 0, event)
        child.stdin.destroy()
      }
    })

    t.test('nothing is touched where nothing is ours to touch', async t => {
      const cases: Record<string, (box: WrapperBox) => Record<string, string>> = {
        'switched off': box => {
          box.configure({ mode: 'off' })
          return {}
        },
        bypassed: () => ({ CLAUDE_AUTH_BYPASS: '1' }),
        'a home of somebody else': box => {
          const home = join(box.folder, 'theirs')
          mkdirSync(home)
          if (process.getuid?.() === 0) chownSync(home, 12_345, 0)
          else return { CLAUDE_AUTH_BYPASS: '1' }
          return { HOME: home }
        },
        'a folder that is not managed': box => ({ CLAUDE_CONFIG_DIR: join(box.home, 'other') }),
      }
      for (const [name, prepare] of Object.entries(cases)) {
        const { box, hook, change, mark } = setUp(t, shell)
        change()
        const env = prepare(box)
        for (const event of events) {
          const input =
            event === 'session-end' ? ending('logout') : failure('authentication_failed')
          t.match(await hook(event, { env, input }), silent, name)
        }
        await settle(box.home, 20_000)
        t.same(box.engineStarts(), [], name)
        t.notOk(existsSync(mark('signed-out')), name)
      }
    })

    t.test('prompts signed by another credential start no Node', async t => {
      const { box, hook, mark } = setUp(t, shell)
      const env = { ANTHROPIC_API_KEY: 'made-up' }
      box.engine(
        `printf 'y:%s\\nlaunch\\n' '${box.folder}' >'${quoted(mark('verdict-other'))}'; echo launch`,
      )
      t.match(await hook('session-start', { env }), silent)
      for (const _ of [1, 2, 3]) t.match(await hook('user-prompt-submit', { env }), silent)
      t.match(box.engineStarts(), [/ --foreign --launch/])
      t.equal(box.engineStarts().length, 1)
    })

    t.test('no Node, no engine, half a program: always 0', async t => {
      const { box, hook, change } = setUp(t, shell)
      change()
      rmSync(join(box.root, 'bin/claude-auth'))
      for (const event of events) t.match(await hook(event), silent)
      rmSync(join(box.root, 'node'))
      const env = { PATH: box.real }
      t.match(await hook('session-start', { env }), {
        code: 0,
        stdout: /node, flock or timeout is missing/,
      })
      t.match(await hook('user-prompt-submit', { env }), silent)
      for (const name of ['gate.sh', 'tools.sh', 'hook.sh', 'command.sh', 'claude']) {
        rmSync(join(box.root, 'bin', name))
        for (const event of events) t.match(await hook(event), { code: 0, stdout: '' }, name)
      }
    })
  })

t.test('a healthy hook starts no process at all', async t => {
  if (spawnSync('strace', ['-V']).status !== 0) return t.pass('# SKIP strace is missing')
  const { box, entry } = setUp(t, 'dash')
  for (const event of ['session-start', 'user-prompt-submit']) {
    const trace = join(box.folder, 'trace')
    const calls = 'trace=execve,fork,vfork,clone,clone3,connect'
    execFileSync('strace', ['-f', '-o', trace, '-e', calls, entry, 'hook', event], {
      env: box.env,
      stdio: 'ignore',
    })
    const seen = readFileSync(trace, 'utf8').match(/\b(execve|v?fork|clone3?|connect)\(/g)
    t.same(seen, ['execve('], event)
  }
})

t.test('the command without Node says so, and finds itself through links', async t => {
  const { box, entry } = setUp(t, 'dash')
  const link = join(box.folder, 'a link')
  symlinkSync(entry, link)
  const start = (env: Record<string, string>) =>
    run(link, ['log', 'a b'], { cwd: box.folder, env: { ...box.env, ...env } })
  rmSync(join(box.root, 'node'))
  box.write(
    join(box.root, 'node'),
    '#!/bin/sh\nprintf "<%s>" "$NODE_OPTIONS$NODE_DEBUG" "$@"\n',
    0o755,
  )
  const recorded = await start({ NODE_OPTIONS: '--x', NODE_DEBUG: 'http' })
  t.match(recorded, { code: 0, stdout: `<><${entry}><log><a b>` }, 'the recorded Node')
  const folder = join(box.folder, 'tools')
  symlinkSync(dirname(entry), folder)
  for (const path of [`${folder}/`, `${folder}//`, './']) {
    const ended = await run('/bin/sh', [`${path}entry`, 'log'], {
      cwd: folder,
      env: { ...box.env, PWD: folder },
    })
    t.match(ended, { code: 0, stdout: `<><${entry}><log>` }, path)
  }
  rmSync(join(box.root, 'node'))
  const line = 'claude-auth: node is not on PATH; it takes Node 20 or newer\n'
  t.match(await start({ PATH: box.real }), { code: 127, stdout: '', stderr: line })
})

function quoted(text: string): string {
  return text.replaceAll("'", "'\\''")
}
