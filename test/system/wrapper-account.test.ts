// Sign-in and log-out through the wrapper, and the kill switch, with which nothing of all that is done.

import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Shell, shells, type WrapperBox, wrapperBox } from '../kit/wrapper-box.js'

/** A client that writes a login of that text and ends with that code. */
function clientThat(box: WrapperBox, login: string, code: number): void {
  const file = box.paths.loginFile.replaceAll("'", "'\\''")
  const script = `#!/bin/sh\nprintf '${login}' >'${file}'\nexit ${code}\n`
  box.write(join(box.real, 'claude'), script, 0o755)
}

for (const shell of Object.keys(shells) as Shell[])
  t.test(shell, async t => {
    t.test('a sign-in ends the log-out, and the engine is told of it', async t => {
      const box = wrapperBox(t)
      box.mark()
      box.write(box.paths.signedOut, '')
      clientThat(box, '{}', 0)
      t.equal((await box.launch(shell, ['auth', 'login'])).code, 0)
      t.notOk(existsSync(box.paths.signedOut))
      t.match(box.engineStarts(), [
        /^ensure --for sign-in --waited-for --launch-in-environ \[\/.*real\/claude\]$/,
      ])
    })

    for (const [name, login, code] of [
      ['that failed', '{}', 1],
      ['that left no login', '', 0],
    ] as const)
      t.test(`a sign-in ${name} leaves the log-out as it is`, async t => {
        const box = wrapperBox(t)
        box.mark()
        box.write(box.paths.signedOut, '')
        clientThat(box, login, code)
        t.equal((await box.launch(shell, ['auth', 'login'])).code, code)
        t.ok(existsSync(box.paths.signedOut))
        t.match(box.engineStarts(), [/^ensure --for hook /])
      })

    t.test('a slow engine is not waited for much longer than 15 s', async t => {
      const box = wrapperBox(t)
      const done = join(box.folder, 'done')
      box.engine(`${box.untilLetGo}; touch '${done}'`)
      const ended = await box.launch(shell, ['auth', 'logout'])
      t.equal(ended.code, 0)
      t.notOk(existsSync(done), 'it goes on in the background')
      box.letGo()
    })

    t.test('switched off by a config file nothing is written', async t => {
      for (const file of ['userConfig', 'systemConfig'] as const) {
        const box = wrapperBox(t)
        box.write(box[file], 'version: 1\nmode: "off"\n', 0o644)
        box.configure({ mode: 'off' })
        box.write(join(box.real, 'claude'), '#!/bin/sh\necho "$*"', 0o755)
        for (const words of [['x'], ['auth', 'logout'], ['auth', 'login'], ['update']])
          t.match(await box.launch(shell, words), {
            code: 0,
            stdout: `${words.join(' ')}\n`,
            stderr: '',
          })
        t.same(readdirSync(box.paths.folder), ['.credentials.json'])
        t.same(box.engineStarts(), [])
        rmSync(box.paths.folder, { recursive: true })
      }
    })
  })
