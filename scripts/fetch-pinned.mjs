// Fetches what is pinned by version and hash into .cache/peers, once.

import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cache = fileURLToPath(new URL('../.cache/peers/', import.meta.url))

/** Throws with the last line of what it said when it fails. */
export function run(command, args, cwd) {
  const { status, error, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status !== 0) {
    const lastLine = (stderr ?? '').trim().split('\n').at(-1)
    throw new Error(`${command} ${args[0]}: ${error?.message ?? lastLine}`)
  }
}

async function hashOf(file, algorithm) {
  const hash = createHash(algorithm)
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  return `${algorithm}-${hash.digest('base64')}`
}

/**
 * The path of `file` inside what `spec` (`NAME@VERSION` or `NAME=VERSION`) names. Downloads by
 * `download(folder, spec)`, checks the hash, unpacks by `unpack(archive, folder, file)`; atomic. Throws when it fails.
 */
export async function fetchPinned(name, { spec, hash, file }, download, unpack) {
  const folder = join(cache, `${name}-${spec.replace(/.*[@=]/, '')}`)
  const path = join(folder, file)
  if (existsSync(path)) return path
  mkdirSync(cache, { recursive: true })
  const temporary = mkdtempSync(join(cache, '.fetch-'))
  try {
    process.stderr.write(`fetching ${spec}\n`)
    download(temporary, spec)
    const [downloaded, ...more] = readdirSync(temporary)
    if (downloaded === undefined || more.length > 0)
      throw new Error(`${spec} is not one file: ${[downloaded, ...more].join(' ')}`)
    const archive = join(temporary, downloaded)
    const found = await hashOf(archive, hash.slice(0, 6))
    if (found !== hash) throw new Error(`${spec} has the hash ${found}, not the pinned one`)
    unpack(archive, temporary, file)
    rmSync(archive)
    chmodSync(join(temporary, file), 0o755)
    chmodSync(temporary, 0o755)
    try {
      renameSync(temporary, folder)
    } catch (error) {
      if (!existsSync(path)) throw error
    }
    return path
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

/** The bytes of the file `path`, which are those of the pinned `hash`: what is compared is what is given. Throws for others. */
export function pinnedBytes(path, hash) {
  const bytes = readFileSync(path)
  const algorithm = hash.slice(0, 6)
  const found = `${algorithm}-${createHash(algorithm).update(bytes).digest('base64')}`
  if (found === hash) return bytes
  throw new Error(
    `${path} has the hash ${found}, not the pinned one; remove it, and it is fetched anew`,
  )
}

/** Of a package of the npm registry; `files` are unpacked beside the pinned one. */
export function fetchFromNpm(name, pin, files = []) {
  return fetchPinned(
    name,
    pin,
    (folder, spec) => run('npm', ['pack', '--silent', spec], folder),
    (archive, folder, file) => run('tar', ['-xzf', archive, '-C', folder, file, ...files], folder),
  )
}
