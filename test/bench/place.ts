// Where the benchmark runs: a throwaway home with a trivial client, and the stand-in authority on loopback.

import { spawn, spawnSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Authority, startAuthority } from '../../src/demo/authority.js'
import { endProcessesOf } from '../../src/demo/run-program.js'
import { type Home, makeHome } from '../kit/home.js'
import { type LoginOnDisk, loginOnDisk } from '../kit/login-on-disk.js'

/** The folder above dist/, where this is bundled to. */
const root = fileURLToPath(new URL('..', import.meta.url))

export interface Place {
  home: Home
  authority: Authority
  disk: LoginOnDisk
  env: Record<string, string>
  /** The client that does nothing: `true`. */
  client: string
  wrapper: string
  /** `claude-auth`. */
  command: string
  /** Milliseconds of one run of a program, with nothing else going on in this process. */
  time(command: string, args?: string[]): number
  /** The same for a program that needs an answer of the authority. */
  timeServed(command: string, args?: string[]): Promise<number>
  /** Waits for what a launch left to the background. */
  settle(): Promise<void>
  /** The access token is over, for the server and by the login file. */
  expire(): void
  close(): Promise<void>
}

/** `config`: more keys of our configuration. */
export async function makePlace(config: Record<string, unknown> = {}): Promise<Place> {
  const user = {
    email: 'alice@example.com',
    accountUuid: randomUUID(),
    organizationUuid: randomUUID(),
    organizationName: 'Example',
    subscriptionType: 'enterprise',
  } as const
  const home = makeHome(user, '/bin/true', process.execPath)
  const authority = await startAuthority({ now: () => Date.now(), random: randomBytes })
  const disk = loginOnDisk(home)
  disk.writeLogin(authority.signIn({ user }))
  const endpoints = { oauth: authority.url, api: authority.url }
  home.write(home.configFile, JSON.stringify({ version: 1, endpoints, ...config }))
  const env = { PATH: `${home.tools}:/usr/bin:/bin`, HOME: home.path }
  const options = { cwd: home.path, env, stdio: 'ignore' as const }

  const timeServed = async (command: string, args: string[] = []) => {
    const began = process.hrtime.bigint()
    const [code] = await once(spawn(command, args, options), 'exit')
    return passed(began, code, command)
  }
  return {
    home,
    authority,
    disk,
    env,
    client: '/bin/true',
    wrapper: join(root, 'bin/claude'),
    command: join(root, 'bin/claude-auth'),
    time: (command, args = []) => {
      const began = process.hrtime.bigint()
      const { status } = spawnSync(command, args, options)
      return passed(began, status, command)
    },
    timeServed,
    settle: async () => {
      if (existsSync(home.paths.gate))
        await timeServed('flock', ['-w', '30', home.paths.gate, 'true'])
    },
    expire: () => {
      const login = disk.login()
      if (login === null) throw new Error('there is no login')
      authority.expireAccess(login.accessToken)
      disk.writeLogin({ ...login, expiresAt: Date.now() - 3_600_000 })
    },
    close: async () => {
      await endProcessesOf(home.path)
      await authority.close()
      home.remove()
    },
  }
}

/** A run that failed is no measurement. */
function passed(began: bigint, code: number | null, command: string): number {
  const ms = Number(process.hrtime.bigint() - began) / 1e6
  if (code !== 0) throw new Error(`${command} ended with ${code}`)
  return ms
}
