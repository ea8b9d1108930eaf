// Machines that are copies of each other: one home under the same path in namespaces of their own, each with its name, id and network devices.

import { execFileSync, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Run } from './run.js'
import type { Teardown } from './sandbox.js'
import type { Wrapped } from './wrapped.js'

export interface MachineOptions {
  hostname?: string
  /** Text of `/etc/machine-id`. */
  machineId?: string
  /** Processes of its own, as a container has them: all end with the command. */
  isContainer?: boolean
  /** The address of its only network card; none if not given. */
  address?: string
  /** Mounts before the home's, in sh. */
  before?: string
}

/** Runs a command on one machine. */
export type Machine = (words: string[]) => Promise<Run>

/** For tap's `skip`. */
export const noMachines: string | false =
  spawnSync('unshare', ['--mount', '--uts', '--pid', '--fork', '--mount-proc', 'true']).status === 0
    ? false
    : 'no namespaces of our own here'

const isLooping = spawnSync('sh', ['-c', 'command -v mkfs.ext4 && losetup -f']).status === 0

/** For tests with disks of their own. */
export const noDisks: string | false = noMachines || (isLooping ? false : 'no loop devices here')

export interface Copies {
  /** A machine, in one boot, whose home is the folder or disk `home`. */
  machine(home: string, options?: MachineOptions): Machine
  /** Another copy of a folder, file by file, with its times and owners. */
  copyHome(from: string): string
  /** A disk with a copy of the folder `from`. */
  diskOf(from: string): string
  /** The same disk once more, block by block. */
  copyDisk(disk: string): string
}

/** Everything ends with the test. */
export function machineCopies(t: Teardown, box: Wrapped): Copies {
  const folder = mkdtempSync(join(tmpdir(), 'claude-auth-copies-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  let made = 0
  const fresh = (kind: string) => join(folder, `${kind}${++made}`)

  const machine: Copies['machine'] = (home, options = {}) => {
    const { hostname = 'workstation', machineId = 'a'.repeat(32), isContainer = false } = options
    const id = fresh('id')
    writeFileSync(id, machineId)
    const boot = fresh('boot')
    writeFileSync(boot, `${randomUUID()}\n`)
    const isDisk = home.endsWith('.disk')
    const lines = [
      `mount --bind ${id} /etc/machine-id`,
      `mount --bind ${boot} /proc/sys/kernel/random/boot_id`,
      `mount --bind ${networkOf(options.address)} /sys/class/net`,
      options.before ?? ':',
      `mount ${isDisk ? '-o loop' : '--bind'} ${home} ${box.home.path}`,
      `hostname ${hostname}`,
      `cd ${box.home.path}`,
      'exec "$@"',
    ]
    const own = isContainer ? ['--pid', '--fork', '--kill-child', '--mount-proc'] : []
    const words = ['--mount', '--uts', ...own, 'sh', '-ec', lines.join('\n'), 'sh']
    return command => box.run('unshare', [...words, ...command], { timeoutMs: 60_000 })
  }

  const networkOf = (address: string | undefined) => {
    const network = fresh('net')
    const card = join(network, 'eth0')
    mkdirSync(address === undefined ? network : card, { recursive: true })
    if (address === undefined) return network
    symlinkSync(network, join(card, 'device'))
    writeFileSync(join(card, 'address'), `${address}\n`)
    writeFileSync(join(card, 'addr_assign_type'), '0\n')
    return network
  }

  return {
    machine,
    copyHome: from => {
      const copy = fresh('home')
      execFileSync('cp', ['-a', from, copy])
      return copy
    },
    diskOf: from => {
      const disk = `${fresh('vm')}.disk`
      const size = ['-s', '64M', disk]
      execFileSync('truncate', size)
      execFileSync('mkfs.ext4', ['-q', '-F', '-d', from, disk])
      return disk
    },
    copyDisk: disk => {
      const copy = `${fresh('vm')}.disk`
      execFileSync('cp', ['--sparse=always', disk, copy])
      return copy
    },
  }
}
