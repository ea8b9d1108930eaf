// A home whose file system has no flock(2), as Lustre mounted without it: launches, hooks and commands renew all the same, once.

import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { expireHere } from '../kit/expire-here.js'
import { noOwnMachine } from '../kit/own-machine.js'
import { custodies, type Wrapped, wrapped } from '../kit/wrapped.js'

t.jobs = 2

/** flock(1) of util-linux and of busybox where the kernel refuses (sysexits.h: 65, or 71 for ENOLCK). */
const refusals: Record<string, string> = {
  'Lustre without flock': 'echo "flock: 9: Function not implemented" >&2; exit 65',
  'NFS without its lock service': 'echo "flock: 9: No locks available" >&2; exit 71',
  busybox: 'echo "flock: Function not implemented" >&2; exit 1',
}

/** Runs `words` where flock(1) ends so. */
function without(box: Wrapped, refusal: string, words: string[]) {
  const flock = join(box.home.path, 'flock')
  mkdirSync(box.home.path, { recursive: true })
  writeFileSync(flock, `#!/bin/sh\n${refusal}\n`)
  chmodSync(flock, 0o755)
  const line = 'mount --bind "$0" /usr/bin/flock && exec "$@"'
  const own = ['--mount', '--propagation', 'private', 'sh', '-c', line, flock]
  return box.run('unshare', [...own, ...words])
}

for (const [name, refusal] of Object.entries(refusals))
  for (const custody of custodies)
    t.test(`${name}, ${custody}`, { buffered: true, skip: noOwnMachine }, async t => {
      const box = await wrapped(t, { config: { custody } })
      const claudeAuth = join(box.wrapper, '../claude-auth')
      await box.ensure()
      await expireHere(box)
      box.authority.fail('token', faults.late(1500))
      const launch = () => without(box, refusal, [box.wrapper, '-p', 'hi'])
      for (const launched of await Promise.all([launch(), launch(), launch()]))
        t.match(launched, { code: 0, stdout: 'client: -p hi\n', stderr: '' })
      await box.settle()
      t.ok(box.authority.accepts(box.login()?.accessToken ?? ''), 'a live login in the file')
      t.match(box.authority.counts(), { tokenRequests: 1, reuses: 0 })
      await expireHere(box)
      t.match(await without(box, refusal, [claudeAuth, 'ensure']), { code: 0 })
      t.match(box.authority.counts(), { tokenRequests: 2, reuses: 0 })
      const fresh = join(box.home.paths.state, 'fresh')
      t.ok(existsSync(fresh))
      box.authority.revokeAccess(box.login()?.accessToken ?? '')
      await without(box, refusal, [claudeAuth, 'doctor'])
      t.notOk(existsSync(fresh), 'what doctor heard is remembered')
      for (const word of ['install', 'uninstall'])
        t.match(await without(box, refusal, [claudeAuth, word, '--yes']), { stderr: '' }, word)
      t.equal(box.authority.counts().reuses, 0)
    })
