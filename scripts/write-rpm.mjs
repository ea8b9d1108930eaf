// Writes an RPM package (format 4, without a signature): lead, signature header, header and a compressed cpio archive.
//
// rpmbuild is on few machines and puts its own version, host and checks into what it makes. The tags and
// layouts are those of https://rpm-software-management.github.io/rpm/manual/format.html.

import { createHash } from 'node:crypto'
import { cpio, gzipped, isFolder, withFolders } from './archive.mjs'

const int16 = 3
const int32 = 4
const string = 6
const binary = 7
const stringArray = 8
const i18nString = 9

/** How a version is compared, and what it is about. */
const less = 1 << 1
const equal = 1 << 3
const interpreter = 1 << 8
const ofRpmItself = 1 << 24

const leadArchitecture = { x86_64: 1, aarch64: 19 }

/**
 * `files` as in archive.mjs, with paths below /; a folder is the package's own where `ownsFolder(path)`. `requires` are
 * names of files, libraries or packages; `scripts` are `posttrans` (after an installation or upgrade as a whole) and `preun` (before a removal), run by sh.
 */
export async function writeRpm(own) {
  const entries = withFolders(own.files, own.ownsFolder)
  const payloadPieces = cpio(entries, own.timeS)
  const payload = await gzipped(payloadPieces)
  const plainHash = createHash('sha256')
  for (const piece of payloadPieces) plainHash.update(piece)
  const plainLength = payloadPieces.reduce((so, { length }) => so + length, 0)
  const header = headerOf(63, [
    ...aboutPackage(own, entries),
    ...aboutFiles(entries, own.timeS),
    [5092, stringArray, [sha256(payload)]],
    [5093, int32, [8]],
    [5097, stringArray, [plainHash.digest('hex')]],
  ])
  const both = Buffer.concat([header, payload])
  const signature = headerOf(62, [
    [269, string, createHash('sha1').update(header).digest('hex')],
    [273, string, sha256(header)],
    [1000, int32, [both.length]],
    [1004, binary, createHash('md5').update(both).digest()],
    [1007, int32, [plainLength]],
  ])
  const gap = Buffer.alloc((8 - (signature.length % 8)) % 8)
  return Buffer.concat([lead(own), signature, gap, both])
}

function lead({ name, version, release, architecture }) {
  const bytes = Buffer.alloc(96)
  bytes.writeUInt32BE(0xedabeedb, 0)
  bytes.writeUInt8(3, 4)
  bytes.writeUInt16BE(leadArchitecture[architecture], 8)
  bytes.write(`${name}-${version}-${release}`.slice(0, 65), 10)
  bytes.writeUInt16BE(1, 76)
  bytes.writeUInt16BE(5, 78)
  return bytes
}

function aboutPackage(own, entries) {
  const { name, version, release, architecture, scripts, timeS } = own
  const full = `${version}-${release}`
  const size = entries.reduce((so, { bytes }) => so + (bytes?.length ?? 0), 0)
  const requires = [
    ...own.requires.map(each => [each, 0, '']),
    ['/bin/sh', interpreter, ''],
    ['rpmlib(CompressedFileNames)', ofRpmItself | less | equal, '3.0.4-1'],
    ['rpmlib(FileDigests)', ofRpmItself | less | equal, '4.6.0-1'],
    ['rpmlib(PayloadFilesHavePrefix)', ofRpmItself | less | equal, '4.0-1'],
  ].sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    [100, stringArray, ['C']],
    [1000, string, name],
    [1001, string, version],
    [1002, string, release],
    [1004, i18nString, [own.summary]],
    [1005, i18nString, [own.description]],
    [1006, int32, [timeS]],
    [1007, string, 'localhost'],
    [1009, int32, [size]],
    [1014, string, own.license],
    [1016, i18nString, ['Unspecified']],
    [1021, string, 'linux'],
    [1022, string, architecture],
    [1025, string, scripts.preun],
    [1044, string, `${name}-${full}.src.rpm`],
    [1047, stringArray, [name]],
    [1048, int32, requires.map(([, flags]) => flags)],
    [1049, stringArray, requires.map(([each]) => each)],
    [1050, stringArray, requires.map(([, , each]) => each)],
    [1064, string, '4.18.0'],
    [1087, string, '/bin/sh'],
    [1112, int32, [equal]],
    [1113, stringArray, [full]],
    [1124, string, 'cpio'],
    [1125, string, 'gzip'],
    [1126, string, '6'],
    [1132, string, `${architecture}-redhat-linux-gnu`],
    [1152, string, scripts.posttrans],
    [1154, string, '/bin/sh'],
    [5062, string, 'utf-8'],
  ]
}

