// A hostile environment, planted clients and planted configuration: the real wrapper and engine, in each shell.

import { chmodSync, chownSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { builtins, programs } from '../../kit/shell-words.js'
import { type Wrapped, wrapped } from '../../kit/wrapped.js'
import { type Shell, shells } from '../../kit/wrapper-box.js'
import { type Figures, isWhole } from '../figures.js'
import { neighbourUid, skip } from './street.js'

const sign = (box: Wrapped) => join(box.home.path, 'harm')
const harmful = (box: Wrapped) => `#!/bin/sh\necho "$0" >>'${sign(box)}'\n`
const ourTools = [
  'readlink',
  'flock',
  'timeout',
  'ls',
  'sed',
  'mkdir',
  'cat',
  'setsid',
  'sleep',
  'node',
]
const hidden = ['[', 'exec', 'unset', 'export', 'node', ...builtins(), ...programs()]

/**
 * What the caller's environment may try. Not LD_PRELOAD, nor SHELLOPTS with PS4 where sh is bash: they are in every
 * program before its first line, so who sets them is the user.
 */
function environments(box: Wrapped): Record<string, Record<string, string>> {
  const here = join(box.home.path, 'here')
  for (const name of [...ourTools, 'claude']) box.home.write(join(here, name), harmful(box), 0o755)
  box.home.write(join(here, 'rc'), harmful(box))
  const script = `require('node:fs').appendFileSync(${JSON.stringify(sign(box))}, process.argv[1])`
  box.home.write(join(here, 'evil.cjs'), script)
  const body = `() { echo function >>'${sign(box)}'; }`
  const path = box.env['PATH'] ?? ''
  return {
    NODE_OPTIONS: { NODE_OPTIONS: `--require ${join(here, 'evil.cjs')}` },
    'ENV and BASH_ENV': { ENV: join(here, 'rc'), BASH_ENV: join(here, 'rc') },
    IFS: { IFS: 'aeiou/-' },
    CDPATH: { CDPATH: '/usr:/tmp' },
    'exported functions': Object.fromEntries(hidden.map(name => [`BASH_FUNC_${name}%%`, body])),
    'PATH with a dot': { PATH: `.:${path}` },
    'PATH with nothing in it': { PATH: `::${path}` },
    'our own variables': { ca_client: join(here, 'claude'), ca_zone: 'fresh', ca_root: here },
    'a guard of another': { CLAUDE_AUTH_GUARD: `1:3:${join(here, 'claude')}` },
    'locale and terminal': { LC_ALL: '../../etc', TERM: '$(touch harm)', LANG: 'x'.repeat(5000) },
  }
}

/** Each puts a Node of somebody else before the real one on PATH. */
const plants: Record<string, (box: Wrapped, folder: string) => void> = {
  'in a folder of another': (_, folder) => chownSync(folder, neighbourUid, neighbourUid),
  'in a folder open to all': (_, folder) => chmodSync(folder, 0o777),
  'open to all itself': (_, folder) => chmodSync(join(folder, 'node'), 0o777),
  'of another in an own folder': (_, folder) =>
    chownSync(join(folder, 'node'), neighbourUid, neighbourUid),
  'open to a group': (_, folder) => {
    chownSync(join(folder, 'node'), 0, 12_345)
    chmodSync(join(folder, 'node'), 0o775)
  },
}

export async function worlds(t: Test, figures: Figures): Promise<void> {
  // bash obeys its environment the most; what the others do is in test/system/wrapper.test.ts as well.
  const tried: Shell[] = isWhole ? ['dash', 'bash', 'ash'] : ['bash']
  const names: string[] = []
  const harmed: string[] = []
  const tests = tried.map(shell =>
    t.test(`a hostile environment, ${shell}`, { skip, buffered: true }, async t => {
      const box = await wrapped(t, { login: 'none' })
      const sh = shell === 'ash' ? '/bin/busybox' : join(box.home.path, 'sh')
      if (shell !== 'ash') symlinkSync(shells[shell][0] ?? '', sh)
      for (const [name, env] of Object.entries(environments(box))) {
        box.writeLogin(box.signIn(-60_000))
        const cwd = join(box.home.path, 'here')
        // By the name of `sh`, as the first line of the wrapper starts it: bash is another one by that.
        const words = [...shells[shell].slice(1), box.wrapper, 'a b']
        const ended = await box.run(sh, words, { env, cwd })
        await box.settle()
        names.push(`${name}, ${shell}`)
        const isRenewed = box.authority.accepts(box.login()?.accessToken ?? '') !== null
        const isWell =
          ended.code === 0 &&
          ended.stdout === 'client: a b\n' &&
          !existsSync(sign(box)) &&
          isRenewed
        if (!isWell) harmed.push(`${name}, ${shell}`)
        t.ok(isWell, `${name}: ${JSON.stringify([ended.code, ended.stdout, ended.stderr])}`)
        await box.run('rm', ['-f', sign(box)])
      }
    }),
  )
  tests.push(
    t.test('a planted Node', { skip, buffered: true }, async t => {
      const box = await wrapped(t, { login: 'valid' })
      for (const [name, plant] of Object.entries(plants)) {
        const folder = join(box.home.path, 'bin', String(names.length))
        mkdirSync(folder, { recursive: true })
        box.home.write(join(folder, 'node'), harmful(box), 0o755)
        plant(box, folder)
        const linked = `${folder}-link`
        symlinkSync(folder, linked)
        for (const first of [folder, linked]) {
          const env = { PATH: `${first}:${box.env['PATH']}` }
          box.writeLogin(box.signIn(-60_000))
          const ended = await box.launch(['x'], { env })
          names.push(`a Node ${name}`)
          const isWell =
            ended.stdout === 'client: x\n' &&
            !existsSync(sign(box)) &&
            Boolean(box.authority.accepts(box.login()?.accessToken ?? ''))
          if (!isWell) harmed.push(`a Node ${name}`)
          t.ok(isWell, `${name}: ${ended.stdout}${ended.stderr}`)
        }
      }
    }),
  )
  await Promise.all(tests)
  if (!skip) {
    figures.counted('hostile environments and planted programs', names.length)
    figures.wanted('of them something was run, or no client started', harmed.join('; ') || 0, 0)
  }
}
