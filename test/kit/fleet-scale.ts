// A large site in a real OpenBao, and what looking at all of it takes: requests, processor time, memory.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import * as http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { lookPolicy, putRecords, recordsFolder, tokenWith } from './fleet-site.js'
import type { OpenBao } from './openbao.js'
import type { Teardown } from './sandbox.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What stands in every document, and must never be seen. */
export const plantedSecret = 'sk-ant-ort01-planted-in-a-document'

/** So many users with a document and two hosts each; one in a thousand has to sign in. */
export async function fillSite(bao: OpenBao, users: number): Promise<void> {
  let next = 0
  const filler = async () => {
    for (let at = next++; at < users; at = next++) {
      const user = `user${String(at).padStart(6, '0')}`
      await bao.put(user, { claude_login: plantedSecret })
      const isWell = at % 1_000 !== 7
      const first = isWell ? {} : ({ verdict: 'sign-in', because: 'grant-refused' } as const)
      await putRecords(bao, user, { [`ws${at % 50}`]: first, [`lap${at % 50}`]: {} })
    }
  }
  await Promise.all(Array.from({ length: 4 }, filler))
}

export interface Looked {
  code: number | null
  stdout: string
  stderr: string
  wallMs: number
  /** User and system time. */
  cpuMs: number
  /** The greatest resident set. */
  megabytes: number
}

/**
 * Where who looks stands: a home with a configuration, a token with the policy of who looks, and a copy of the program with a Node of
 * its own, which writes down what it used.
 */
export async function lookingDesk(
  t: Teardown,
  bao: OpenBao,
  { address = bao.address, isDetailed = true } = {},
): Promise<{
  /** With all that a look leaves behind. */
  home: string
  token: string
  look: (...args: string[]) => Promise<Looked>
  bare: () => Promise<Looked>
}> {
  const home = mkdtempSync(join(tmpdir(), 'claude-auth-desk-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  mkdirSync(join(home, '.config'), { mode: 0o700 })
  const token = await tokenWith(bao, lookPolicy({ isDetailed }))
  const write = (name: string, text: string, mode = 0o600) => {
    writeFileSync(join(home, name), text, { mode })
    return join(home, name)
  }
  const tokenFile = write('token', token)
  const config = `vault: {address: '${address}', timeout: 20s}\nfleet: {tokenFile: '${tokenFile}'}\n`
  const used = join(home, 'used.json')
  const preload = write(
    'used.cjs',
    `process.on('exit', () => require('node:fs').writeFileSync('${used}', JSON.stringify(process.resourceUsage())))\n`,
  )
  const copy = join(home, 'copy')
  for (const name of ['bin', 'dist', 'package.json'])
    cpSync(join(root, name), join(copy, name), { recursive: true })
  const node = write(
    'copy/node',
    `#!/bin/sh\nexec '${process.execPath}' --require '${preload}' "$@"\n`,
    0o755,
  )
  const env = {
    PATH: '/usr/bin:/bin',
    HOME: home,
    CLAUDE_AUTH_CONFIG: write('config.yaml', config),
  }
  const start = async (program: string, args: string[]): Promise<Looked> => {
    const startMs = performance.now()
    const child = spawn(program, args, { cwd: '/', env })
    const said = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', text => {
        said[stream] += text
      })
    const [code] = await once(child, 'close')
    const usage = JSON.parse(readFileSync(used, 'utf8')) as NodeJS.ResourceUsage
    return {
      ...{ code, ...said, wallMs: performance.now() - startMs },
      cpuMs: (usage.userCPUTime + usage.systemCPUTime) / 1_000,
      megabytes: usage.maxRSS / 1_024,
    }
  }
  return {
    home,
    token,
    look: (...args) => start(join(copy, 'bin/claude-auth'), ['fleet', ...args]),
    bare: () => start(node, ['-e', '0']),
  }
}

/** Milliseconds of reading every entry of both folders with `token`, one after another on one connection, and nothing else. */
export async function bareReads(bao: OpenBao, token: string): Promise<number> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })
  const headers = { 'x-vault-token': token }
  const get = (path: string) =>
    new Promise<{ data: { keys: string[] } }>((resolve, reject) => {
      const asked = http.get(
        `${bao.address}/v1/secret/metadata/${path}`,
        { agent, headers },
        reply => {
          let text = ''
          reply.setEncoding('utf8').on('data', piece => {
            text += piece
          })
          reply.on('end', () => resolve(JSON.parse(text)))
        },
      )
      asked.on('error', reject)
    })
  const startMs = performance.now()
  for (const folder of ['workstation/claude-users', recordsFolder]) {
    const { data } = await get(`${folder}/?list=true`)
    for (const name of data.keys) await get(`${folder}/${name}`)
  }
  agent.destroy()
  return performance.now() - startMs
}
