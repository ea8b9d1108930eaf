// The link that install makes for the wrapper, and what stands in its place.

import { lstatSync, readlinkSync } from 'node:fs'
import { canRun } from '../host/access.js'
import { linkStays } from '../install/user-facts.js'
import type { Look } from './look.js'
import { isWrapper } from './program.js'

/** `~/.local/bin/claude`, where install puts its link. */
export interface WrapperLink {
  path: string
  uid: number | null
  /** `client`: a link into the client's own versions, as its old installer makes it. */
  kind: 'wrapper' | 'client' | 'dangling' | 'other' | 'none'
  leadsTo: string | null
  /** Install would leave it as it is. */
  stays: boolean
}

/** Looks at `path`, whatever is there. */
export function linkFacts(path: string, env: Look['env']): WrapperLink {
  const about = lstatSync(path, { throwIfNoEntry: false })
  const stays = linkStays(path, env) !== null
  if (about === undefined) return { path, uid: null, kind: 'none', leadsTo: null, stays }
  const { uid } = about
  const leadsTo = about.isSymbolicLink() ? readlinkSync(path) : null
  if (isWrapper(path)) return { path, uid, kind: 'wrapper', leadsTo, stays }
  if (leadsTo === null) return { path, uid, kind: 'other', leadsTo, stays }
  if (!canRun(path)) return { path, uid, kind: 'dangling', leadsTo, stays }
  const isClients = /\/(?:\.local\/share\/claude\/versions|\.claude\/local)\//.test(leadsTo)
  return { path, uid, kind: isClients ? 'client' : 'other', leadsTo, stays }
}
