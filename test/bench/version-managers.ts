// The peers of a healthy launch: what direnv and rbenv, of Debian's packages, take to start a program.

import { join } from 'node:path'
import { fetchPeers } from '../kit/real-clients.js'
import type { Place } from './place.js'

export interface VersionManager {
  name: string
  /** Null where it can't be had, and `why`. */
  command: string | null
  args: string[]
  why: string | null
}

/** Sets both up in the home of `place`, to start the client that does nothing. */
export function versionManagers(place: Place): VersionManager[] {
  const [direnv, rbenv] = fetchPeers('direnv', 'rbenv')
  return [
    {
      name: 'direnv exec',
      ...(direnv?.skip === false ? withDirenv(place, direnv.path) : none(direnv?.skip)),
    },
    {
      name: 'rbenv shim',
      ...(rbenv?.skip === false ? withRbenv(place, rbenv.path) : none(rbenv?.skip)),
    },
  ]
}

function none(why: string | undefined) {
  return { command: null, args: [], why: why ?? 'not to be had' }
}

/** An allowed `.envrc` with one variable, as it is in most projects. */
function withDirenv(place: Place, program: string) {
  const project = join(place.home.path, 'project')
  place.home.write(join(project, '.envrc'), 'export PROJECT=example\n')
  place.time(program, { args: ['allow', project] })
  return { command: program, args: ['exec', project, '/bin/true'], why: null }
}

/** The shim that `rbenv rehash` makes for a program of one version. */
function withRbenv(place: Place, program: string) {
  const folder = join(place.home.path, '.rbenv')
  place.home.write(join(folder, 'versions/1.0/bin/client'), '#!/bin/sh\nexec /bin/true\n', 0o755)
  place.home.write(join(folder, 'version'), '1.0\n')
  place.time(program, { args: ['rehash'] })
  return { command: join(folder, 'shims/client'), args: [], why: null }
}
