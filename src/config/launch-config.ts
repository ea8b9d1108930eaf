// What the shell needs to know of the configuration, kept beside the marks of `~/.claude`, because the shell reads no YAML (bin/config.sh).

import { lstatSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { textAt } from '../system/open-file.js'
import type { OwnPaths } from '../system/paths.js'
import { atomicWrite, makePrivateFolder } from '../system/write-file.js'
import { configForm } from './cache.js'
import type { Config } from './resolved.js'

/** A file that changed within one tick of the kernel's clock before it was read may change again unseen. */
const tickMs = 20

/** The files that the configuration was made of are looked for, so that the shell can tell when one comes or goes. */
export interface LaunchConfigFiles extends Pick<OwnPaths, 'systemConfig' | 'userConfig'> {
  /** Where root's mark of a user who left would be. */
  left: string
  /** Null without a roster. */
  roster: string | null
}

/**
 * The answer that bin/config.sh takes: a word and its value a line, from `form` to `end`; null where a path has a
 * line break in it. A mode that is off for this folder alone is not the configuration's.
 */
export function launchConfigText(
  config: Pick<Config, 'mode' | 'off' | 'client' | 'renewal' | 'profiles'>,
  files: LaunchConfigFiles,
): string | null {
  const { systemConfig, userConfig, roster, left } = files
  const sources = [systemConfig, userConfig, ...(roster === null ? [] : [roster]), left]
  const mode = config.off?.because === 'folder-not-listed' ? 'on' : config.mode
  const lines = [
    `form ${configForm}`,
    `user ${userConfig}`,
    ...sources.map(path => `${isThere(path) ? 'have' : 'lack'} ${path}`),
    `mode ${mode}`,
    `wait ${Math.ceil(config.renewal.launchWaitMs / 1000)}`,
    ...(config.client === null ? [] : [`client ${config.client}`]),
    ...config.profiles.map(({ folder }) => `folder ${folder}`),
    'end',
  ]
  return lines.some(line => line.includes('\n')) ? null : `${lines.join('\n')}\n`
}

/**
 * Keeps `text` in the state folder of `~/.claude` (where that folder is there), as of `readAtMs` (epoch), when the
 * configuration began to be read; one that is as good is left. Throws `write-failed`.
 */
export function keepLaunchConfig(
  home: string,
  text: string,
  { readAtMs, nonce, uid }: { readAtMs: number; nonce: string; uid: number },
): void {
  const login = join(home, '.claude')
  if (statSync(login, { throwIfNoEntry: false })?.uid !== uid) return
  const state = join(login, '.claude-auth')
  const about = lstatSync(state, { throwIfNoEntry: false })
  if (about !== undefined && (!about.isDirectory() || about.uid !== uid)) return
  const path = join(state, 'launch-config')
  if (isKept(path, text)) return
  makePrivateFolder(state)
  const mtimeSeconds = (readAtMs - tickMs) / 1000
  atomicWrite(path, text, { nonce, mtimeSeconds, durable: false })
}

/** Is that very answer kept, and newer than every file that it is about? */
function isKept(path: string, text: string): boolean {
  try {
    const about = lstatSync(path)
    if (!about.isFile() || about.size !== Buffer.byteLength(text)) return false
    const sources = [...text.matchAll(/^have (.*)$/gm)].map(([, source = '']) => source)
    const isNewer = (each: string) => statSync(each).mtimeMs < about.mtimeMs
    return (
      sources.flatMap(each => [each, dirname(each)]).every(isNewer) &&
      textAt(path, { maxBytes: about.size, links: 'refuse' }) === text
    )
  } catch {
    return false
  }
}

function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined
  } catch {
    return false
  }
}
