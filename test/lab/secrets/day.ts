// A day with a login: launches in all zones, losses, refusals and errors of every kind, with everything that was said and seen.

import { readdirSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { faults } from '../../../src/demo/faults.js'
import { cannotTrace } from '../../kit/kill-points.js'
import { processesOf, type Run } from '../../kit/run.js'
import type { Scene } from './scene.js'

/** What was said, by whom, and how often each kind of thing was done. */
export interface Day {
  /** Output of every command, arguments and environment of every process, by where it was found. */
  texts: Record<string, string>
  deeds: number
  processes: number
}

const hour = 3_600_000

/** Everything once; `quick` leaves out what waits for limits. */
export async function day(scene: Scene, quick: boolean): Promise<Day> {
  const { box, gateway, env, configure } = scene
  const texts: Record<string, string> = {}
  let deeds = 0
  const keep = (where: string, { stdout, stderr }: Run) => {
    deeds++
    texts[`stdout and stderr ${where}`] = stdout + stderr
  }
  const ensure = async (where: string, args = ['--force']) =>
    keep(where, await box.ensure(args, { env }))
  const launch = async (where: string, args = ['-p', 'hi']) => {
    keep(where, await box.launch(args, { env: { ...env, NODE_DEBUG: 'http,https,net,tls' } }))
    await box.settle()
  }
  const watched = watch(scene)

  box.writeLogin(box.signIn())
  await launch('at the first launch')
  await launch('at a fresh launch')
  box.writeLogin(box.signIn(-hour))
  if (cannotTrace) await launch('after a night')
  else {
    const record = join(box.home.path, 'exec-trace')
    const options = ['-f', '-qq', '-v', '-s', '65536', '-e', 'trace=execve', '-o', record]
    keep('after a night', await box.run('strace', [...options, box.wrapper, 'x'], { env }))
    await box.settle()
    texts['arguments and environment at every exec'] = readFileSync(record, 'utf8')
  }
  box.writeLogin(box.signIn(3 * hour))
  await launch('past half')
  box.blank()
  await launch('after a blanking')
  box.writeLogin(null)
  if (!quick) await launch('without a login file')
  box.writeLogin(`{"claudeAiOauth": ${JSON.stringify(box.login())}`)
  await launch('with a torn login file')
  box.authority.revokeAccess(box.login()?.accessToken ?? '')
  await ensure('after a refusal')

  // Servers that say back what they were sent.
  const some = <T>(cases: Record<string, T>, count: number) =>
    Object.entries(cases).slice(0, quick ? count : undefined)
  for (const [name, answer] of some(scene.vaultAnswers, 1)) {
    gateway.instead = answer
    box.writeLogin(box.signIn(name.startsWith('4') ? -hour : undefined))
    await ensure(`with Vault: ${name}`)
  }
  gateway.instead = null
  for (const [name, fault] of some(authorityFaults(scene), 2)) {
    box.writeLogin(box.signIn(-hour))
    box.authority.fail('token', fault)
    await ensure(`with the token endpoint: ${name}`)
    box.authority.fail('profile', fault)
    if (!quick) await ensure(`with the profile: ${name}`)
    box.authority.clearFaults()
  }

  const { accessToken } = box.authority.mintLongLived(box.user)
  keep(
    'storing a long-lived token',
    await box.command(['login', '--long-lived'], { env, input: accessToken }),
  )
  configure({ credential: 'long-lived' })
  await launch('with a long-lived token')
  configure({})
  await ensure('with the login again')

  configure({}, scene.jwtAuth)
  box.writeLogin(box.signIn(-hour))
  await launch('with a JWT')
  await ensure('with a JWT')

  // A new one, so that nothing is owed to the faults before.
  box.writeLogin(box.signIn())
  await ensure('after another sign-in')
  for (const token of box.secrets()) box.authority.endFamily(token)
  await ensure('when the login has ended')
  await launch('when the login has ended')
  box.writeLogin(box.signIn())
  await ensure('after a sign-in')
  keep('of the log', await box.command(['log', '--json'], { env }))
  keep('of the log, for people', await box.command(['log'], { env }))
  await launch('at the log-out', ['auth', 'logout'])
  await ensure('after the log-out')

  const seen = await watched()
  texts['arguments and environments of all processes'] = seen.join('\n')
  for (const name of readdirSync(box.home.path).filter(each => each.startsWith('seen-by')))
    texts[`what ${name.slice(8)} could see`] = readFileSync(join(box.home.path, name), 'utf8')
  texts['Slack'] = JSON.stringify(box.authority.slackMessages)
  return { texts, deeds, processes: seen.length }
}

/** What the authority says back, with the tokens of this very moment in it. */
function authorityFaults({ box }: Scene) {
  const echo = () => box.secrets().slice(-6).join(' ')
  const description = { error: 'invalid_request', error_description: echo() }
  return {
    '400 that repeats': faults.answer(400, description),
    'HTML that repeats': faults.answer(200, `<p>${echo()}</p>`),
    '500 that repeats': faults.answer(500, echo()),
    'a redirect that repeats': faults.redirect(`http://127.0.0.1:9/?${encodeURIComponent(echo())}`),
    '401 that repeats': faults.answer(401, { error: { message: echo() } }),
    'half of an answer': faults.cut(),
    'no refresh token': faults.without('refresh_token'),
    'wrong types': faults.changed({ expires_in: { a: 1 }, account: echo() }),
  }
}

/** Argument and environment of all that runs in this home, until it is told to end. */
function watch({ box }: Scene) {
  const seen = new Set<string>()
  let isOver = false
  const look = async () => {
    while (!isOver) {
      for (const pid of await processesOf(box.home.path)) {
        const names = ['environ', 'cmdline'].map(name => `/proc/${pid}/${name}`)
        const parts = names.map(path => readFile(path, 'latin1').catch(() => ''))
        seen.add((await Promise.all(parts)).join('\n'))
      }
      await sleep(10)
    }
  }
  const looking = look()
  return async () => {
    isOver = true
    await looking
    return [...seen]
  }
}
