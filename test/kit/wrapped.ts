// A sandbox whose launches go through an own copy of the wrapper, on a machine whose first process is named.

import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RequestRecord } from '../../src/demo/endpoints.js'
import { type Sandbox, type SandboxOptions, sandbox, type Teardown } from './sandbox.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface WrappedOptions extends SandboxOptions {
  /** The name of the first process: a service manager unless said otherwise, so that workers may outlive a launch. */
  bootedBy?: string
}

export interface Wrapped extends Sandbox {
  /** The copy of `bin/claude`. */
  wrapper: string
  /** Requests to the token endpoint, by who sent them: we, or a client. */
  tokenRequests(): { ours: RequestRecord[]; theirs: RequestRecord[] }
  /** Requests of ours that posted a token which an earlier request had spent. */
  ourReuses(): RequestRecord[]
}

/** A sandbox where `launch` runs the wrapper's copy; dist/ is the project's own. */
export async function wrapped(t: Teardown, options: WrappedOptions = {}): Promise<Wrapped> {
  const box = await sandbox(t, options)
  const program = join(box.home.path, 'program')
  mkdirSync(program, { mode: 0o700 })
  cpSync(join(root, 'bin'), join(program, 'bin'), { recursive: true })
  for (const name of ['dist', 'package.json']) symlinkSync(join(root, name), join(program, name))
  const firstProcess = join(program, 'comm')
  writeFileSync(firstProcess, `${options.bootedBy ?? 'systemd'}\n`)
  const controlGroup = join(program, 'cgroup')
  writeFileSync(controlGroup, '0::/user.slice/user-1000.slice/session-3.scope\n')
  const gate = join(program, 'bin/gate.sh')
  const text = readFileSync(gate, 'utf8')
    .replaceAll('/proc/1/comm', firstProcess)
    .replaceAll('/proc/self/cgroup', controlGroup)
  writeFileSync(gate, text)
  const wrapper = join(program, 'bin/claude')
  const requests = () => box.authority.requests.filter(({ endpoint }) => endpoint === 'token')
  const isOurs = ({ userAgent }: RequestRecord) => userAgent.startsWith('claude-auth/')
  return {
    ...box,
    wrapper,
    launch: (args = [], more) => box.run(wrapper, args, more),
    tokenRequests: () => ({
      ours: requests().filter(isOurs),
      theirs: requests().filter(each => !isOurs(each)),
    }),
    ourReuses: () =>
      requests().filter(
        (each, index) =>
          isOurs(each) &&
          requests()
            .slice(0, index)
            .some(earlier => earlier.status === 200 && earlier.tokens[0] === each.tokens[0]),
      ),
  }
}

/** Both custodies, for tests that must hold in each. */
export const custodies = ['shared', 'sole'] as const
