// A user's Vault token on this machine: is it there, and putting the first one in its place, as the user.

import { accessSync, constants, lstatSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Account, runAsUser } from '../system/as-user.js'
import { isServedByUser } from '../system/mounts.js'
import { makeTrouble, systemCode, type Trouble } from '../system/trouble.js'
import { distrustOf } from '../system/trusted-path.js'
import { statInHomes } from '../system/users.js'
import { clean } from '../text/clean.js'

/** What is where the token belongs; `unfit`: something is in the way, which `why` tells. */
export type TokenPlace = { kind: 'there' | 'absent' | 'no-home' } | { kind: 'unfit'; why: string }

const asUserMs = 20_000

/** Looks as root; where root may not look into a home (one on a server), as the user. Never throws. */
export async function tokenPlace(account: Account, file: string): Promise<TokenPlace> {
  if (await isHungUp(account.home, file))
    return unfit(`the home ${account.home} may give no answer: its user serves a file system there`)
  const home = ownerOf(account.home)
  if (home === 'ENOENT') return { kind: 'no-home' }
  if (typeof home === 'number' && home !== account.uid)
    return unfit(`the home ${account.home} belongs to user ${home}`)
  const link = linkOnTheWay(account.home, file)
  if (link !== null) return unfit(`${link} is a link`)
  const found = kindOf(file)
  if (found === 'file') return { kind: 'there' }
  if (found === 'other') return unfit(`${file} is no file`)
  if (found === 'closed') return asSeenByUser(account, file)
  const distrust = distrustOf(file, account.uid)
  if (distrust !== null)
    return unfit(`others could put a token there: ${distrust.path} ${distrust.why}`)
  const closed = closedFolder(file, account.uid)
  return closed === null ? { kind: 'absent' } : unfit(closed)
}

/** What keeps the user from writing `file`, as far as a look tells: a token is minted once, and opened once. Null: nothing. */
function closedFolder(file: string, uid: number): string | null {
  const folder = nearestFolder(dirname(file))
  // A home may be a link of root's: what it leads to counts. Below it there is none.
  const stat = statSync(folder, { throwIfNoEntry: false })
  if (stat === undefined) return `${folder} leads nowhere`
  if (stat.uid !== uid) return `${folder} belongs to user ${stat.uid}`
  if ((stat.mode & 0o300) !== 0o300) return `${folder} is closed to its own user`
  try {
    accessSync(folder, constants.W_OK)
  } catch (error) {
    // The others say nothing of the user: root may be nobody on a server.
    const code = systemCode(error)
    if (code === 'EROFS' || code === 'EPERM') return `${folder} can't be written (${code})`
  }
  return null
}

function nearestFolder(folder: string): string {
  const above = dirname(folder)
  return above === folder || lstatSync(folder, { throwIfNoEntry: false }) !== undefined
    ? folder
    : nearestFolder(above)
}

/** Checked before any look: a file system served by the user (FUSE) may never answer, and then holds the process that looks. */
async function isHungUp(home: string, file: string): Promise<boolean> {
  if (isServedByUser(home) || isServedByUser(file)) return true
  return [...(await statInHomes([home, file])).values()].includes('no-answer')
}

function unfit(why: string): TokenPlace {
  return { kind: 'unfit', why }
}

function ownerOf(path: string): number | string {
  try {
    return statSync(path).uid
  } catch (error) {
    return systemCode(error) ?? 'unknown'
  }
}

function kindOf(path: string): 'file' | 'other' | 'absent' | 'closed' {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat === undefined) return 'absent'
    return stat.isFile() ? 'file' : 'other'
  } catch (error) {
    return systemCode(error) === 'ENOTDIR' ? 'other' : 'closed'
  }
}

/** The first link between the home and `file`, the file itself included. */
function linkOnTheWay(home: string, file: string): string | null {
  if (!file.startsWith(`${home}/`)) return isLink(file) ? file : null
  let at = home
  for (const part of file.slice(home.length + 1).split('/')) {
    at = `${at}/${part}`
    if (isLink(at)) return at
  }
  return null
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
  } catch {
    return false
  }
}

async function asSeenByUser(account: Account, file: string): Promise<TokenPlace> {
  const test = '[ -e "$1" ] || [ -L "$1" ] && exit 3; exit 0'
  const end = await runAsUser(account, '/bin/sh', ['-c', test, 'sh', file], { timeoutMs: asUserMs })
  if (end.kind === 'ended' && end.code === 0) return { kind: 'absent' }
  if (end.kind === 'ended' && end.code === 3) return { kind: 'there' }
  return unfit(`the home ${account.home} gives no answer`)
}

/**
 * In the user's own hands: with their rights, no link is followed to where those do not reach. What is there is left
 * alone (3), as is a way with a link in it (4); the file is whole or not there, for neither `ln` nor `mv -n` replaces anything.
 */
const placing = `
umask 077
set -C
home=$1 file=$2
folder=\${file%/*}
case $folder in
"$home"/*) rest=\${folder#"$home"/} at=$home ;;
*) rest= at=$folder ;;
esac
while [ -n "$rest" ]; do
  at=$at/\${rest%%/*}
  case $rest in */*) rest=\${rest#*/} ;; *) rest= ;; esac
  [ ! -L "$at" ] || exit 4
  [ -d "$at" ] || mkdir "$at" || exit 5
done
[ ! -L "$file" ] || exit 4
[ ! -e "$file" ] || exit 3
rm -f "$file.new"
cat > "$file.new" || exit 5
[ -s "$file.new" ] || { rm -f "$file.new"; exit 5; }
ln "$file.new" "$file" 2>/dev/null && { rm -f "$file.new"; exit 0; }
# A file system without hard links, perhaps.
[ -e "$file" ] || mv -n "$file.new" "$file" || { rm -f "$file.new"; exit 5; }
[ ! -e "$file.new" ] || { rm -f "$file.new"; exit 3; }
`

/** Puts `token` into `file`, 0600 and the user's own. Null: done; else why not, without the token. */
export async function placeToken(
  account: Account,
  file: string,
  token: string,
): Promise<Trouble | null> {
  const args = ['-c', placing, 'sh', account.home, file]
  const end = await runAsUser(account, '/bin/sh', args, {
    timeoutMs: asUserMs,
    input: `${token}\n`,
  })
  if (end.kind === 'ended' && end.code === 0) return null
  if (end.kind === 'not-started')
    return refused(`nothing can be started as ${account.name}`, end.why)
  if (end.kind === 'ended' && end.code === 3) return refused('a token is there already', file)
  if (end.kind === 'ended' && end.code === 4)
    return refused('there is a link on the way to it', file)
  const said = clean(end.said.trim().split('\n').at(-1) ?? '', 160).replaceAll(token, '(a token)')
  return refused(`${account.name} could not write it`, said === '' ? dirname(file) : said)
}

function refused(cause: string, place: string): Trouble {
  return makeTrouble(cause, { place })
}
