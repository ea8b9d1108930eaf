// Writes a Debian package (deb(5)): an ar archive of its format, its control files and its files.

import { createHash } from 'node:crypto'
import { ar, gzipped, tar, withFolders } from './archive.mjs'

/**
 * `files` as in archive.mjs, with paths below /; `scripts` by name (`postinst` and the like). `fields` are those of the
 * control file, in their order; Installed-Size is added.
 */
export async function writeDeb({ fields, scripts, files, timeS }) {
  const entries = withFolders(files)
  const sizes = entries.map(({ bytes }) => Math.ceil((bytes?.length ?? 1) / 1024))
  const installedKiB = sizes.reduce((so, size) => so + size, 0)
  const { Description, ...others } = fields
  const control = Object.entries({ ...others, 'Installed-Size': installedKiB, Description })
  const sums = entries
    .filter(({ bytes }) => bytes !== undefined)
    .map(({ path, bytes }) => `${createHash('md5').update(bytes).digest('hex')}  ${path}\n`)
  const controlFiles = [
    text('control', control.map(([name, value]) => `${name}: ${value}\n`).join('')),
    text('md5sums', sums.join('')),
    ...Object.entries(scripts).map(([name, script]) => ({ ...text(name, script), mode: 0o755 })),
  ]
  const packed = async list =>
    gzipped(tar([{ path: '.', mode: 0o755 }, ...list.map(dotted)], timeS))
  return ar(
    [
      ['debian-binary', Buffer.from('2.0\n')],
      ['control.tar.gz', await packed(withFolders(controlFiles))],
      ['data.tar.gz', await packed(entries)],
    ],
    timeS,
  )
}

function text(path, content) {
  return { path, mode: 0o644, bytes: Buffer.from(content) }
}

function dotted(entry) {
  return { ...entry, path: `./${entry.path}` }
}
