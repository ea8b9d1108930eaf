// The authorities that a server's certificate may come from, read from where the client reads them.

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AuthoritySettings } from '../host/network-settings.js'
import { textAt } from '../host/open-file.js'
import { distrustOf, type OwnerAndMode, othersMayWrite } from '../host/trusted-path.js'

/** The machine's own, by distribution; the first that is there counts (as in Bun, which the client is built with). */
const systemFiles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/tls/cacert.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
]
const systemFolders = ['/etc/ssl/certs', '/etc/pki/tls/certs']

const mostBytes = 8 * 1024 * 1024
const mostFiles = 2_000

/** PEM texts of all authorities beside those that come with Node. Files that can't be used are left out. */
export function readAuthorities(settings: AuthoritySettings): string[] {
  const { system, file, folders, extraFile } = settings
  const isNamed = file !== null || folders.length > 0
  const found = [
    ...(system && file !== null ? [readAuthorityFile(file)] : []),
    ...(system ? folders.flatMap(readFolder) : []),
    ...(system && !isNamed ? machineAuthorities() : []),
    ...(extraFile === null ? [] : [readAuthorityFile(extraFile)]),
  ]
  return [...new Set(found.filter(text => text !== null).flatMap(certificatesIn))]
}

/** Each certificate of a PEM text by itself. */
export function certificatesIn(text: string): string[] {
  return text.match(/-----BEGIN ((?:TRUSTED |X509 )?CERTIFICATE)-----[^-]+-----END \1-----/g) ?? []
}

function machineAuthorities(): (string | null)[] {
  for (const path of systemFiles) {
    const text = readAuthorityFile(path)
    if (text !== null) return [text]
  }
  return systemFolders.flatMap(readFolder)
}

/** The folder is judged once, and of each file only owner and mode: a walk to every one takes too long. */
function readFolder(folder: string): (string | null)[] {
  const uid = process.geteuid?.() ?? -1
  const judge = (stat: OwnerAndMode) => othersMayWrite(stat, uid)
  try {
    if (distrustOf(folder, uid) !== null) return []
    const names = readdirSync(folder).sort().slice(0, mostFiles)
    return names.map(name => textAt(join(folder, name), { maxBytes: mostBytes, judge }))
  } catch {
    return []
  }
}

/** A regular file that nobody but this user and root decides; null for any other. */
export function readAuthorityFile(path: string): string | null {
  if (distrustOf(path, process.geteuid?.() ?? -1) !== null) return null
  return textAt(path, { maxBytes: mostBytes })
}
