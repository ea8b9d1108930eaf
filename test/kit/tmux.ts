// A screen of tmux in a test's home: what a person sees over SSH, and keys to press.

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Sandbox, Teardown } from './sandbox.js'

export interface Screen {
  /** Text, then Enter. */
  enter(text: string): void
  /** A key by tmux's name: `C-c`. */
  key(name: string): void
  /** The lines on the screen; a line that only the screen broke is whole. */
  text(): string
}

/** Runs the shell line `command` on a screen of `columns`, with the clean environment of `box`; gone with the test. */
export function tmuxScreen(t: Teardown, box: Sandbox, command: string, columns = 80): Screen {
  const socket = join(box.home.path, 'tmux')
  const tmux = (...args: string[]) => {
    const words = ['-S', socket, '-f', '/dev/null', ...args]
    const { status, stdout, stderr } = spawnSync('tmux', words, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`tmux ${args[0]}: ${stderr}`)
    return stdout
  }
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
  const pairs = Object.entries(box.env).map(([name, value]) => quote(`${name}=${value}`))
  const line = `exec env -i ${pairs.join(' ')} TERM=screen LANG=C.UTF-8 sh -c ${quote(command)}`
  const start = ['-u', 'new-session', '-d', '-x', String(columns), '-y', '40', line]
  // On a busy machine a new tmux server sometimes ends before its first client is through.
  for (let tries = 1; ; tries++)
    try {
      tmux(...start)
      break
    } catch (error) {
      if (tries === 5) throw error
    }
  t.teardown(() => spawnSync('tmux', ['-S', socket, 'kill-server']))
  return {
    enter: text => {
      // What is pasted may begin with a dash.
      tmux('send-keys', '-l', '--', text)
      tmux('send-keys', 'Enter')
    },
    key: name => void tmux('send-keys', name),
    text: () => tmux('capture-pane', '-p', '-J', '-S', '-'),
  }
}
