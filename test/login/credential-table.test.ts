// The wrapper knows what may sign from the same table as the engine.

import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import {
  credentialShell,
  credentialVariables,
  variablesThatLeaveTheLogin,
} from '../../src/login/credential-table.js'
import { shells } from '../kit/wrapper-box.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

t.test('the block in bin/claude is up to date', async t => {
  t.ok(readFileSync(`${root}/bin/claude`, 'utf8').includes(credentialShell()))
  t.doesNotThrow(() =>
    execFileSync(process.execPath, [`${root}/scripts/shell-blocks.mjs`, '--check'], {
      stdio: 'pipe',
    }),
  )
})

const examples = {
  text: 'x',
  switch: '1',
  'authorization-header': 'x-team: a\nauthorization: Bearer x',
  profile: 'work',
}

for (const [shell, [program = '', ...before]] of Object.entries(shells))
  t.test(`${shell} asks the engine where something else may sign, and only there`, async t => {
    // Without an external program: PATH leads nowhere.
    const script = `set -u; ${credentialShell()}[ -n "$ca_foreign" ] && echo asks || echo trusts`
    const says = (env: Record<string, string>) => {
      const child = spawnSync(
        '/usr/bin/env',
        ['-i', 'PATH=/none', ...asPairs(env), program, ...before, '-c', script],
        { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
      )
      return `${child.stdout}${child.stderr}`.trim()
    }
    t.equal(says({}), 'trusts')
    for (const { name, shape, with: other } of credentialVariables) {
      const beside = other === undefined ? {} : { [other]: 'o' }
      t.equal(says({ [name]: examples[shape], ...beside }), 'asks', name)
      t.equal(says({ [name]: '', ...beside }), 'trusts', `an empty ${name}`)
      if (other !== undefined) t.equal(says({ [name]: 'x' }), 'trusts', `${name} alone`)
      if (shape === 'switch') t.equal(says({ [name]: '0' }), 'trusts', `${name}=0`)
    }
    t.equal(says({ ANTHROPIC_CUSTOM_HEADERS: 'x-team: a' }), 'trusts')
    for (const name of variablesThatLeaveTheLogin) t.equal(says({ [name]: '1' }), 'trusts', name)
  })

function asPairs(env: Record<string, string>): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`)
}
