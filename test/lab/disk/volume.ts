// Volumes to put a home on: small, of a named file system, filled up or made read-only as a test wants.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, cpSync, mkdtempSync, openSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** How a file system is made and mounted; in an image where it has a size. */
export interface Kind {
  make: string[]
  mount: string[]
  sizeMiB: number
  /** What can befall it (`case.ts`). */
  troubles: ('full' | 'without inodes' | 'read-only')[]
}

export const kinds: Record<string, Kind> = {
  tmpfs: {
    make: [],
    mount: ['-t', 'tmpfs', '-o', 'size=6m,nr_inodes=1000'],
    sizeMiB: 0,
    troubles: ['full', 'without inodes', 'read-only'],
  },
  ext4: {
    make: ['mkfs.ext4', '-q', '-m', '0', '-N', '1000'],
    mount: ['-o', 'loop'],
    sizeMiB: 16,
    troubles: ['full', 'without inodes', 'read-only'],
  },
  xfs: {
    make: ['mkfs.xfs', '-q'],
    mount: ['-o', 'loop'],
    sizeMiB: 320,
    troubles: ['full'],
  },
  'btrfs (copy-on-write)': {
    make: ['mkfs.btrfs', '-q', '--mixed'],
    mount: ['-o', 'loop'],
    sizeMiB: 64,
    troubles: ['full'],
  },
  'a user’s quota': {
    make: [],
    mount: [
      '-t',
      'tmpfs',
      '-o',
      'size=64m,usrquota_block_hardlimit=4m,usrquota_inode_hardlimit=900',
    ],
    sizeMiB: 0,
    troubles: ['full', 'without inodes'],
  },
}

export interface Volume {
  /** Not a byte more fits (for whom no reserve is kept). */
  fill(): Promise<void>
  /** Not a file more fits. */
  fillInodes(): Promise<void>
  /** There is room again. */
  free(): void
  /** Refused where somebody has a file open for writing, as the holder of the gate has. */
  readOnly(): void
  writable(): void
}

/** For tap's `skip`: why this volume can't be had here. */
export function cannotHave(kind: Kind): string | false {
  if (process.geteuid?.() !== 0) return 'needs root, to mount'
  const [program] = kind.make
  if (program && spawnSync(program, ['-V']).error) return `${program} is missing`
  const folder = mkdtempSync(join(tmpdir(), 'claude-auth-volume-'))
  try {
    mounted(kind, folder, join(folder, 'image'))()
    return false
  } catch {
    return 'it can’t be made or mounted here'
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Moves what is in `home` to a new volume, mounted in its place; it ends with the test. */
export function volumeAt(t: Test, kind: Kind, home: string, uid: number): Volume {
  const folder = mkdtempSync(join(tmpdir(), 'claude-auth-volume-'))
  cpSync(home, join(folder, 'home'), { recursive: true, verbatimSymlinks: true })
  const unmount = mounted(kind, home, join(folder, 'image'))
  t.teardown(() => {
    unmount()
    rmSync(folder, { recursive: true, force: true })
  })
  run('cp', ['-a', `${join(folder, 'home')}/.`, home])
  run('chown', ['-hR', `${uid}:${uid}`, home])
  const ballast = join(home, 'ballast')
  // Not waited for in this process's only thread: the authority lives in it too.
  const as = async (script: string) => {
    const words = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'sh', '-c', script]
    await once(spawn('setpriv', words, { stdio: 'ignore' }), 'close')
  }
  return {
    fill: () =>
      as(`mkdir -p ${ballast}; for size in 1048576 65536 4096 1024 1; do
        head -c 400m /dev/zero | dd of=${ballast}/$size bs=$size; done; sync -f ${ballast}
        n=0; while [ $n -lt 2000 ] && head -c 1500 /dev/urandom >${ballast}/n$n; do n=$((n+1)); done`),
    fillInodes: () =>
      as(
        `mkdir -p ${ballast}; n=0; while [ $n -lt 20000 ] && : >${ballast}/$n; do n=$((n+1)); done`,
      ),
    free: () => {
      rmSync(ballast, { recursive: true, force: true })
      spawnSync('sync', ['-f', home])
    },
    readOnly: () => spawnSync('mount', ['-o', 'remount,ro', home]),
    writable: () => run('mount', ['-o', 'remount,rw', home]),
  }
}

/** Mounts it at `place`; the result unmounts it again. */
function mounted(kind: Kind, place: string, image: string): () => void {
  const [program, ...words] = kind.make
  if (program) {
    closeSync(openSync(image, 'w'))
    truncateSync(image, kind.sizeMiB * 1024 * 1024)
    run(program, [...words, image])
  }
  run('mount', [...kind.mount, program ? image : 'tmpfs', place])
  return () => spawnSync('umount', ['-l', place])
}

function run(command: string, args: string[]): void {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command}: ${stderr?.trim() || status}`)
}
