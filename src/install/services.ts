// Telling a running systemd of new and removed units. Without one, nothing is done.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Unit } from './shipped.js'

/** The machine's timers begin now, not at the next boot. */
export function startSystemTimers(units: Unit[]): void {
  if (!existsSync('/run/systemd/system')) return
  systemctl('daemon-reload')
  for (const { name } of units.filter(isTimer)) systemctl('start', name)
}

export function stopSystemTimers(names: string[]): void {
  if (!existsSync('/run/systemd/system')) return
  for (const name of names) systemctl('stop', name)
}

export function reloadSystem(): void {
  if (existsSync('/run/systemd/system')) systemctl('daemon-reload')
}

/** The same in the person's own manager. */
export function startUserTimers(units: Unit[]): void {
  systemctl('--user', 'daemon-reload')
  for (const { name } of units.filter(isTimer)) systemctl('--user', 'start', name)
}

export function stopUserTimers(names: string[]): void {
  for (const name of names) systemctl('--user', 'stop', name)
  systemctl('--user', 'daemon-reload')
}

function isTimer({ name }: Pick<Unit, 'name'>): boolean {
  return name.endsWith('.timer')
}

function systemctl(...args: string[]): void {
  const uid = process.geteuid?.() ?? 0
  const env = { XDG_RUNTIME_DIR: `/run/user/${uid}`, PATH: '/usr/bin:/bin' }
  spawnSync('systemctl', args, { stdio: 'ignore', timeout: 30_000, env })
}
