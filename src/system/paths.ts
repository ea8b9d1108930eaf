// Where things are: the client's login folder, our state beside it, and our configuration. No I/O.

import { join } from 'node:path'

/** The environment as the process received it; passed in so that nothing below `main.ts` reads `process.env`. */
export type Env = Readonly<Record<string, string | undefined>>

/** The state of one login, all inside the login folder (design: `<login folder>/.claude-auth/`, 0700). */
export interface LoginPaths {
  /** The client's login folder, normally `~/.claude`. */
  folder: string
  /** `.credentials.json`, the client's login file. */
  loginFile: string
  /** Our folder inside the login folder. */
  state: string
  /** The gate that every run passes, a `flock(2)` target. */
  gate: string
  /** The write-ahead copy of a token endpoint's answer. */
  answer: string
  stateFile: string
  journal: string
  /** Written by the shell before a log-out; see `login/marks.ts` for the other marks. */
  signedOut: string
  /** Left by a hook after the client met a 401: the next run asks the server. */
  doubted: string
  /** The client's global config, which names the account it believes it is. */
  clientConfig: string
}

/** Our own configuration and secrets, one set for each user. */
export interface OwnPaths {
  systemConfig: string
  userConfig: string
  /** The sealed local store and its key. */
  localStore: string
  /** The user's own, also with `$CLAUDE_AUTH_CONFIG`: secrets for a store may be in it. */
  configFolder: string
}

/**
 * The login folder that the client would use: `CLAUDE_SECURESTORAGE_CONFIG_DIR`, else
 * `CLAUDE_CONFIG_DIR`, else `~/.claude`. The first, set but empty, means `~/.claude` whatever the
 * second says. Paths are NFC-normalized (client 2.1.330).
 */
export function loginFolder(env: Env, home: string): string {
  const named = env['CLAUDE_SECURESTORAGE_CONFIG_DIR'] ?? env['CLAUDE_CONFIG_DIR']
  return named ? withoutSlash(named.normalize('NFC')) : join(home, '.claude')
}

/** The environment in which `folder` is the login folder; null: `~/.claude`. */
export function envOfLogin(env: Env, folder: string | null): Env {
  const { CLAUDE_CONFIG_DIR: _, CLAUDE_SECURESTORAGE_CONFIG_DIR: __, ...plain } = env
  return folder === null ? plain : { ...plain, CLAUDE_CONFIG_DIR: folder }
}

/** `~/.claude/` is `~/.claude`: the wrapper and the list of profiles compare the text. */
function withoutSlash(folder: string): string {
  return folder.replace(/(?<=.)\/+$/, '')
}

/** All paths of the login in `folder`; `env` and `home` place the client's global config. */
export function loginPaths(folder: string, env: Env, home: string): LoginPaths {
  const state = join(folder, '.claude-auth')
  const configDir = env['CLAUDE_CONFIG_DIR']
  return {
    folder,
    loginFile: join(folder, '.credentials.json'),
    state,
    gate: join(state, 'gate'),
    answer: join(state, 'answer'),
    stateFile: join(state, 'state.json'),
    journal: join(state, 'journal.jsonl'),
    signedOut: join(state, 'signed-out'),
    doubted: join(state, 'doubted'),
    clientConfig: configDir ? join(configDir, '.claude.json') : join(home, '.claude.json'),
  }
}

/** Where our configuration and the sealed store are; `$CLAUDE_AUTH_CONFIG` replaces the user's file. */
export function ownPaths(env: Env, home: string, systemFolder = '/etc/claude-auth'): OwnPaths {
  const configFolder = join(home, '.config', 'claude-auth')
  return {
    systemConfig: join(systemFolder, 'config.yaml'),
    userConfig: env['CLAUDE_AUTH_CONFIG'] || join(configFolder, 'config.yaml'),
    localStore: join(home, '.local', 'share', 'claude-auth'),
    configFolder,
  }
}
