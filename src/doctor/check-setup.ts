// Checks of the configuration: is it on, and who signs at all.

import { ownPaths } from '../host/paths.js'
import { credentialWords, modeWords } from '../report/doctor-login-text.js'
import { isLongLivedShape } from '../steps/long-lived-facts.js'
import { type Finding, found, ok } from './check.js'
import { type LoginFacts, pathFacts } from './facts-login.js'

export function config({ place, run }: LoginFacts): Finding {
  const { overruled, misfits } = run.config
  const [first] = misfits
  if (first) return found('warn', modeWords.misfit(first, misfits.length - 1))
  if (overruled.length > 0) return found('note', modeWords.overruled(overruled))
  const { systemConfig, userConfig } = ownPaths(run.env, place.person.home)
  return ok(modeWords.config([systemConfig, userConfig].filter(path => pathFacts(path) !== null)))
}

export function mode({ place, run }: LoginFacts): Finding {
  const { mode, off } = run.config
  if (!place.owned) return found('note', place.foreign ? modeWords.notYours : modeWords.distrusted)
  if (off) return found('note', modeWords.off(modeWords.whyOff[off.because], off.file))
  return mode === 'observe' ? found('note', modeWords.observe) : ok(modeWords.on)
}

/** Who signs a request, and where that credential comes from. */
export function credential({ run, seen, place }: LoginFacts): Finding {
  const other = run.otherCredential ?? (seen.state.file.kind === 'login' ? null : run.standIn)
  if (other !== null) {
    const name = other.wins.split(' ')[0] ?? ''
    return found('note', credentialWords.other(other.wins, name, other.from === 'environment'))
  }
  const { file } = seen.state
  if (file.kind !== 'login') return ok(credentialWords.none)
  if (isLongLivedShape(file.login)) return ok(credentialWords.longLived)
  return ok(credentialWords.login(place.paths.loginFile))
}

/** A token in the environment that is not this user's own, as far as we know. */
export function sharedToken({ run, seen }: LoginFacts): Finding | null {
  const other = run.otherCredential
  if (!other?.tokenHash) return null
  const { file } = seen.state
  const own = [file.kind === 'login' ? file.login.accessHash : null, run.memory.held?.accessHash]
  if (own.includes(other.tokenHash)) return null
  return found('warn', credentialWords.shared(other.from))
}
