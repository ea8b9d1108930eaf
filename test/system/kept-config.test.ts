// What is kept of the configuration for the shell: believed only as the form of the program that is installed made it.

import { join } from 'node:path'
import t from 'tap'
import { configForm } from '../../src/config/cache.js'
import { type Shell, shells, type WrapperBox, wrapperBox } from '../kit/wrapper-box.js'

function keep(box: WrapperBox, first: string): void {
  const lines = [
    first,
    `user ${box.userConfig}`,
    `have ${box.systemConfig}`,
    `have ${box.userConfig}`,
  ]
  const path = join(box.paths.state, 'launch-config')
  box.write(path, `${[...lines, 'mode off', 'wait 2', 'end'].join('\n')}\n`)
}

for (const shell of Object.keys(shells) as Shell[])
  t.test(shell, async t => {
    const box = wrapperBox(t)
    for (const first of ['format 2', 'form', 'form ', 'form another', 'mode off']) {
      keep(box, first)
      const before = box.engineStarts().length
      t.match(await box.launch(shell, ['x']), { code: 0, stdout: '<x>', stderr: '' })
      t.equal(box.engineStarts().length, before + 1, `${first}: what is in force is "on"`)
    }
    keep(box, `form ${configForm}`)
    const before = box.engineStarts().length
    t.match(await box.launch(shell, ['x']), { code: 0, stdout: '<x>', stderr: '' })
    t.equal(box.engineStarts().length, before, 'this form’s own word counts: "off"')
  })
