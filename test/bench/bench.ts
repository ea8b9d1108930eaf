// The benchmark: what a healthy launch, a healthy hook and a renewing launch cost. usage: npm run bench [-- --quick]

import { cpus, loadavg } from 'node:os'
import { healthyHook, healthyLaunch } from './healthy.js'
import { makePlace } from './place.js'
import { renewingLaunch } from './renewing.js'
import { makeVaultPlace } from './vault-place.js'

const quick = process.argv.includes('--quick')
const place = await makePlace()
const vault = await makeVaultPlace()
let stopped = false
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.on(signal, () => {
    stopped = true
    process.exitCode = 130
    void Promise.all([place.close(), vault.close()])
  })
// A reader that leaves early (`| head`) must not leave the home behind.
process.stdout.on('error', () => undefined)
try {
  const load = loadavg()[0]?.toFixed(1)
  const cores = cpus().length
  process.stdout.write(`Node ${process.version}, ${cores} cores, load ${load}\n\n`)
  process.stdout.write(`${await healthyLaunch(place, quick ? 40 : 400)}\n`)
  process.stdout.write(`${await healthyHook(place, quick ? 40 : 400)}\n`)
  process.stdout.write(`${await renewingLaunch(place, vault, quick ? 5 : 40)}\n`)
} catch (error) {
  if (!stopped) throw error
} finally {
  await Promise.all([place.close(), vault.close()])
}
