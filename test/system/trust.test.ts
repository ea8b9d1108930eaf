// Nothing of a login is read before it is known who could have put it there: folders, links, pipes and devices, in each shell.

import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { settle } from '../kit/run.js'
import { type Shell, shells, type WrapperBox, wrapperBox } from '../kit/wrapper-box.js'

const isRoot = process.getuid?.() === 0

/** Each lets others put something else in the place of the login; returns variables for the launch. */
const openings: Record<string, (box: WrapperBox) => Record<string, string>> = {
  'the home is writable by all': box => opened(box.home, 0o777),
  'the login folder is writable by all': box => opened(box.paths.folder, 0o777),
  'the login folder is for everybody': box => opened(box.paths.folder, 0o1777),
  'a folder above the home is writable by all': box => opened(box.folder, 0o757),
  'a group that is not the own one may write to the home': box => {
    if (isRoot) chownSync(box.home, 0, 50)
    return isRoot ? opened(box.home, 0o775) : opened(box.home, 0o777)
  },
  'the login folder is a link in a folder of all': box => {
    const shared = join(box.folder, 'shared')
    mkdirSync(shared)
    renameSync(box.paths.folder, join(shared, 'claude'))
    symlinkSync(join(shared, 'claude'), box.paths.folder)
    return opened(shared, 0o777)
  },
  'a link to a link in a folder of all': box => {
    const shared = join(box.folder, 'shared')
    mkdirSync(shared)
    renameSync(box.paths.folder, join(box.home, 'real'))
    symlinkSync(join(box.home, 'real'), join(shared, 'second'))
    symlinkSync(join(shared, 'second'), box.paths.folder)
    return opened(shared, 0o777)
  },
}

function opened(path: string, mode: number): Record<string, string> {
  chmodSync(path, mode)
  return {}
}

/** Each is somebody else's, and is left alone without a word. */
const foreign: Record<string, (box: WrapperBox) => Record<string, string>> = {
  'the home of somebody else': box => {
    chownSync(box.home, 12_345, 12_345)
    return {}
  },
  'a link of somebody else to the own home': box => {
    const link = join(box.folder, 'link')
    execFileSync('ln', ['-s', box.home, link])
    execFileSync('chown', ['-h', '12345', link])
    return { HOME: link }
  },
  'what a process of somebody else sees': box => ({ HOME: `/proc/self/root${box.home}` }),
  'a folder of somebody else above': box => {
    chownSync(box.folder, 12_345, 12_345)
    return {}
  },
}

for (const shell of Object.keys(shells) as Shell[])
  t.test(shell, async t => {
    t.test('a place that others can change is not looked at, and one line says which', async t => {
      for (const [name, open] of Object.entries(openings)) {
        const box = wrapperBox(t)
        const env = { ...box.env, ...open(box) }
        const ended = await box.launch(shell, ['x'], { env })
        t.match(ended, { code: 0, stdout: /real\/claude pid=\d+\n<x>\n$/ }, name)
        t.match(ended.stderr, /^claude-auth: others can write to [^\n]*claude-auth doctor\n$/, name)
        t.same(box.engineStarts(), [], name)
        const version = await box.launch(shell, ['--version'], { env })
        t.match(version, { code: 0, stderr: '' }, `${name}: no word where no login is needed`)
      }
    })

    t.test(
      'what belongs to somebody else is left alone',
      { skip: !isRoot && 'needs root' },
      async t => {
        for (const [name, prepare] of Object.entries(foreign)) {
          const box = wrapperBox(t)
          const env = { ...box.env, ...prepare(box) }
          const ended = await box.launch(shell, ['x'], { env })
          t.match(ended, { code: 0, stdout: /real\/claude pid=\d+\n<x>\n$/, stderr: '' }, name)
          t.same(box.engineStarts(), [], name)
          t.notOk(existsSync(box.paths.state), name)
        }
      },
    )

    t.test(
      'ways that are safe stay so: a group of one’s own, own links, a folder for everybody above',
      async t => {
        const ways: Record<string, (box: WrapperBox) => void> = {
          'group of one’s own': box => chmodSync(box.home, 0o775),
          'own link': box => {
            renameSync(box.paths.folder, join(box.home, 'moved'))
            symlinkSync('moved', box.paths.folder)
          },
          'an own folder in one for everybody': box => chmodSync(box.folder, 0o1777),
        }
        for (const [name, prepare] of Object.entries(ways)) {
          const box = wrapperBox(t)
          prepare(box)
          t.match(await box.launch(shell, ['x']), { code: 0, stderr: '' }, name)
          t.equal(box.engineStarts().length, 1, name)
        }
      },
    )

    t.test('a pipe or device in the place of a file holds nobody up', async t => {
      const places = (box: WrapperBox) => [
        ...[
          'gate',
          'fresh',
          'seen',
          'usable',
          'verdict',
          'notice',
          'answered',
          'short',
          'launch-config',
        ].map(name => join(box.paths.state, name)),
        ...['client', 'client-path', 'client-configured'].map(name => join(box.paths.state, name)),
        box.paths.loginFile,
        box.userConfig,
        box.systemConfig,
      ]
      const count = places(wrapperBox(t)).length
      for (let at = 0; at < count; at += 1)
        for (const kind of ['pipe', 'zero'] as const) {
          const box = wrapperBox(t)
          box.mark()
          const path = places(box)[at] ?? ''
          rmSync(path, { recursive: true, force: true })
          mkdirSync(dirname(path), { recursive: true })
          if (kind === 'pipe') execFileSync('mkfifo', [path])
          else symlinkSync('/dev/zero', path)
          const startedMs = performance.now()
          const ended = await box.launch(shell, ['x'], { timeoutMs: 20_000 })
          t.match(ended, { code: 0, stdout: '<x>' }, `${kind} ${path}`)
          t.ok(performance.now() - startedMs < 15_000, `${kind} ${path}`)
          await settle(box.home, 20_000)
        }
    })

    t.test(
      'a Node on PATH that others can change is not started',
      { skip: !isRoot && 'needs root' },
      async t => {
        for (const [uid, mode] of [
          [12_345, 0o755],
          [0, 0o757],
          [0, 0o1777],
        ] as const) {
          const box = wrapperBox(t)
          rmSync(join(box.root, 'node'))
          const folder = join(box.folder, 'tools')
          const sign = join(box.folder, 'started')
          box.write(join(folder, 'node'), `#!/bin/sh\ntouch '${sign}'\n`, 0o755)
          chownSync(join(folder, 'node'), uid === 0 ? 12_345 : uid, 0)
          chownSync(folder, uid, 0)
          chmodSync(folder, mode)
          const env = { ...box.env, PATH: `${box.real}:${folder}:/usr/sbin` }
          const ended = await box.launch(shell, ['x'], { env })
          t.match(ended, { code: 0, stdout: '<x>' })
          t.match(
            ended.stderr,
            /others can change the Node on PATH|cannot write|node is not on PATH/,
          )
          t.notOk(existsSync(sign))
        }
      },
    )
  })
