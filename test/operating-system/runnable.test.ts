// Which files can be started without a shell.

import { chmodSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { whyNotRunnable } from '../../src/system/runnable.js'

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
