// The scene of the day: a login with Vault, Slack and an alert command, every secret of it known by name.

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type JwtIssuer, jwtIssuer } from '../../kit/jwt-issuer.js'
import type { OpenBao } from '../../kit/openbao.js'
import { me, vaultBox } from '../../kit/vault-box.js'
import {
  type Answer,
  type Passed,
  type VaultGateway,
  vaultGateway,
} from '../../kit/vault-gateway.js'
import { tokenFileOf, vaultMount } from '../../kit/vault-mount.js'
import type { Wrapped } from '../../kit/wrapped.js'

/** Writes down what it can see of itself. */
const dump = (name: string) => `#!/bin/sh
tr '\\0' '\\n' </proc/self/environ >>"$HOME/seen-by-${name}"
tr '\\0' '\\n' </proc/$$/cmdline >>"$HOME/seen-by-${name}"
`
const echo = ({ token, body, path }: Passed) => `${path} ${token} ${body} ${JSON.stringify(body)}`
const errors = (asked: Passed) => JSON.stringify({ errors: [echo(asked)] })

export interface Scene {
  box: Wrapped
  gateway: VaultGateway
  env: Record<string, string>
  vaultAnswers: Record<string, (asked: Passed) => Answer | null>
  jwtAuth: object
  configure(more: object, auth?: object): void
  /** Every secret used so far, by kind. */
  secrets(): { access: string[]; refresh: string[]; vault: string[]; other: string[] }
  /** May this file hold a secret of that kind? */
  mayHold(file: string, kind: string): boolean
}

let issuers: Promise<JwtIssuer> | null = null

export async function scene(t: Test, bao: OpenBao, custody: 'shared' | 'sole'): Promise<Scene> {
  issuers ??= jwtIssuer(bao)
  const issuer = await issuers
  const at = await vaultMount(bao)
  const gateway = await vaultGateway(t, bao)
  const box = await vaultBox(t, bao, {
    client: `${dump('client')}echo client\n`,
    login: 'none',
    config: { custody },
    vault: { mount: at.mount, address: gateway.address, timeout: '300ms' },
  })
  const { path } = box.home
  const files = { hook: join(path, 'hook'), jwt: join(path, 'jwt'), alert: join(path, 'alert') }
  const hook = `${custody}-made-up-T0123456789/B0123456789abcdef`
  box.home.write(files.hook, `${box.authority.url}/services/${hook}\n`)
  box.home.write(files.alert, `${dump('alert')}cat >>"$HOME/seen-by-alert"\n`, 0o700)
  box.home.write(tokenFileOf(box), `${at.token}\n`)
  const role = `claude-auth-${custody}`
  await issuer.role(role, { token_policies: [at.mount] })
  const jwt = await issuer.sign({ sub: me, padding: randomBytes(40).toString('hex') })
  box.home.write(files.jwt, jwt)

  const base = JSON.parse(readFileSync(box.home.configFile, 'utf8')) as { vault: object }
  const alerts = { slack: { webhookFile: files.hook }, command: [files.alert] }
  const configure: Scene['configure'] = (more, auth) =>
    box.writeConfig({
      ...base,
      alerts,
      ...more,
      vault: { ...base.vault, ...(auth ? { auth } : {}) },
    })
  configure({})
  const key = join(path, '.local/share/claude-auth/key')
  const { loginFile, state } = box.home.paths
  const isSole = custody === 'sole'
  return {
    box,
    gateway,
    configure,
    env: { DEBUG: '*', NODE_DEBUG: '' },
    jwtAuth: { method: 'jwt', jwtFile: files.jwt, role },
    vaultAnswers: {
      '400 that repeats': asked => ({ status: 400, body: errors(asked) }),
      '403 that repeats': asked => ({ status: 403, body: errors(asked) }),
      '500 that repeats': asked => ({ status: 500, body: errors(asked) }),
      'HTML that repeats': asked => ({ status: 200, body: `<p>${echo(asked)}</p>` }),
      nothing: () => 'hang',
    },
    secrets: () => ({
      access: box.secrets().filter(each => each.includes('-oat01-')),
      refresh: box.secrets('refresh'),
      vault: [...new Set([at.token, ...gateway.passed.map(({ token }) => token)])].filter(Boolean),
      other: [
        // Its claims begin as those of every JWT.
        ...jwt
          .split('.')
          .slice(1)
          .map(part => part.slice(-40)),
        hook,
        ...(existsSync(key) ? [readFileSync(key, 'utf8').trim()] : []),
      ],
    }),
    mayHold: (file, kind) => {
      if (file === loginFile) return kind === 'access' || (kind === 'refresh' && !isSole)
      // As the client had written it, and torn: in sole custody it is sealed.
      if (!isSole && file.startsWith(join(state, 'unreadable-'))) return true
      if (file === tokenFileOf(box)) return kind === 'vault'
      return kind === 'other' && [files.jwt, files.hook, key].includes(file)
    },
  }
}
