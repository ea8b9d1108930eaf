// Which client the wrapper starts, and how it never starts itself for ever.

import { chmodSync, chownSync, cpSync, mkdirSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { run } from '../kit/run.js'
import { type Shell, shells, type WrapperBox, wrapperBox } from '../kit/wrapper-box.js'

const isRoot = process.getuid?.() === 0

/** A client that says its own path. */
function addClient(box: WrapperBox, folder: string, name = 'claude'): string {
  const path = join(folder, name)
  box.write(path, '#!/bin/sh\necho "$0"\n', 0o755)
  return path
}

for (const shell of Object.keys(shells) as Shell[])
  t.test(shell, async t => {
    /** What find-client.sh prints with these variables; without a client on PATH. */
    async function find(box: WrapperBox, more: Record<string, string> = {}, configured?: string) {
      const [program = '', ...before] = shells[shell]
      const script = [...before, join(box.root, 'bin/find-client.sh')]
      const named: Record<string, string> =
        configured === undefined ? {} : { ca_configured: configured }
      const env = { HOME: box.home, PATH: '/usr/bin:/bin', ...named, ...more }
      return run(program, script, { cwd: box.folder, env })
    }

    t.test('the order: variable, configuration, PATH, known places', async t => {
      const box = wrapperBox(t)
      const versions = join(box.home, '.local/share/claude/versions')
      const known = join(box.home, '.claude/local')
      t.equal((await find(box, { HOME: join(box.home, 'none') })).code, 127)
      const expect = async (path: string, more: Record<string, string> = {}, configured?: string) =>
        t.match(await find(box, more, configured), { stdout: `${path}\n`, stderr: '', code: 0 })
      await expect(addClient(box, known))
      const newer = addClient(box, versions, '2.1.9')
      const older = addClient(box, versions, '2.1.10')
      utimesSync(older, 1000, 1000)
      await expect(newer)
      await expect(addClient(box, join(box.home, '.local/bin')))
      const PATH = `:relative:${box.real}/:/usr/bin`
      await expect(join(box.real, 'claude'), { PATH })
      const system = addClient(box, join(box.folder, 'system'))
      await expect(system, { PATH }, system)
      const named = addClient(box, join(box.folder, 'na med'))
      await expect(named, { PATH, CLAUDE_AUTH_CLIENT: named }, system)
      const wrong = await find(box, { PATH, CLAUDE_AUTH_CLIENT: '/nowhere/claude' }, system)
      t.match(wrong, {
        stdout: `${system}\n`,
        stderr: /^claude-auth: CLAUDE_AUTH_CLIENT [^\n]*\n$/,
      })
    })

    t.test('the client that the configuration names is started, as the engine read it', async t => {
      const box = wrapperBox(t)
      const named = addClient(box, join(box.folder, 'named'))
      box.configure({ client: named })
      for (const word of ['x', '--version'])
        t.match(await box.launch(shell, [word]), { code: 0, stdout: `${named}\n`, stderr: '' })
      box.mark({ client: named, isClientConfigured: true })
      t.match(await box.launch(shell, ['x']), { code: 0, stdout: `${named}\n`, stderr: '' })
      rmSync(join(box.root, 'node'))
      const env = { ...box.env, PATH: box.real }
      const without = await box.launch(shell, ['--version'], { env })
      t.match(without, { code: 0, stdout: /real\/claude/ }, 'without Node, what PATH finds')
    })

    t.test('what PATH finds is started, whoever may write there', async t => {
      const box = wrapperBox(t)
      const folder = join(box.folder, 'shared')
      const path = addClient(box, folder)
      const env = { ...box.env, PATH: `${folder}:/usr/bin:/bin` }
      const ways: [number, number, number][] = [
        [0, 0, 0o757],
        [0, 0, 0o1777],
        [0, 50, 0o775],
        [12_345, 12_345, 0o755],
      ]
      for (const [uid, gid, mode] of isRoot ? ways : ways.slice(0, 2))
        for (const place of [folder, path]) {
          if (isRoot) chownSync(place, uid, gid)
          chmodSync(place, mode)
          for (const CLAUDE_AUTH_BYPASS of ['', '1']) {
            const ended = await box.launch(shell, ['x'], { env: { ...env, CLAUDE_AUTH_BYPASS } })
            t.match(ended, { code: 0, stdout: `${path}\n`, stderr: '' }, `${place} ${uid} ${mode}`)
          }
        }
    })

    t.test('a known place that others may fill is passed over', async t => {
      const box = wrapperBox(t)
      const folder = join(box.home, '.local/bin')
      const bad = addClient(box, folder)
      const good = addClient(box, join(box.home, '.claude/local'))
      const found = async () => (await find(box)).stdout.trim()
      t.equal(await found(), bad)
      for (const path of [box.home, join(box.home, '.local'), folder, bad]) {
        const wanted = path === box.home ? '' : good
        chmodSync(path, 0o757)
        t.equal(await found(), wanted, `${path} for all`)
        chmodSync(path, 0o755)
        if (!isRoot) continue
        chownSync(path, 0, 50)
        chmodSync(path, 0o775)
        t.equal(await found(), wanted, `${path} for a group`)
        chownSync(path, 12345, 12345)
        chmodSync(path, 0o755)
        t.equal(await found(), wanted, `${path} of another`)
        chownSync(path, 0, 0)
        chmodSync(path, 0o775)
        t.equal(await found(), bad, `${path} for the own group`)
        chmodSync(path, 0o755)
      }
    })

    t.test('the wrapper and its copies are no client', async t => {
      const box = wrapperBox(t)
      rmSync(join(box.real, 'claude'))
      symlinkSync(join(box.root, 'bin/claude'), join(box.real, 'claude'))
      const copy = join(box.folder, 'copy')
      cpSync(join(box.root, 'bin'), copy, { recursive: true })
      const places = `${box.real}:${copy}`
      const only = await box.launch(shell, ['x'], {
        env: { ...box.env, PATH: `${places}:/usr/bin:/bin` },
      })
      t.match(only, {
        code: 127,
        stdout: '',
        stderr: /^claude-auth: [^\n]*npm install -g [^\n]*\n$/,
      })
      const other = addClient(box, join(box.folder, 'other'))
      const PATH = `${places}:${join(box.folder, 'other')}:/usr/bin:/bin`
      for (const CLAUDE_AUTH_BYPASS of ['', '1']) {
        const ended = await box.launch(shell, ['x'], {
          env: { ...box.env, PATH, CLAUDE_AUTH_BYPASS },
        })
        t.match(ended, { code: 0, stdout: `${other}\n` })
      }
    })

    t.test('a script that starts the wrapper again is passed over, or stopped', async t => {
      const box = wrapperBox(t)
      const wrapper = `'${join(box.root, 'bin/claude')}' "$@"`
      const first = join(box.folder, 'first')
      const second = join(box.folder, 'second')
      mkdirSync(first)
      box.write(join(first, 'claude'), `#!/bin/sh\nexec ${wrapper}\n`, 0o755)
      box.write(join(second, 'claude'), `#!/bin/sh\nexec ${wrapper}\n`, 0o755)
      const env = { ...box.env, PATH: `${first}:${second}:${box.real}:/usr/bin:/bin` }
      for (const word of ['x', '--version']) {
        const ended = await box.launch(shell, [word], { env })
        t.match(ended, { code: 0, stderr: '', stdout: new RegExp(`real/claude .*\\n<${word}>`) })
      }
      box.write(join(first, 'claude'), `#!/bin/sh\n${wrapper}\n`, 0o755)
      const ended = await box.launch(shell, ['--version'], { env })
      t.match(ended, { code: 127, stdout: '', stderr: /^claude-auth: [^\n]*again[^\n]*\n$/ })
    })

    t.test('a launch never says more than six lines', async t => {
      const box = wrapperBox(t)
      const lines = [1, 2, 3, 4, 5, 6].map(each => `echo "claude-auth: line ${each}"`)
      box.engine(`echo 'fail 3'; ${lines.join('; ')}`)
      const ended = await box.launch(shell, [], {
        env: { ...box.env, CLAUDE_AUTH_CLIENT: '/nonexist' },
      })
      t.equal(ended.code, 3)
      t.match(ended.stderr, /names no client[^\n]*\nclaude-auth: line 1\n/)
      t.equal(ended.stderr.split('\n').length, 7)
    })

    t.test('claude-wrap starts the client it is given', async t => {
      const box = wrapperBox(t)
      const bundled = addClient(box, join(box.folder, 'an editor'))
      const [program = '', ...before] = shells[shell]
      const link = join(box.folder, 'link')
      symlinkSync(join(box.root, 'bin/claude-wrap'), link)
      const wrap = (script: string, args: string[]) =>
        run(program, [...before, script, ...args], { cwd: box.folder, env: box.env })
      for (const script of [link, join(box.root, 'bin/claude-wrap')]) {
        t.match(await wrap(script, [bundled, 'x']), { code: 0, stdout: `${bundled}\n`, stderr: '' })
        t.match(await wrap(script, [join(box.root, 'bin/claude'), 'x']), {
          code: 0,
          stdout: /real\/claude pid=\d+\n<x>\n$/,
          stderr: '',
        })
        box.mark()
      }
      const starts = box.engineStarts()
      t.match(starts[0], / --override .*\[/)
      t.match(starts[0], `[${bundled}]`)
      t.equal(starts.length, 2, 'none when the marks are fresh')
      t.match(await wrap(link, ['/nowhere']), {
        code: 127,
        stderr: 'claude-auth: cannot start /nowhere: it is not there\n',
      })
      box.write(join(box.folder, 'script'), '#!/no/such/thing -x\n', 0o755)
      const reasons: [string, number, string][] = [
        [box.folder, 126, 'it is no program'],
        [join(box.folder, 'script'), 127, 'its interpreter /no/such/thing is not there'],
      ]
      // With a fresh mark exec is tried at once: then the shell's own words come first.
      t.match(await wrap(link, [join(box.folder, 'script')]), { code: 127, stdout: '' })
      rmSync(join(box.paths.state, 'fresh'))
      for (const [path, code, why] of reasons) {
        const stderr = `claude-auth: cannot start ${path}: ${why}\n`
        t.match(await wrap(link, [path]), { code, stderr })
      }
      t.match(await wrap(link, []), { code: 2, stderr: /^claude-auth: [^\n]*\n$/ })
    })
  })

t.test('bash runs no exported function in the place of a command', async t => {
  const box = wrapperBox(t)
  const script = join(box.root, 'bin/find-client.sh')
  const functions = Object.fromEntries(
    ['[', 'command', 'test', 'printf', 'sed'].map(name => [
      `BASH_FUNC_${name}%%`,
      '() { echo hidden >&2; }',
    ]),
  )
  // As on a machine whose sh is bash.
  const words = ['-c', 'exec -a sh /bin/bash "$@"', 'sh', script]
  const env = { HOME: box.home, PATH: `${box.real}:/usr/bin:/bin`, ...functions }
  const found = await run('/bin/bash', words, { cwd: box.folder, env })
  t.match(found, { code: 0, stdout: `${join(box.real, 'claude')}\n`, stderr: '' })
})
