// The wrapper at a real terminal: Ctrl-C, the sign-in prompt, and what was left to be said.

import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { settle } from '../kit/run.js'
import { type Shell, shells, type WrapperBox, wrapperBox } from '../kit/wrapper-box.js'

interface Terminal {
  type(keys: string): void
  /** Waits until that text was shown or that file is there. */
  until(sign: string): Promise<void>
  /** All that was shown, when the command has ended. */
  end: Promise<string>
}

/** Runs the wrapper at a terminal of its own (util-linux `script`). */
function terminal(box: WrapperBox, shell: Shell, args: string[] = []): Terminal {
  const words = [...shells[shell], join(box.root, 'bin/claude'), ...args]
  const command = `${words.map(word => `'${word}'`).join(' ')}; echo "ended $?"`
  const child = spawn('script', ['-qfec', command, '/dev/null'], {
    cwd: box.folder,
    env: { ...box.env, SHELL: '/bin/sh' },
  })
  let shown = ''
  child.stdout.setEncoding('utf8').on('data', text => (shown += text))
  const end = new Promise<string>(resolve => child.on('close', () => resolve(shown)))
  return {
    type: keys => void child.stdin.write(keys),
    until: async sign => {
      for (let turn = 0; turn < 500 && !shown.includes(sign) && !existsSync(sign); turn++)
        await sleep(20)
    },
    end,
  }
}

/** The stand-in asks for a sign-in, which leaves a file behind. */
function askForSignIn(box: WrapperBox): string {
  const signedIn = join(box.folder, 'signed-in')
  box.engine(`case $1 in
    ensure) printf 'prompt\\nclaude-auth: please sign in\\n' ;;
    login) [ -t 0 ] && touch '${signedIn}'; exit 1 ;;
  esac`)
  return signedIn
}

for (const shell of Object.keys(shells) as Shell[])
  t.test(shell, async t => {
    for (const name of ['systemd', 'bash'])
      t.test(`Ctrl-C ends the launch and not the worker (first process: ${name})`, async t => {
        const box = wrapperBox(t)
        box.bootedBy(name)
        const [begun, done] = [join(box.folder, 'begun'), join(box.folder, 'done')]
        box.engine(`touch '${begun}'; ${box.untilLetGo}; touch '${done}'; echo launch`)
        const screen = terminal(box, shell)
        await screen.until(begun)
        screen.type('\x03')
        const shown = await screen.end
        t.notMatch(shown, 'client')
        t.notOk(existsSync(done))
        box.letGo()
        t.ok(await settle(box.home, 30_000))
        t.ok(existsSync(done))
      })

    t.test('Enter at the prompt signs in, and the client starts whatever came of it', async t => {
      const box = wrapperBox(t)
      const signedIn = askForSignIn(box)
      const screen = terminal(box, shell, ['x'])
      await screen.until('[Y/n] ')
      screen.type('\r')
      const shown = await screen.end
      t.match(shown, /^claude-auth: please sign in\r\nclaude-auth: Sign in now\? \[Y\/n\] /)
      t.match(shown, /real\/claude pid=\d+\r\n<x>\r\nended 0/)
      t.ok(existsSync(signedIn))
      t.match(box.engineStarts(), [
        /^ensure .* --terminal --launch/,
        /^login --launch-in-environ \[\/.*real\/claude\]$/,
      ])
    })

    for (const keys of ['n\r', '\x04'])
      t.test(`${JSON.stringify(keys)} at the prompt only starts the client`, async t => {
        const box = wrapperBox(t)
        const signedIn = askForSignIn(box)
        const screen = terminal(box, shell)
        await screen.until('[Y/n] ')
        screen.type(keys)
        t.match(await screen.end, /real\/claude pid=\d+\r\nended 0/)
        t.notOk(existsSync(signedIn))
      })

    t.test('nobody answers: the client starts, and what was typed too late is its own', async t => {
      const box = wrapperBox(t)
      const signedIn = askForSignIn(box)
      const words = join(box.root, 'bin/words.sh')
      const text = readFileSync(words, 'utf8')
      t.match(text, /^ca_answer_within=60$/m)
      box.write(words, text.replace('ca_answer_within=60', 'ca_answer_within=1'))
      box.write(
        join(box.real, 'claude'),
        '#!/bin/sh\nread -r line; echo "the client read $line"\n',
        0o755,
      )
      const screen = terminal(box, shell)
      await screen.until('No answer in 1 s')
      screen.type('later\r')
      t.match(
        await screen.end,
        /No answer in 1 s; Claude starts\.[\s\S]*the client read later\r\nended 0/,
      )
      t.notOk(existsSync(signedIn))
    })

    t.test('Ctrl-C at the prompt ends the launch', async t => {
      const box = wrapperBox(t)
      const signedIn = askForSignIn(box)
      const screen = terminal(box, shell)
      await screen.until('[Y/n] ')
      screen.type('\x03')
      t.notMatch(await screen.end, 'real/claude')
      t.notOk(existsSync(signedIn))
    })

    t.test('nobody is asked in a job of a build server, or for what needs no login', async t => {
      const box = wrapperBox(t)
      const asked = async (args: string[], env: Record<string, string> = {}) => {
        const before = box.engineStarts().length
        Object.assign(box.env, env)
        await terminal(box, shell, args).end
        for (const name of Object.keys(env)) delete box.env[name]
        return box
          .engineStarts()
          .slice(before)
          .map(words => words.includes('--terminal'))
      }
      for (const env of [
        { CI: 'true' },
        { CI: '1' },
        { TF_BUILD: 'True' },
        { JENKINS_URL: 'https://ci' },
      ])
        t.same(await asked([], env as Record<string, string>), [false], JSON.stringify(env))
      for (const env of [{ CI: '' }, { CI: 'false' }, { CI: '0' }])
        t.same(await asked([], env as Record<string, string>), [true], JSON.stringify(env))
      const needless = [
        'mcp add a b',
        'auth status',
        'doctor',
        'config list',
        'plugin list',
        'agents',
        '--debug mcp list',
        '--bare',
        '--model x --help',
      ]
      for (const line of needless) t.same(await asked(line.split(' ')), [false], line)
      for (const line of ['', 'hi', '--resume', '--bg hi', 'ultrareview', '-- mcp'])
        t.same(await asked(line === '' ? [] : line.split(' ')), [true], line)
    })

    t.test('with -p it is no terminal to the engine', async t => {
      const box = wrapperBox(t)
      for (const args of [
        ['-p'],
        ['hi', '--print'],
        ['-pc'],
        ['--', '-p'],
        ['--permission-mode', 'x'],
      ])
        await terminal(box, shell, args).end
      const told = box.engineStarts().map(words => words.includes('--terminal'))
      t.same(told, [false, false, false, true, true])
    })

    t.test('what was left to be said is said once, at a terminal', async t => {
      const box = wrapperBox(t)
      const notice = join(box.paths.state, 'notice')
      box.mark()
      box.write(notice, 'claude-auth: the login ends in 3 days\n')
      t.equal((await box.launch(shell)).stderr, '')
      t.notMatch(await terminal(box, shell, ['-p', 'hi']).end, 'claude-auth:')
      t.ok(existsSync(notice), 'nobody reads it beside -p')
      t.match(await terminal(box, shell).end, /^claude-auth: the login ends in 3 days\r\nclient/)
      t.notOk(existsSync(notice))
      t.notMatch(await terminal(box, shell).end, 'claude-auth:')
      t.same(box.engineStarts(), [])
    })
  })
