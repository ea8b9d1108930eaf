// The instance: one login folder with its memory, among those that may hold the same refresh token. Decides whether it may be a
// copy of another machine's, from what a copy does not share. Pure.

import type { FingerprintKey, HostFingerprint } from '../system/host-fingerprint.js'

/** Kept in the memory, so a copied machine brings it along. */
export interface Instance {
  /** Its name in a shared document. */
  name: string
  /** Earlier names: an entry under one of them may be our own. */
  formerNames: readonly string[]
  /** One for each machine id and host name, latest last. */
  fingerprints: readonly HostFingerprint[]
  /** The latest heartbeats that we wrote, or tried to write, under our name. */
  heartbeats: readonly string[]
  /** SHA-256 of the refresh token that another copy may hold too; null: none, or settled by the document since. */
  contestedHash: string | null
}

/** Enough for the hosts of a shared home. */
const mostFingerprints = 16
const mostFormerNames = 16
/** A write whose answer was lost may have been made. */
const mostHeartbeats = 8

export type Comparison = 'same' | 'maybe-copied'

/**
 * Compares the present fingerprint with the recorded ones.
 *
 * | folder | network cards | verdict |
 * | --- | --- | --- |
 * | none recorded | any | same |
 * | differs from every recorded one | any | maybe copied |
 * | same or unknown | both known, none in common | maybe copied |
 * | same or unknown | one in common, or unknown | same |
 *
 * Host names, machine ids and boots are no evidence: hosts are renamed and rebooted, clones keep all three, and volumes
 * move between containers.
 */
export function compareFingerprints(
  known: readonly HostFingerprint[],
  here: HostFingerprint,
): Comparison {
  const folders = known.map(({ folder }) => folder).filter(folder => folder !== '')
  const isOtherFolder = here.folder !== '' && folders.length > 0 && !folders.includes(here.folder)
  const devices = known.flatMap(each => each.devices)
  const hasCommon = here.devices.some(device => devices.includes(device))
  const isOtherHardware = here.devices.length > 0 && devices.length > 0 && !hasCommon
  return isOtherFolder || isOtherHardware ? 'maybe-copied' : 'same'
}

/** Was this very fingerprint recorded, so that nothing else need be read? */
export function isRecorded({ fingerprints }: Instance, key: FingerprintKey): boolean {
  return fingerprints.some(
    ({ machine, system, inode }) =>
      machine === key.machine && system === key.system && inode === key.inode,
  )
}

/** Before anything was recorded. */
export function newInstance(name: string): Instance {
  return { name, formerNames: [], fingerprints: [], heartbeats: [], contestedHash: null }
}

/** The instance with `here` recorded. A possible copy takes `freshName`, and its refresh token counts as contested. */
export function withFingerprint(
  instance: Instance,
  here: HostFingerprint,
  { freshName, refreshHash }: { freshName: string; refreshHash: string | null },
): Instance {
  const isSame = compareFingerprints(instance.fingerprints, here) === 'same'
  const { contestedHash } = instance
  const other = isSame
    ? instance
    : { ...withName(instance, freshName), contestedHash: refreshHash ?? contestedHash }
  const fingerprints = [
    ...instance.fingerprints.filter(({ machine }) => machine !== here.machine),
    here,
  ]
  return { ...other, fingerprints: fingerprints.slice(-mostFingerprints) }
}

/** The instance under a new name. */
export function withName(instance: Instance, name: string): Instance {
  const formerNames = [...instance.formerNames, instance.name].slice(-mostFormerNames)
  return { ...instance, name, formerNames, heartbeats: [] }
}

/** Was `heartbeat`, found under our own name, written by a live copy? Without any of our own on record, it can't be decided. */
export function isForeignHeartbeat({ heartbeats }: Instance, heartbeat: string): boolean {
  return heartbeat !== '' && heartbeats.length > 0 && !heartbeats.includes(heartbeat)
}

/** The instance with `fresh` on record. The document's present one (`there`) stays on record, however many writes fail. */
export function withHeartbeat(instance: Instance, fresh: string, there: string): Instance {
  const known = [fresh, ...(there === '' ? [] : [there]), ...instance.heartbeats]
  return { ...instance, heartbeats: [...new Set(known)].slice(0, mostHeartbeats) }
}
