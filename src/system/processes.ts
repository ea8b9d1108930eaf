// The processes of a user, by what the kernel itself says of them.
//
// Arguments and environment of a process lie in its memory, and a process can keep that from being read (the map of it stays
// locked while a file system of its own answers nothing): whoever reads them waits as long as it likes. A process that no
// debugger may see is shown in /proc as root's, whoever runs it. So the owner is taken from `status` alone.

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
    const fields = statOf(Number(name))
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
  const ticks = statOf(pid)?.[19]
  return ticks === undefined ? null : Number(ticks)
}

/** The fields of /proc/PID/stat (proc(5)) from the third on, which is the state; null where there is no such process. */
export function statOf(pid: number): string[] | null {
  const stat = textAt(`/proc/${pid}/stat`, { maxBytes })
  // The second is in parentheses and may hold anything.
  return stat === null ? null : stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

function isOf(name: string, uid: number): boolean {
  const status = textAt(`/proc/${name}/status`, { maxBytes }) ?? ''
  const [, ...uids] = /^Uid:\t(\d+)\t(\d+)\t(\d+)\t/m.exec(status) ?? []
  return uids.length === 3 && uids.every(each => Number(each) === uid)
}
