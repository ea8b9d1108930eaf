// The wrapper is not to be noticed: what goes in and out of the client, and the launches it leaves alone.

import { chownSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { run as runProgram } from '../kit/run.js'
import { builtins, programs } from '../kit/shell-words.js'
import { type Shell, shells, type WrapperBox, wrapperBox } from '../kit/wrapper-box.js'

const isRoot = process.getuid?.() === 0

/** Both ways to the client: the marks say fresh, or the engine was asked. */
const ways: Record<string, (box: WrapperBox) => void> = {
  healthy: box => void box.mark(),
  asked: () => {},
}

/** Tells all that a process inherits: descriptors, children, group, directory, ignored signals. */
const inspector = `#!/bin/sh
echo "children: $(wc -w </proc/$$/task/$$/children)"
echo "leader: $(ps -o pgid= -p $$ | tr -d ' ') $(ps -o sid= -p $$ | tr -d ' ')"
for fd in 3 4 5 6 7 8 9; do if [ -e /proc/$$/fd/$fd ]; then echo "$fd: $(readlink /proc/$$/fd/$fd)"; fi; done
pwd; umask; grep SigIgn /proc/$$/status; cat`

for (const shell of Object.keys(shells) as Shell[])
  t.test(shell, async t => {
    for (const [way, prepare] of Object.entries(ways)) {
      t.test(`arguments, stdin and exit code pass, ${way}`, async t => {
        const box = wrapperBox(t)
        prepare(box)
        const args = ['-p', 'a b', '', 'new\nline', '$HOME *', "it's", '--', '"']
        const env = { ...box.env, CLIENT_EXIT: '17' }
        const ended = await box.launch(shell, args, { env })
        t.equal(ended.code, 17)
        t.equal(ended.stdout.replace(/^.*\n/, ''), args.map(arg => `<${arg}>\n`).join(''))
        t.equal(ended.stderr, '')
        box.write(join(box.real, 'claude'), '#!/bin/sh\ncat', 0o755)
        t.equal((await box.launch(shell, [], { input: 'one\ntwo' })).stdout, 'one\ntwo')
        box.write(join(box.real, 'claude'), '#!/bin/sh\nkill -USR1 $$', 0o755)
        t.equal((await box.launch(shell)).signal, 'SIGUSR1')
        t.equal(box.engineStarts().length, way === 'healthy' ? 0 : 3)
      })

      t.test(`the client inherits what it would have without us, ${way}`, async t => {
        const box = wrapperBox(t)
        box.write(join(box.real, 'claude'), inspector, 0o755)
        prepare(box)
        const bare = await run(box, [join(box.real, 'claude')])
        const ended = await run(box, [...shells[shell], join(box.root, 'bin/claude')])
        const own = (text: string) =>
          text.replace(/^leader: (\d+) (\d+)$/m, (_, a, b) => `leader: ${a === b}`)
        t.equal(own(ended.stdout), own(bare.stdout))
        t.match(ended.stdout, /9: .*nine\n/)
        t.equal(ended.stderr, '')
      })
    }

    t.test('the worker inherits none of the descriptors', async t => {
      const box = wrapperBox(t)
      box.engine(`ls -l /proc/$$/fd | sed -n 's/.*-> //p' >'${box.folder}/worker'; echo launch`)
      await run(box, [...shells[shell], join(box.root, 'bin/claude')])
      const seen = await run(box, ['cat', join(box.folder, 'worker')])
      t.notMatch(seen.stdout, /three|nine/)
      t.match(seen.stdout, /\.claude-auth\/gate/)
    })

    t.test('it finds its own files however its folder was reached', async t => {
      const box = wrapperBox(t)
      const own = join(box.root, 'bin/claude-auth')
      box.engine(`[ "$0" = '${own}' ] && echo launch`)
      mkdirSync(join(box.root, 'sub'))
      symlinkSync(join(box.root, 'bin'), join(box.folder, 'tools'))
      symlinkSync(join(box.root, 'sub'), join(box.folder, 'linked'))
      const starts = [
        [box.folder, `${box.folder}/tools/claude`],
        [box.folder, `${box.folder}/tools//claude`],
        [box.folder, `${box.folder}/linked/../bin/claude`],
        [box.folder, 'root/bin/claude'],
        [join(box.root, 'bin'), 'claude'],
        [join(box.folder, 'tools'), './claude'],
        [join(box.folder, 'linked'), '../bin/claude'],
      ] as const
      const [program = '', ...before] = shells[shell]
      for (const [folder, path] of starts)
        for (const [name, args] of Object.entries({
          claude: [],
          'claude-wrap': [join(box.real, 'claude')],
        })) {
          const script = path.replace(/claude$/, name)
          // As a shell does that went there: PWD has the link in it.
          const env = { ...box.env, PWD: folder }
          const ended = await runProgram(program, [...before, script, ...args, 'x'], {
            cwd: folder,
            env,
          })
          t.match(ended, { code: 0, stdout: '<x>', stderr: '' }, `${script} in ${folder}`)
        }
    })

    t.test('exempt words start the client unchecked', async t => {
      const box = wrapperBox(t)
      const words = '--version -v --help -h update install setup-token'.split(' ')
      for (const word of words) {
        const ended = await box.launch(shell, [word, 'x'])
        t.match(ended.stdout, `<${word}>\n<x>\n`)
      }
      await box.launch(shell, [], { env: { ...box.env, CLAUDE_AUTH_BYPASS: '1' } })
      t.same(box.engineStarts(), [])
      await box.launch(shell, ['auth', 'status'])
      await box.launch(shell, ['doctor'])
      t.equal(box.engineStarts().length, 2)
    })

    t.test('a client that the marks know answers exempt words with nothing in between', async t => {
      const box = wrapperBox(t)
      box.mark({ freshUntilMs: Date.now() - 60_000, usableUntilMs: Date.now() - 30_000 })
      box.write(join(box.paths.state, 'notice'), 'claude-auth: something\n')
      rmSync(join(box.root, 'bin/launch.sh'))
      for (const word of ['--version', '-v', '--help', '-h', 'setup-token']) {
        const ended = await box.launch(shell, [word])
        t.match(ended.stdout, `<${word}>\n`)
        t.equal(ended.stderr, '')
      }
      const broken = 'claude-auth: launch.sh of claude-auth is missing; launching without a check\n'
      t.match(await box.launch(shell, ['auth', 'status']), {
        code: 0,
        stdout: '<auth>\n<status>\n',
        stderr: broken,
      })
      t.ok(existsSync(join(box.paths.state, 'notice')), 'for a launch to show')
    })

    t.test('whichever part of the program is missing, the client starts', async t => {
      const parts = ['words', 'trust', 'find-client', 'ours', 'tools', 'config', 'gate'] as const
      for (const part of parts) {
        const box = wrapperBox(t)
        rmSync(join(box.root, `bin/${part}.sh`))
        const ended = await box.launch(shell, ['x'])
        t.match(ended, { code: 0, stdout: '<x>\n' }, part)
        t.match(ended.stderr, `claude-auth: ${part}.sh of claude-auth is missing`)
      }
    })

    t.test('after an update the client is looked for anew', async t => {
      const box = wrapperBox(t)
      box.mark()
      await box.launch(shell, ['update'])
      t.notOk(existsSync(join(box.paths.state, 'fresh')))
    })

    t.test('sign-in and log-out are recorded, with the exit code of the client', async t => {
      const box = wrapperBox(t)
      box.mark()
      const env = { ...box.env, CLIENT_EXIT: '9' }
      const signIn = await box.launch(shell, ['auth', 'login', '--sso'], { env })
      t.equal(signIn.code, 9)
      t.match(signIn.stdout, '<--sso>')
      t.match(box.engineStarts(), [
        /^ensure --for hook --waited-for --launch-in-environ \[\/.*real\/claude\]$/,
      ])
      t.notOk(existsSync(join(box.paths.state, 'fresh')))
      t.equal((await box.launch(shell, ['auth', 'logout'], { env })).code, 9)
      t.notOk(existsSync(box.paths.signedOut), 'a log-out that failed leaves no mark')
      const script = `#!/bin/sh\n[ -e '${quoted(box.paths.signedOut)}' ] && echo marked`
      box.write(join(box.real, 'claude'), script, 0o755)
      t.equal((await box.launch(shell, ['auth', 'logout'])).stdout, 'marked\n')
      t.ok(existsSync(box.paths.signedOut))
    })

    t.test(
      'in the home of somebody else nothing is read or changed',
      { skip: !isRoot },
      async t => {
        const box = wrapperBox(t)
        box.mark()
        for (const path of [box.home, box.paths.folder, box.paths.state]) {
          chownSync(path, 12345, 12345)
          chownSync(join(box.paths.state, 'fresh'), 12345, 12345)
          writeFileSync(join(box.paths.state, 'seen'), 'changed')
          const ended = await box.launch(shell, ['x'])
          t.match(ended.stdout, '<x>')
          t.equal(ended.stderr, '')
          t.notOk(existsSync(box.paths.gate))
          chownSync(path, 0, 0)
        }
        t.same(box.engineStarts(), [])
      },
    )

    t.test('a folder that is not managed is left alone', async t => {
      const box = wrapperBox(t)
      const other = join(box.home, 'other')
      mkdirSync(other)
      const env = { ...box.env, CLAUDE_CONFIG_DIR: other }
      await box.launch(shell, [], { env })
      const relative = { ...env, CLAUDE_CONFIG_DIR: '~/.claude' }
      t.match(await box.launch(shell, ['x'], { env: relative }), {
        code: 0,
        stdout: '<x>',
        stderr: /^claude-auth: the login folder is named by a relative path[^\n]*\n$/,
      })
      const version = await box.launch(shell, ['--version'], { env: relative })
      t.match(version, { code: 0, stderr: '' })
      t.same(box.engineStarts(), [])
      t.notOk(existsSync(join(other, '.claude-auth')))
      box.configure({ folders: [join(box.home, 'another'), other] })
      await box.launch(shell, [], { env })
      t.equal(box.engineStarts().length, 1)
    })

    t.test('slashes at the end of the folder change nothing', async t => {
      const box = wrapperBox(t)
      const env = { ...box.env, CLAUDE_CONFIG_DIR: `${box.paths.folder}//` }
      await box.launch(shell, [], { env })
      t.equal(box.engineStarts().length, 1)
      box.mark()
      t.match(await box.launch(shell, ['x'], { env }), { code: 0, stdout: /<x>/ })
      t.equal(box.engineStarts().length, 1, 'the marks are those of the folder')
    })

    t.test('a hostile environment changes nothing', async t => {
      const box = wrapperBox(t)
      const here = join(box.folder, 'here')
      const said = join(box.folder, 'said')
      const bad = `echo bad >>'${said}'`
      for (const name of [
        'readlink',
        'flock',
        'timeout',
        'ls',
        'sed',
        'mkdir',
        'cat',
        'setsid',
        'claude',
        'node',
      ])
        box.write(join(here, name), `#!/bin/sh\n${bad}\n`, 0o755)
      box.write(join(here, 'rc'), bad)
      const functions = ['[', 'exec', 'unset', 'export', ...builtins(), ...programs()]
      const env: Record<string, string> = {
        ...box.env,
        ...{ PATH: `.::${box.env['PATH']}`, IFS: 'ae/', CDPATH: '/usr', ENV: join(here, 'rc') },
        ...Object.fromEntries(functions.map(name => [`BASH_FUNC_${name}%%`, `() { ${bad}; }`])),
        ...{ ca_wrap: '1', ca_client: '/bin/false', ca_zone: 'fresh', ca_given: '/bin/false' },
      }
      for (const prepare of [() => {}, () => box.mark()]) {
        prepare()
        const ended = await box.launch(shell, ['a e/'], { env, cwd: here })
        t.match(ended.stdout, /real\/claude pid=\d+\n<a e\/>\n$/)
        t.equal(ended.stderr, '')
      }
      t.equal(box.engineStarts().length, 1)
      t.notOk(existsSync(said))
    })
  })

/** Runs it with files open on 3 and 9. */
function run(box: WrapperBox, command: string[]) {
  const open = 'exec 3<three 9<nine; exec "$@"'
  for (const name of ['three', 'nine']) writeFileSync(join(box.folder, name), '')
  const [program = '', ...args] = ['sh', '-c', open, 'open', ...command]
  return runProgram(program, args, { cwd: box.folder, env: box.env })
}

function quoted(text: string): string {
  return text.replaceAll("'", "'\\''")
}
