// Why a path is closed, and the command that opens it.

import { spawnSync } from 'node:child_process'
import t from 'tap'
import { foreign } from '../../src/system/access.js'
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
