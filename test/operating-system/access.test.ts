// Why a path is closed or can’t be started, and the command that opens it.

import { spawnSync } from 'node:child_process'
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { foreign, whyNotRunnable } from '../../src/system/access.js'
import { noOwnMachine } from '../kit/own-machine.js'

const module = JSON.stringify(new URL('../../src/system/access.ts', import.meta.url).href)

t.test('a file goes back alone, a folder with all that is in it', async t => {
  t.match(foreign('/home/a/f', 0, 4242), {
    what: 'belongs to root',
    hint: 'sudo chown 4242 /home/a/f',
  })
  t.match(foreign('/home/a/my f', 0, 4242, true), { hint: "sudo chown -R 4242 '/home/a/my f'" })
})

t.test(
  'the name of a domain’s user can be pasted as it stands',
  { skip: noOwnMachine },
  async t => {
    const passwd = `${t.testdir({ passwd: 'DOMAIN\\alice:x:4242:4242::/home/a:/bin/sh\n' })}/passwd`
    const code = `
    const { foreign } = await import(${module})
    process.stdout.write(foreign('/home/a/f', 0, 4242).hint)`
    const line = 'mount --bind "$0" /etc/passwd && exec "$@"'
    const node = [process.execPath, ...process.execArgv, '--input-type=module', '-e', code]
    const own = ['--mount', '--propagation', 'private', 'sh', '-c', line, passwd]
    const { stdout } = spawnSync('unshare', [...own, ...node], { encoding: 'utf8' })
    t.equal(stdout, "sudo chown 'DOMAIN\\alice' /home/a/f")
  },
)

t.test('programs of the system, scripts and links to them can be started', async t => {
  const script = join(t.testdir(), 'script')
  for (const first of [
    '#!/bin/sh',
    '#! /bin/sh -e',
    '#!\t/usr/bin/env sh',
    '#!/bin/sh'.padEnd(250),
  ]) {
    writeFileSync(script, `${first}\nexit 0\n`, { mode: 0o755 })
    t.equal(whyNotRunnable(script), null, first)
  }
  symlinkSync(script, `${script}-link`)
  for (const path of [`${script}-link`, '/bin/sh', process.execPath])
    t.equal(whyNotRunnable(path), null, path)
})

t.test('what a shell would have to make sense of cannot', async t => {
  const folder = t.testdir({ empty: '', text: 'exit 0\n', dangling: '#!/none/sh\n' })
  for (const name of ['empty', 'text', 'dangling']) chmodSync(join(folder, name), 0o755)
  t.equal(whyNotRunnable(join(folder, 'empty')), 'is empty')
  t.match(whyNotRunnable(join(folder, 'text')), /neither a binary nor begins with #!/)
  t.match(whyNotRunnable(join(folder, 'dangling')), /interpreter .* \/none\/sh$/)
  t.equal(whyNotRunnable(folder), 'is not a regular file')
  t.equal(whyNotRunnable(join(folder, 'none')), 'is not there')
  t.match(whyNotRunnable(join(folder, 'text', 'below')), /ENOTDIR/)
})
