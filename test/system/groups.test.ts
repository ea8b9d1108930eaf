// A group that may write to a home: trusted only where it is the user and nobody else, by shell and engine alike.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'
import { fetchPeers } from '../kit/real-clients.js'

const program = fileURLToPath(new URL('../../bin', import.meta.url))

/** An access control list as the kernel takes it, with alice's group as it was and one line more. */
const list = (line: string) =>
  `python3 -c 'import os, struct
entries = [(1, 7, -1), ${line}, (4, 7, -1), (16, 7, -1), (32, 5, -1)]
packed = b"".join(struct.pack("<HHi", *each) for each in entries)
os.setxattr("/home/alice", "system.posix_acl_access", struct.pack("<I", 2) + packed)'`

type Case = { prepare: string; isFine: boolean }

const cases: Record<string, Case> = {
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

/** Where the tools of the package `acl` are installed, a list is read: by whom it lets in. */
const readLists: Record<string, Case> = {
  'a list lets another user write': { prepare: 'setfacl -m u:bob:rwx /home/alice', isFine: false },
  'a list lets another user write, and not read': {
    prepare: 'setfacl -m u:bob:-wx /home/alice',
    isFine: false,
  },
  'a list lets another user read': { prepare: 'setfacl -m u:bob:r-x /home/alice', isFine: true },
  'a list lets her and root write': {
    prepare: 'setfacl -m u:alice:rwx,u:root:rwx /home/alice',
    isFine: true,
  },
  'a list lets another group write': {
    prepare: 'setfacl -m g:users:rwx /home/alice',
    isFine: false,
  },
  'a list lets another group read': { prepare: 'setfacl -m g:users:r-x /home/alice', isFine: true },
  'a list lets another user write, within a limit that does not': {
    prepare: 'setfacl -m u:bob:rwx,m::r-x /home/alice',
    isFine: true,
  },
  'a list for what will be made there': {
    prepare: 'setfacl -d -m u:bob:rwx /home/alice',
    isFine: true,
  },
  'a list beside a group of many': {
    prepare: 'chgrp users /home/alice; setfacl -m u:alice:rwx /home/alice',
    isFine: false,
  },
  'a list on the login folder': {
    prepare: 'chmod 775 /home/alice/.claude; setfacl -m u:bob:rwx /home/alice/.claude',
    isFine: false,
  },
}

t.jobs = 2
for (const [name, each] of Object.entries(cases))
  t.test(name, { skip: noOwnMachine, buffered: true }, t => judged(t, each))

const [acl] = fetchPeers('acl')
for (const [name, each] of Object.entries(readLists))
  t.test(`getfacl: ${name}`, { skip: noOwnMachine || (acl?.skip ?? false), buffered: true }, t =>
    judged(t, each, join(acl?.path ?? '', '..')),
  )

/** Shell and engine agree on a home that alice's group may write, after `prepare`; `tools` are installed before. */
async function judged(t: Test, { prepare, isFine }: Case, tools?: string): Promise<void> {
  const machine = await ownMachine(t)
  for (const user of ['alice', 'bob']) await machine.addUser(user)
  await machine.sh('install -d -o alice -g alice -m 755 /home/alice/.claude /home/alice/bin')
  await machine.write('/home/alice/bin/claude', '#!/bin/sh\necho started\n', 0o755)
  await machine.sh('rm -f /usr/bin/getfacl /bin/getfacl')
  if (tools !== undefined) await machine.sh(`install -m 755 '${tools}'/?etfacl /usr/bin`)
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
}
