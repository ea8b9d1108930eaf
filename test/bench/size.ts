// What is installed, and what each path loads of it: listed, nothing is claimed.

import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { makePlace, type Place } from './place.js'
import { leftOut, listed, type Row, type Section } from './row.js'
import type { Bench } from './scene.js'
import { traced } from './syscalls.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

export async function size(bench: Bench): Promise<Section[]> {
  const place = await makePlace(bench)
  await place.makeFresh()
  const rows = [
    packageRow(),
    loads(place, 'a healthy launch', place.wrapper),
    loads(place, 'claude-auth --help', place.node, place.program, '--help'),
    loads(place, 'ensure with nothing to do', place.node, place.program, 'ensure'),
  ]
  return [{ title: 'Size', rows, timed: [], base: '' }]
}

function packageRow(): Row {
  const figure = 'size of the package'
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts']
  const { status, stdout } = spawnSync('npm', args, { cwd: root, encoding: 'utf8' })
  if (status !== 0) return leftOut(figure, '', 'listed', 'npm pack does not work here')
  const [pack] = JSON.parse(stdout) as { size: number; unpackedSize: number; files: unknown[] }[]
  if (pack === undefined) return leftOut(figure, '', 'listed', 'npm pack says nothing')
  const words = `${kilobytes(pack.size)} packed, ${kilobytes(pack.unpackedSize)} installed`
  return listed(figure, `${words}, ${pack.files.length} files`)
}

/** Our own files that it opens: scripts of bin/, programs and libraries of dist/. */
function loads(place: Place, path: string, command: string, ...args: string[]): Row {
  const figure = `loaded by ${path}`
  const report = traced(place, command, ['-e', 'trace=open,openat,execve'], args)
  if (report === null) return leftOut(figure, '', 'listed', 'strace does not work here')
  const files = new Set(
    [...report.matchAll(/"([^"]*\/(?:bin|dist)\/[^"/]+)".* = [0-9]/g)]
      .map(([, file = '']) => file)
      .filter(file => file.startsWith(root) || file.startsWith(place.home.path)),
  )
  const bytes = [...files].reduce((sum, file) => sum + statSync(file).size, 0)
  const names = [...files].map(file => file.replace(/.*\/(bin|dist)\//, '$1/'))
  return listed(figure, `${names.join(', ')} (${kilobytes(bytes)})`)
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(0)} kB`
}
