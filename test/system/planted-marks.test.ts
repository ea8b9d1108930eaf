// Marks that somebody else could have put there, and verdicts that are not of this wait: not one is believed.

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../kit/terminal.js'
import { type Shell, shells, type WrapperBox, wrapperBox } from '../kit/wrapper-box.js'

const bad = 'touch "$CA_BAD"'

/** Each leaves a `fresh` that would run `bad`, valid for an hour; returns variables for the launch. */
const plants: Record<string, (box: WrapperBox) => Record<string, string>> = {
  'the state folder is a link': box => {
    const elsewhere = join(box.folder, 'elsewhere')
    renameSync(box.paths.state, elsewhere)
    symlinkSync(elsewhere, box.paths.state)
    plant(box, join(elsewhere, 'fresh'))
    return {}
  },
  'the mark is a link': box => {
    const elsewhere = join(box.folder, 'elsewhere')
    plant(box, elsewhere)
    rmSync(join(box.paths.state, 'fresh'))
    symlinkSync(elsewhere, join(box.paths.state, 'fresh'))
    return {}
  },
  'the login folder is a relative path': box => {
    const state = join(box.folder, 'here/.claude-auth')
    mkdirSync(state, { recursive: true })
    plant(box, join(state, 'fresh'))
    box.write(join(state, 'seen'), '')
    box.age(join(state, 'seen'), -100)
    return { CLAUDE_CONFIG_DIR: 'here' }
  },
}

function plant(box: WrapperBox, file: string): void {
  box.write(file, `${bad}\n`)
  box.age(file, 3600)
}

for (const shell of Object.keys(shells) as Shell[])
  t.test(shell, async t => {
    t.test('of a mark that a damaged disk cut short, nothing is believed', async t => {
      for (const cut of ['ca_fol', "ca_folder='x", '(']) {
        const box = wrapperBox(t)
        box.mark()
        box.write(join(box.paths.state, 'fresh'), `ca_format='1'\nca_client=/bin/true\n${cut}`)
        box.age(join(box.paths.state, 'fresh'), 3600)
        const ended = await box.launch(shell, ['x'])
        t.match(ended, { code: 0, stdout: /real\/claude pid=\d+\n<x>\n$/ }, cut)
      }
    })

    for (const [name, prepare] of Object.entries(plants))
      t.test(`${name}: nothing of it is run, and the client starts`, async t => {
        const box = wrapperBox(t)
        box.mark()
        const sign = join(box.folder, 'bad')
        const env = { ...box.env, ...prepare(box), CA_BAD: sign }
        const ended = await box.launch(shell, ['x'], { env })
        t.match(ended, { code: 0, stdout: /real\/claude pid=\d+\n<x>\n$/ })
        t.notOk(existsSync(sign))
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
      t.match(box.engineStarts().at(-1), / --foreign$/)
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
