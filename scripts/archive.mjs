// Writes archives that depend on nothing but what is in them: tar, cpio and ar, with root as the owner and one time for all.
//
// An entry is `{path, mode, bytes}` (a file), `{path, mode}` (a folder) or `{path, target}` (a link). Archives
// are lists of buffers, so that a large file is compressed once for all of them.

import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const block = 512
/** From here on a file is a member of its own of a gzip file; such members may follow each other. */
const large = 1 << 20
const compressedOnce = new WeakMap()

/** With every folder above that is not there; sorted, so that a folder comes before what is in it. */
export function withFolders(entries, isOurs = () => true) {
  const all = new Map(entries.map(entry => [entry.path, entry]))
  for (const { path } of entries) {
    const parts = path.split('/').slice(0, -1)
    for (const at of parts.keys()) {
      const folder = parts.slice(0, at + 1).join('/')
      if (!all.has(folder) && isOurs(folder)) all.set(folder, { path: folder, mode: 0o755 })
    }
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

export function isFolder({ bytes, target }) {
  return bytes === undefined && target === undefined
}

/** POSIX ustar; `timeS` is seconds since 1970. */
export function tar(entries, timeS) {
  const pieces = entries.flatMap(entry => {
    const { bytes } = entry
    if (bytes === undefined) return [tarHeader(entry, timeS)]
    return [tarHeader(entry, timeS), bytes, padding(bytes.length, block)]
  })
  return [...pieces, Buffer.alloc(2 * block)]
}

function tarHeader(entry, timeS) {
  const { bytes, target = '', mode = 0o777 } = entry
  const header = Buffer.alloc(block)
  const put = (text, at) => header.write(text, at, 'utf8')
  const octal = (number, digits) => `${number.toString(8).padStart(digits, '0')}\0`
  const [prefix, name] = splitPath(isFolder(entry) ? `${entry.path}/` : entry.path)
  put(name, 0)
  put(octal(mode, 7), 100)
  put(octal(0, 7), 108)
  put(octal(0, 7), 116)
  put(octal(bytes?.length ?? 0, 11), 124)
  put(octal(timeS, 11), 136)
  put(' '.repeat(8), 148)
  put(isFolder(entry) ? '5' : target === '' ? '0' : '2', 156)
  put(target, 157)
  put('ustar\x0000', 257)
  put('root', 265)
  put('root', 297)
  put(octal(0, 7), 329)
  put(octal(0, 7), 337)
  put(prefix, 345)
  const sum = header.reduce((so, byte) => so + byte, 0)
  put(`${octal(sum, 6)} `, 148)
  return header
}

/** A name has room for 100 bytes, what stands before it for 155. */
function splitPath(path) {
  if (Buffer.byteLength(path) <= 100) return ['', path]
  const at = path.indexOf('/', path.length - 100)
  const [prefix, name] = [path.slice(0, at), path.slice(at + 1)]
  if (at < 1 || name === '' || Buffer.byteLength(prefix) > 155 || Buffer.byteLength(name) > 100)
    throw new Error(`the path is too long for an archive: ${path}`)
  return [prefix, name]
}

/** The "new ASCII" form, as rpm has it. */
export function cpio(entries, timeS) {
  const pieces = entries.flatMap((entry, at) => {
    const content = entry.bytes ?? Buffer.from(entry.target ?? '')
    const type = isFolder(entry) ? 0o040000 : entry.target === undefined ? 0o100000 : 0o120000
    const header = cpioHeader(`./${entry.path}`, {
      inode: at + 1,
      mode: type | (entry.mode ?? 0o777),
      links: isFolder(entry) ? 2 : 1,
      timeS,
      size: content.length,
    })
    return [header, content, padding(content.length, 4)]
  })
  const end = cpioHeader('TRAILER!!!', { inode: 0, mode: 0, links: 1, timeS: 0, size: 0 })
  return [...pieces, end]
}

function cpioHeader(path, { inode, mode, links, timeS, size }) {
  const numbers = [
    inode,
    mode,
    0,
    0,
    links,
    timeS,
    size,
    0,
    0,
    0,
    0,
    Buffer.byteLength(path) + 1,
    0,
  ]
  const digits = numbers.map(number => number.toString(16).padStart(8, '0')).join('')
  const header = Buffer.from(`070701${digits}${path}\0`)
  return Buffer.concat([header, padding(header.length, 4)])
}

/** Of a Debian package; `members` are `[name, bytes]`. */
export function ar(members, timeS) {
  const pieces = members.flatMap(([name, bytes]) => {
    const fields = [name.padEnd(16), `${timeS}`.padEnd(12), '0     0     100644  ']
    const header = Buffer.from(`${fields.join('')}${`${bytes.length}`.padEnd(10)}\`\n`)
    return [header, bytes, Buffer.from(bytes.length % 2 === 1 ? '\n' : '')]
  })
  return Buffer.concat([Buffer.from('!<arch>\n'), ...pieces])
}

/** Without a name and a time. */
export async function gzipped(pieces) {
  const members = []
  let small = []
  const endMember = () => {
    if (small.length > 0) members.push(compress(Buffer.concat(small)))
    small = []
  }
  for (const piece of pieces) {
    if (piece.length < large) {
      small.push(piece)
      continue
    }
    endMember()
    if (!compressedOnce.has(piece)) compressedOnce.set(piece, compress(piece))
    members.push(compressedOnce.get(piece))
  }
  endMember()
  return Buffer.concat(await Promise.all(members))
}

function compress(bytes) {
  return promisify(gzip)(bytes, { level: 6 })
}

function padding(length, unit) {
  return Buffer.alloc((unit - (length % unit)) % unit)
}
