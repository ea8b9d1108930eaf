// The owner file beside the refresh lock: it names the holder, so that a newer client can recognize a dead one.

import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type Decoder, number, object, orNull, where } from '../system/decode.js'
import { jsonObject } from '../system/json.js'
import { textAt } from '../system/open-file.js'
import { atomicWrite, removeQuietly } from '../system/write-file.js'

/**
 * The owner file of client 2.1.330, field by field. `pidDomain` names machine and pid namespace,
 * `pidSpace` host name and pid namespace; a legacy lock that was gone without is left out.
 */
export interface LockOwner {
  pid: number
  procStart: string
  pidDomain: string
  pidSpace: string
  lockBirthtimeMs: number | null
  legacyLockBirthtimeMs: number | null
}

/** Much more than any of the files here holds. */
const maxBytes = 64 * 1024

/** The identity of this process, in the owner file's fields. */
export interface ProcessFacts {
  pid: number
  procStart: string
  pidDomain: string
  pidSpace: string
  /** Names one boot of one kernel (random(4)): copies of a machine share their id and name, not this. */
  bootId: string
}

/** Reads the facts of process `pid` (normally our own) from /proc. */
export function processFacts(pid: number): ProcessFacts {
  const pidNamespace = pidNamespaceName()
  return {
    pid,
    procStart: startOf(pid) ?? '',
    pidDomain: `linux:${firstLine('/etc/machine-id')}:${pidNamespace}`,
    pidSpace: pidNamespace === '' ? hostname() : `${hostname()}#${pidNamespace}`,
    bootId: firstLine('/proc/sys/kernel/random/boot_id'),
  }
}

/** Empty without /proc: then no owner is ever judged dead. */
function pidNamespaceName(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return ''
  }
}

/** Field 22 of /proc/PID/stat (proc(5)): with the pid it identifies one process uniquely. Null: no such process. */
function startOf(pid: number): string | null {
  const stat = textAt(`/proc/${pid}/stat`, { maxBytes })
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
}

function firstLine(path: string): string {
  return textAt(path, { maxBytes })?.trim() ?? ''
}

/** True only when the owner lived in our own pid namespace and machine, and is gone. */
export function ownerIsDead(owner: LockOwner, self: ProcessFacts): boolean {
  // Machines without an id are distinguished by their names.
  const elsewhere = owner.pidDomain !== self.pidDomain || owner.pidSpace !== self.pidSpace
  if (elsewhere || self.procStart === '') return false
  return startOf(owner.pid) !== owner.procStart
}

/** True only when the process of `facts` is known to be gone here; for one elsewhere, or of another boot, it is unknown. */
export function isGone(facts: ProcessFacts, self: ProcessFacts): boolean {
  if (facts.bootId !== self.bootId || facts.bootId === '') return false
  const isSelf = facts.pid === self.pid && facts.procStart === self.procStart
  return (
    isSelf || ownerIsDead({ ...facts, lockBirthtimeMs: null, legacyLockBirthtimeMs: null }, self)
  )
}

/** The client compares texts. */
const asText: Decoder<string> = value => String(value)

const ownerIn: Decoder<LockOwner> = object({
  pid: where(number, Number.isSafeInteger),
  procStart: asText,
  pidDomain: asText,
  pidSpace: asText,
  lockBirthtimeMs: orNull(number),
  legacyLockBirthtimeMs: orNull(number),
})

export function readOwner(folder: string): LockOwner | null {
  return ownerIn(jsonObject(textAt(ownerPath(folder), { maxBytes }) ?? '')) ?? null
}

/** A missing owner file only makes others wait longer, so a failure does not stop the renewal. */
export function writeOwner(folder: string, owner: LockOwner, nonce: string) {
  const { legacyLockBirthtimeMs, ...always } = owner
  const record = legacyLockBirthtimeMs === null ? always : owner
  try {
    atomicWrite(ownerPath(folder), JSON.stringify(record), { nonce, durable: false })
  } catch {
    // See above.
  }
}

/** Removes the owner file if it names this process. */
export function removeOwner(folder: string, self: ProcessFacts) {
  const owner = readOwner(folder)
  if (owner?.pid === self.pid && owner.procStart === self.procStart)
    removeQuietly(ownerPath(folder))
}

export function ownerPath(folder: string): string {
  return join(folder, '.oauth_refresh.lock.owner')
}
