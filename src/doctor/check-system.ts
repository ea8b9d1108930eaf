// Checks of a machine that is set up for all its users: `claude-auth doctor --system`.

import { systemWords } from '../report/doctor-system-text.js'
import { configWrong } from '../report/doctor-text.js'
import { alertWords } from '../report/doctor-upkeep-text.js'
import { version } from '../version.js'
import { type Check, type Finding, found, ok } from './check.js'
import type { SystemFacts } from './facts-system.js'

const groups: Record<string, Record<string, (facts: SystemFacts) => Finding | null>> = {
  Program: { package: installed, places },
  Launch: { client, wrapper, hooks, settings },
  Renewal: { timer, 'user-timer': userTimer, users, skel },
  Configuration: { config, mode, alerts },
}

/** In the order of the report. */
export const systemCheckIds: readonly string[] = Object.values(groups).flatMap(checks =>
  Object.keys(checks),
)

/** What the checks find; `only`: just this one. Where nothing is installed, what it would bring is left out. */
export function systemChecks(facts: SystemFacts, only: string | null): Check[] {
  return Object.entries(groups).flatMap(([group, checks]) =>
    Object.entries(checks).flatMap(([id, find]) => {
      const finding = only === null || only === id ? find(facts) : null
      if (finding === null) return []
      return [{ id, group, state: finding.state, ...finding.words, fixes: [] }]
    }),
  )
}

function isHere({ installed }: SystemFacts): boolean {
  return installed !== 'none'
}

function installed({ installed, runs }: SystemFacts): Finding {
  if (installed === 'none') return found('fail', systemWords.notInstalled)
  if (installed === 'unfinished') return found('fail', systemWords.unfinished)
  if (runs === null) return found('fail', systemWords.doesNotRun)
  return runs === version
    ? ok(systemWords.installed(runs))
    : found('warn', systemWords.otherVersion(runs, version))
}

function places({ installed, changed }: SystemFacts): Finding | null {
  if (installed === 'none') return null
  if (changed === 'needs-root') return found('note', systemWords.needsRoot('What install left'))
  return changed.length === 0
    ? ok(systemWords.inPlace)
    : found('warn', systemWords.changed(changed))
}

function client({ client, users }: SystemFacts): Finding {
  if (client !== null) return ok(systemWords.client(client))
  const own = users === 'needs-root' ? [] : users.filter(user => user.client !== null)
  return own.length > 0
    ? found('note', systemWords.ownClients(own.map(({ name }) => name)))
    : found('warn', systemWords.noClient)
}

function wrapper(facts: SystemFacts): Finding | null {
  const { path, kind } = facts.wrapper
  if (!isHere(facts)) return null
  if (kind === 'wrapper') return ok(systemWords.wrapper(path))
  if (kind === 'none' || kind === 'other') return found('warn', systemWords.noWrapper(path))
  return facts.hasProfile
    ? found('note', systemWords.clientInPlace(path))
    : found('warn', systemWords.noWrapper(path))
}

function hooks(facts: SystemFacts): Finding | null {
  const { file, kind, missing, dangling } = facts.hooks
  if (kind === 'broken') return found('fail', systemWords.brokenSettings(file))
  if (kind === 'none') return isHere(facts) ? found('warn', systemWords.noHooks(file)) : null
  if (missing.length > 0) return found('warn', systemWords.missingHooks(missing))
  if (dangling !== null) return found('warn', systemWords.danglingHook(dangling))
  return ok(systemWords.hooks(file))
}

function settings({ brokenSettings, hooks }: SystemFacts): Finding | null {
  if (brokenSettings === null) return ok(systemWords.settings)
  return brokenSettings === hooks.file
    ? null
    : found('fail', systemWords.brokenSettings(brokenSettings))
}

function timer(facts: SystemFacts): Finding | null {
  const { kind, failed } = facts.timer
  if (kind === 'no-systemd') return found('note', systemWords.noSystemd)
  if (!isHere(facts)) return null
  if (kind === 'unknown') return found('note', systemWords.timerUnknown)
  if (kind === 'missing') return found('warn', systemWords.noTimer)
  if (kind === 'stopped') return found('warn', systemWords.timerStopped)
  return failed === null ? ok(systemWords.timer) : found('warn', systemWords.timerFailed(failed))
}

function userTimer(facts: SystemFacts): Finding | null {
  if (!isHere(facts) || facts.timer.kind === 'no-systemd') return null
  return facts.hasUserTimer ? ok(systemWords.userTimer) : found('warn', systemWords.noUserTimer)
}

/** Is somebody not looked after, and why? */
function users(facts: SystemFacts): Finding | null {
  const { users, timer } = facts
  if (!isHere(facts)) return null
  if (users === 'needs-root') return found('note', systemWords.needsRoot('Who is looked after'))
  if (users.length === 0) return ok(systemWords.nobodyYet)
  const by = (who: (typeof users)[number]['by']) => users.filter(each => each.by === who)
  const left = by('nobody').map(({ name }) => name)
  if (left.length === 0)
    return ok(systemWords.covered(by('own-timer').length, by('machine-timer').length))
  // That there is no systemd, or that its timer is stopped, is said by a check of its own.
  const isTold = timer.kind !== 'active'
  return found(timer.kind === 'no-systemd' ? 'note' : 'warn', systemWords.uncovered(left, isTold))
}

function skel(facts: SystemFacts): Finding | null {
  if (!isHere(facts)) return null
  return facts.hasSkel ? ok(systemWords.skel) : found('warn', systemWords.noSkel)
}

function config({ config }: SystemFacts): Finding {
  if (config.kind === 'wrong')
    return found('fail', configWrong(config.message, config.more, config.hint))
  return config.exists ? ok(systemWords.config) : ok(systemWords.noConfig)
}

function mode({ config }: SystemFacts): Finding | null {
  if (config.kind === 'wrong') return null
  const { mode, off, store, custody } = config.config
  // Whether root itself stands in the roster says nothing of the others.
  if (off?.because === 'config') return found('note', systemWords.off)
  if (mode === 'observe') return found('note', systemWords.observe)
  return ok(systemWords.on(custody, store))
}

function alerts({ config, alerts, isRoot }: SystemFacts): Finding | null {
  if (config.kind === 'wrong') return null
  if (alerts.length === 0) return found('note', alertWords.nobody)
  const trouble = alerts.map(sink => sink.trouble).find(each => each !== null)
  if (!trouble) return ok(alertWords.good(alerts.map(({ to }) => to).join(' and ')))
  // A file that only root and a group may read is no trouble of somebody else's.
  return isRoot
    ? found('warn', alertWords.broken(trouble.message, trouble.hint))
    : found('note', systemWords.needsRoot('Where messages go'))
}