function aboutFiles(entries, timeS) {
  const each = value => entries.map(value)
  const folderOf = ({ path }) => `/${path.slice(0, path.lastIndexOf('/') + 1)}`
  const folders = [...new Set(each(folderOf))].sort()
  const typeOf = entry =>
    isFolder(entry) ? 0o040000 : entry.target === undefined ? 0o100000 : 0o120000
  return [
    [1028, int32, each(({ bytes, target = '' }) => bytes?.length ?? target.length)],
    [1030, int16, each(entry => typeOf(entry) | (entry.mode ?? 0o777))],
    [1033, int16, each(() => 0)],
    [1034, int32, each(() => timeS)],
    [1035, stringArray, each(({ bytes }) => (bytes === undefined ? '' : sha256(bytes)))],
    [1036, stringArray, each(({ target = '' }) => target)],
    [1037, int32, each(() => 0)],
    [1039, stringArray, each(() => 'root')],
    [1040, stringArray, each(() => 'root')],
    [1045, int32, each(() => 0xffffffff)],
    [1095, int32, each(() => 1)],
    [1096, int32, each((_, at) => at + 1)],
    [1097, stringArray, each(() => '')],
    [1116, int32, each(entry => folders.indexOf(folderOf(entry)))],
    [1117, stringArray, each(({ path }) => path.slice(path.lastIndexOf('/') + 1))],
    [1118, stringArray, folders],
    [5011, int32, [8]],
  ]
}

/** `tags` are `[tag, type, value]`; `region` is the tag that spans all of them. */
function headerOf(region, tags) {
  const sorted = [...tags].sort(([a], [b]) => a - b)
  const pieces = []
  const entries = []
  let length = 0
  for (const [tag, type, value] of sorted) {
    const { bytes, count, unit } = encoded(type, value)
    const gap = (unit - (length % unit)) % unit
    pieces.push(Buffer.alloc(gap), bytes)
    entries.push(numbers([tag, type, length + gap, count]))
    length += gap + bytes.length
  }
  // The region's own entry counts as well; its trailer tells where the entries begin.
  const trailer = numbers([region, binary, -16 * (entries.length + 1), 16])
  const first = numbers([region, binary, length, 16])
  const head = numbers([0x8eade801, 0, entries.length + 1, length + 16])
  return Buffer.concat([head, first, ...entries, ...pieces, trailer])
}

function encoded(type, value) {
  const texts = list => Buffer.from(list.map(text => `${text}\0`).join(''))
  switch (type) {
    case int16:
      return { bytes: words(value, 2), count: value.length, unit: 2 }
    case int32:
      return { bytes: numbers(value), count: value.length, unit: 4 }
    case string:
      return { bytes: texts([value]), count: 1, unit: 1 }
    case binary:
      return { bytes: value, count: value.length, unit: 1 }
    default:
      return { bytes: texts(value), count: value.length, unit: 1 }
  }
}

function numbers(list) {
  return words(list, 4)
}

function words(list, width) {
  const bytes = Buffer.alloc(list.length * width)
  for (const [at, number] of list.entries())
    bytes.writeUIntBE(number < 0 ? number + 2 ** (8 * width) : number, at * width, width)
  return bytes
}

function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}
