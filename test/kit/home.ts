// A throwaway home on disk: login file, client's config, our config, and a folder of programs.

import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { User } from '../../src/demo/grants.js'
import { loginPaths } from '../../src/system/paths.js'

/** A stand-in for the client that says how it was started; exits as `$CLIENT_EXIT` wishes. */
export const trivialClient = `#!/bin/sh
printf 'client:'
for arg; do printf ' %s' "$arg"; done
printf '\\n'
exit "\${CLIENT_EXIT:-0}"
`

export interface Home {
  path: string
  /** First on PATH: `node`, and the client as `claude`. */
  tools: string
  paths: ReturnType<typeof loginPaths>
  /** Our configuration of this user, as JSON (which is YAML). */
  configFile: string
  /** Writes a private file, with its folders. */
  write(file: string, content: string, mode?: number): void
  remove(): void
}

/** Makes the home (0700); `client` is a program's path, a script's text, or null for none. */
export function makeHome(user: User, client: string | null, node: string): Home {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'claude-auth-home-')))
  const tools = join(path, 'tools')
  const paths = loginPaths(join(path, '.claude'), {}, path)

  function write(file: string, content: string, mode = 0o600): void {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, content, { mode })
  }

  mkdirSync(paths.folder, { mode: 0o700 })
  mkdirSync(tools, { mode: 0o700 })
  symlinkSync(node, join(tools, 'node'))
  if (client?.startsWith('/')) symlinkSync(client, join(tools, 'claude'))
  else if (client !== null) write(join(tools, 'claude'), client, 0o755)
  const clientConfig = {
    hasCompletedOnboarding: true,
    projects: { [path]: { hasTrustDialogAccepted: true } },
    oauthAccount: {
      accountUuid: user.accountUuid,
      emailAddress: user.email,
      organizationUuid: user.organizationUuid,
    },
  }
  write(paths.clientConfig, JSON.stringify(clientConfig, null, 2))
  return {
    path,
    tools,
    paths,
    configFile: join(path, '.config', 'claude-auth', 'config.yaml'),
    write,
    // A program of this home that ends at this very moment may still write a file.
    remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }),
  }
}
