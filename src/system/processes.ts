// Processes, by what the kernel itself says of them: those of a user, and the identity of one.
//
// Arguments and environment of a process lie in its memory, and a process can keep that from being read (the map of it stays
// locked while a file system of its own answers nothing): whoever reads them waits as long as it likes. A process that no
// debugger may see is shown in /proc as root's, whoever runs it. So the owner is taken from `status` alone.

import { readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { namesIn, textAt } from './open-file.js'

export interface RunningProcess {
  pid: number
  parent: number
  session: number
  /** Since the machine was started, in hundredths of a second. */
  startTicks: number
}

const maxBytes = 256 * 1024

/**
 * The processes that run as `uid` through and through: real, effective and saved. One that a user started as another (setuid) is
 * of neither. Without those that have ended but were not waited for.
 */
export function processesOf(uid: number): RunningProcess[] {
  return namesIn('/proc').flatMap(name => {
    if (!/^\d+$/.test(name) || !isOf(name, uid)) return []
    const fields = processStat(Number(name))
    if (fields === null) return []
    const [state = '', parent, , session] = fields
    // The first thread may have ended while others live.
    if ('ZX'.includes(state) && Number(fields[17]) < 2) return []
    return [
      {
        pid: Number(name),
        parent: Number(parent),
        session: Number(session),
        startTicks: Number(fields[19]),
      },
    ]
  })
}

/** When the process `pid` was started, as in `RunningProcess`; null where there is none. */
export function startTicksOf(pid: number): number | null {
  const start = procStartOf(pid)
  return start === null ? null : Number(start)
}

/** The same as a text, as the client's owner file has it: with the pid it identifies one process uniquely. */
export function procStartOf(pid: number): string | null {
  return processStat(pid)?.[19] ?? null
}

/** The fields of /proc/PID/stat (proc(5)) from the third on, which is the state; null where there is no such process. */
export function processStat(pid: number): string[] | null {
  const stat = textAt(`/proc/${pid}/stat`, { maxBytes })
  // The second is in parentheses and may hold anything.
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function isOf(name: string, uid: number): boolean {
  const status = textAt(`/proc/${name}/status`, { maxBytes }) ?? ''
  const [, ...uids] = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t/m.exec(status) ?? []
  return uids.length === 3 && uids.every(each => Number(each) === uid)
}

/** The identity of a process, in the fields of the owner file of client 2.1.330. */
export interface ProcessFacts {
  pid: number
  procStart: string
  /** Machine id and pid namespace. */
  pidDomain: string
  /** Host name and pid namespace. */
  pidSpace: string
  /** Names one boot of one kernel (random(4)): copies of a machine share their id and name, not this. */
  bootId: string
}

/** Reads the facts of process `pid` (normally our own) from /proc. */
export function processFacts(pid: number): ProcessFacts {
  const pidNamespace = pidNamespaceName()
  return {
    pid,
    procStart: procStartOf(pid) ?? '',
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

function firstLine(path: string): string {
  return textAt(path, { maxBytes })?.trim() ?? ''
}
