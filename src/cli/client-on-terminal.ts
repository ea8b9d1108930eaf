// The real client on this very terminal, for what only it can do: signing in, minting a token.

import { spawn } from 'node:child_process'
import type { Env } from '../system/paths.js'

/** Its exit code; 130 after Ctrl-C, which is the client's to hear. */
export function clientOnTerminal(client: string, args: string[], env: Env): Promise<number> {
  let interrupted = false
  const stay = () => {
    interrupted = true
  }
  process.on('SIGINT', stay)
  return new Promise(resolve => {
    const child = spawn(client, args, { stdio: 'inherit', env: { ...env } })
    const done = (code: number) => {
      process.off('SIGINT', stay)
      resolve(code)
    }
    child.on('error', () => done(127))
    child.on('exit', code => done(code !== 0 && interrupted ? 130 : (code ?? 130)))
  })
}
