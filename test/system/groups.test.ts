// A group that may write to a home: trusted only where it is the user and nobody else, by shell and engine alike.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'

const program = fileURLToPath(new URL('../../bin', import.meta.url))

/** An access control list as the kernel takes it, with alice's group as it was and one line more. */
const list = (line: string) =>
  `python3 -c 'import os, struct
entries = [(1, 7, -1), ${line}, (4, 7, -1), (16, 7, -1), (32, 5, -1)]
packed = b"".join(struct.pack("<HHi", *each) for each in entries)
os.setxattr("/home/alice", "system.posix_acl_access", struct.pack("<I", 2) + packed)'`

const cases: Record<string, { prepare: string; isFine: boolean }> = {
  'a group of her own, as useradd makes it': { prepare: ':', isFine: true },
  'a group of her own with a number of its own': {
    prepare: 'groupadd -g 5000 hers; usermod -g hers alice; chgrp -R hers /home/alice',
    isFine: true,
  },
  'she herself is a member of it': { prepare: 'usermod -aG alice alice', isFine: true },
  'another user is a member of it': { prepare: 'usermod -aG alice bob', isFine: false },
  'it is another user’s first group': { prepare: 'usermod -g alice bob', isFine: false },
  'its number has a second name, of which another user is a member': {
    prepare: 'echo "second:x:$(id -g alice):bob" >>/etc/group',
    isFine: false,
  },
  'a group of many': { prepare: 'chgrp users /home/alice', isFine: false },
  'a group of nobody, as for games': { prepare: 'chgrp games /home/alice', isFine: false },
  'root’s group': { prepare: 'chgrp root /home/alice', isFine: true },
  'root’s group, with another user in it': {
    prepare: 'chgrp root /home/alice; usermod -aG root bob',
    isFine: false,
  },
  'a list lets another user write': { prepare: list('(2, 7, 4321)'), isFine: false },
  'a list lets another group write': {
    prepare: list('(8, 7, 100)').replace('(8, 7, 100), (4, 7, -1)', '(4, 7, -1), (8, 7, 100)'),
    isFine: false,
  },
  'a list that was there once, and no group that may write': {
    prepare: `${list('(2, 7, 4321)')} && chmod 755 /home/alice`,
    isFine: true,
  },
}

t.jobs = 2
for (const [name, { prepare, isFine }] of Object.entries(cases))
  t.test(name, { skip: noOwnMachine, buffered: true }, async t => {
    const machine = await ownMachine(t)
    for (const user of ['alice', 'bob']) await machine.addUser(user)
    await machine.sh('install -d -o alice -g alice -m 755 /home/alice/.claude /home/alice/bin')
    await machine.write('/home/alice/bin/claude', '#!/bin/sh\necho started\n', 0o755)
    await machine.sh(`chmod 775 /home/alice && { ${prepare}; }`)
    const env = { PATH: `/home/alice/bin:${join(process.execPath, '..')}:/usr/bin:/bin` }
    const launched = await machine.as('alice', join(program, 'claude'), ['-p', 'x'], { env })
    t.equal(launched.stdout, 'started\n', launched.stderr)
    t.equal(/others can write to \/home\/alice/.test(launched.stderr), !isFine, launched.stderr)
    const words = [join(program, 'claude-auth'), 'ensure', '--json', '--offline']
    const { stderr, stdout } = await machine.as('alice', process.execPath, words, { env })
    const { steps, because } = JSON.parse(stdout)
    t.equal(because === 'not-ours' || /writable by others/.test(stderr), !isFine, stdout + stderr)
    t.ok(Array.isArray(steps))
  })
