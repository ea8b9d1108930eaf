// The guided demo: four scenes in a throwaway home, which is removed at the end.

import { existsSync } from 'node:fs'
import { isNobodyTold } from '../alerts/sinks.js'
import { configOf, loginContextOf } from '../engine/login-context.js'
import type { Env } from '../system/paths.js'
import { unknownErrorWords } from '../text/trouble.js'
import {
  blank,
  dead,
  expired,
  healthy,
  type Listener,
  type Narrator,
  narrator,
  type Scene,
  seconds,
} from './scenes.js'
import { type Stage, setStage } from './stage.js'

const scenes: [string, Scene][] = [
  ['The login ran out overnight', expired],
  ['The login was emptied', blank],
  ['The login is dead', dead],
  ['All is well', healthy],
]

/**
 * Tells the story to `listener` and gives the exit code: 0 when every scene came out as told, else 1;
 * 130 after Ctrl-C. `env` is the caller's: it leads to the real client and says whether colors are
 * wanted. Nothing of the caller's home is read or changed.
 */
export async function guidedDemo(
  env: Env,
  listener: Listener & NodeJS.EventEmitter,
): Promise<number> {
  const stop = stopping(listener)
  const voice = await narrator(listener, env)
  const beganMs = performance.now()
  voice.title('claude-auth: four mornings with a login')
  const stage = await setStage(env)
  try {
    voice.tell(
      `Everything below happens now: the wrapper, the engine, the journal. Only the far end is played: a stand-in for Anthropic's servers and for Slack, on this machine, in a throwaway home (${stage.home}). Your own login is not touched. Alice is played by ${loginContextOf(stage.env).person.user}.`,
    )
    voice.tell(`The client is ${stage.client.label}.`)
    const others = await otherConfiguration(stage)
    if (others !== null) {
      voice.gap()
      voice.tell(others)
      return 1
    }
    const stoppedBy = await Promise.race([tellAll(stage, voice), stop.came])
    if (stoppedBy !== null) return stoppedBy
  } finally {
    await stage.close()
    stop.release()
  }
  voice.check(`The home is gone again: ${stage.home}`, !existsSync(stage.home))
  const count = voice.failures.length
  voice.title(
    count === 0
      ? `Four of four as told, in ${seconds(performance.now() - beganMs)}. README.md tells how to have it.`
      : `Not everything came out as told (see "not so" above: ${count}).`,
  )
  return count === 0 ? 0 : 1
}

async function tellAll(stage: Stage, voice: Narrator): Promise<null> {
  for (const [index, [title, play]] of scenes.entries()) {
    voice.scene(index + 1, title)
    try {
      await play(stage, voice)
    } catch (error) {
      voice.check(`The scene broke off: ${unknownErrorWords(error)}.`, false)
      break
    }
  }
  return null
}

/** The machine's own configuration rules every home, so also this one: with it the story would be another. */
async function otherConfiguration({ env, user }: Stage): Promise<string | null> {
  const config = await configOf(loginContextOf(env), env)
  const isOurs =
    config.mode === 'on' &&
    config.identity.organizationUuid === user.organizationUuid &&
    config.identity.email === user.email &&
    config.roster === null &&
    isNobodyTold({ ...config.alerts, slack: null }) &&
    config.alerts.slack?.webhookFile.startsWith(env['HOME'] ?? '/') === true &&
    config.endpoints.oauth === 'https://platform.claude.com' &&
    config.endpoints.api === 'https://api.anthropic.com'
  return isOurs
    ? null
    : 'This machine has its own /etc/claude-auth/config.yaml, which rules in a throwaway home as well (identity, alerts or servers). So that nobody is alerted by a play, the demo is not shown here; any machine without such a file shows it.'
}

/** Ctrl-C, a service manager's stop, or a listener that left: the exit code for it. */
function stopping(listener: NodeJS.EventEmitter) {
  const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const
  let stop: (code: number) => void = () => undefined
  const came = new Promise<number>(resolve => {
    stop = resolve
  })
  const heard = Object.entries(signals).map(
    ([signal, code]) => [signal as NodeJS.Signals, () => stop(code)] as const,
  )
  const left = () => stop(1)
  for (const [signal, hear] of heard) process.on(signal, hear)
  listener.on('error', left)
  return {
    came,
    release: () => {
      for (const [signal, hear] of heard) process.off(signal, hear)
      listener.off('error', left)
    },
  }
}
