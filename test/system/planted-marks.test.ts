// Marks that somebody else could have put there, and verdicts that are not of this wait: not one is believed.

import { execFileSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { until } from '../kit/terminal.js'
import { type Shell, shells, type WrapperBox, wrapperBox } from '../kit/wrapper-box.js'

const isRoot = process.getuid?.() === 0

/** Each puts marks that would be believed where somebody else could have put them; returns variables for the launch. */
const plants: Record<string, (box: WrapperBox) => Record<string, string>> = {
  'the state folder is a link': box => {
    renameSync(box.paths.state, join(box.folder, 'elsewhere'))
    symlinkSync(join(box.folder, 'elsewhere'), box.paths.state)
    return {}
  },
  'the mark is a link': box => {
    renameSync(join(box.paths.state, 'fresh'), join(box.folder, 'elsewhere'))
    symlinkSync(join(box.folder, 'elsewhere'), join(box.paths.state, 'fresh'))
    return {}
  },
  'the login folder is a relative path': box => {
    execFileSync('cp', ['-a', box.paths.folder, join(box.folder, 'here')])
    box.write(join(box.folder, 'here/.claude-auth/loginhere'), '')
    return { CLAUDE_CONFIG_DIR: 'here' }
  },
  'the login folder is another than the one of the marks': box => {
    execFileSync('cp', ['-a', box.paths.folder, join(box.folder, 'here')])
    return { CLAUDE_CONFIG_DIR: join(box.folder, 'here') }
  },
  'a way that leads back': box => {
    execFileSync('cp', ['-a', box.paths.folder, join(box.folder, 'here')])
    return { CLAUDE_CONFIG_DIR: join(box.paths.folder, '../../here') }
  },
  'the marks are of the future': box => {
    box.age(join(box.paths.state, 'seen'), 7200)
    return {}
  },
  'the login is a link to another': box => {
    renameSync(box.paths.loginFile, join(box.folder, 'login'))
    box.age(join(box.folder, 'login'), -7200)
    symlinkSync(join(box.folder, 'login'), box.paths.loginFile)
    return {}
  },
}

/** The same of another owner. */
const owned: typeof plants = {
  'the state folder is somebody else’s': box => {
    chownSync(box.paths.state, 12_345, 12_345)
    return {}
  },
  'the mark is somebody else’s': box => {
    chownSync(join(box.paths.state, 'fresh'), 12_345, 12_345)
    return {}
  },
  'the login is somebody else’s': box => {
    chownSync(box.paths.loginFile, 12_345, 12_345)
    return {}
  },
}

/** Marks that are believed; what is not believed is said in the place of looking further. */
function marked(t: Test): WrapperBox {
  const box = wrapperBox(t)
  box.mark()
  box.write(join(box.root, 'bin/launch.sh'), 'echo "looked further"; exit 0\n', 0o755)
  return box
}

for (const shell of Object.keys(shells) as Shell[])
  t.test(shell, async t => {
    t.test('of what stands in a mark nothing is run or read', async t => {
      const box = marked(t)
      const sign = join(box.folder, 'bad')
      const fill = `find "$0" -type f -exec sh -c 'touch -r "$1" "$2" && cat "$3" >"$1" && touch -r "$2" "$1"' sh {} "$1" "$2" ";"`
      for (const text of [
        'touch "$CA_BAD"\n',
        '`touch "$CA_BAD"`',
        "ca_folder='x",
        '(',
        'exit 9\n',
      ]) {
        box.write(join(box.folder, 'text'), text)
        const files = [box.paths.state, join(box.folder, 'time'), join(box.folder, 'text')]
        execFileSync('sh', ['-c', fill, ...files])
        const ended = await box.launch(shell, ['x'], { env: { ...box.env, CA_BAD: sign } })
        t.match(ended, { code: 0, stdout: /real\/claude pid=\d+\n<x>\n$/, stderr: '' }, text)
        t.notOk(existsSync(sign), text)
      }
    })

    t.test('marks of somebody else, or of another place, are not believed', async t => {
      for (const [name, plant] of Object.entries({ ...plants, ...(isRoot ? owned : {}) })) {
        const box = marked(t)
        t.match((await box.launch(shell, ['x'])).stdout, '<x>', 'without it they are')
        const env = { ...box.env, ...plant(box) }
        const ended = await box.launch(shell, ['x'], { env })
        t.match(ended, { code: 0, stdout: 'looked further\n' }, name)
      }
    })

    t.test('a state folder that is a link is no place to write to', async t => {
      const box = wrapperBox(t)
      const elsewhere = join(box.folder, 'elsewhere')
      mkdirSync(elsewhere)
      symlinkSync(elsewhere, box.paths.state)
      t.match(await box.launch(shell, ['x']), { code: 0, stderr: '' })
      t.notOk(existsSync(join(elsewhere, 'gate')))
      t.same(box.engineStarts(), [])
    })

    t.test('a verdict from the future is nobody’s', async t => {
      const box = wrapperBox(t)
      mkdirSync(box.paths.state, { mode: 0o700 })
      for (const name of ['verdict', 'verdict-other']) {
        box.write(join(box.paths.state, name), `:${box.folder}\nfail 3\n`)
        box.age(join(box.paths.state, name), 3600)
      }
      box.write(join(box.paths.state, 'verdict'), 'fail 3\n')
      box.age(join(box.paths.state, 'verdict'), 3600)
      for (const _ of [1, 2]) t.match(await box.launch(shell, ['x']), { code: 0, stderr: '' })
      t.equal(box.engineStarts().length, 2)
    })

    t.test('a verdict about another credential is for the same folder and environment', async t => {
      const box = wrapperBox(t)
      // The second waits for all that the first does, on a busy machine too.
      box.configure({ waitMs: 60_000 })
      const other = join(box.paths.state, 'verdict-other')
      const told = `{ echo "$ABOUT"; echo launch; echo 'claude-auth: told'; } >'${quoted(other)}'`
      // ash compares times by whole seconds.
      box.engine(`${box.untilLetGo}; sleep 1; ${told}; flock -s 9; echo launch`)
      // The first is at work while the second waits.
      const two = async (about: string, more: Record<string, string>) => {
        const env = { ...box.env, ABOUT: about, ...more }
        const before = box.engineStarts().length
        box.holdAgain()
        const both = [box.launch(shell, [], { env }), box.launch(shell, [], { env })]
        await until(() => box.engineStarts().length > before && isSomebodyWaiting(box.home))
        box.letGo()
        const said = (await Promise.all(both)).filter(each => each.stderr.includes('told')).length
        return [box.engineStarts().length - before, said]
      }
      t.same(await two(`:${box.folder}`, {}), [1, 1])
      t.same(await two('y:/elsewhere', {}), [2, 0])
      t.same(await two(`:${box.folder}`, { ANTHROPIC_API_KEY: 'x' }), [2, 0])
      t.same(await two(`y:${box.folder}`, { ANTHROPIC_API_KEY: 'x' }), [1, 1])
      t.match(box.engineStarts().at(-1), / --foreign --launch-in-environ /)
    })
  })

/** Is a `flock` of this home at work? Once the engine has begun, the gate is held: then it waits. */
function isSomebodyWaiting(home: string): boolean {
  return readdirSync('/proc').some(pid => {
    try {
      const [command = ''] = readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0')
      const environment = readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0')
      return command.endsWith('flock') && environment.includes(`HOME=${home}`)
    } catch {
      // No process, or one that has ended.
      return false
    }
  })
}

function quoted(text: string): string {
  return text.replaceAll("'", "'\\''")
}
