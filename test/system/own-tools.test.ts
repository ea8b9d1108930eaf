// The tools that our shell files call are the system's own: a folder on PATH, a repository's or a neighbor's, offers none.

import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { run, settle } from '../kit/run.js'
import { programs } from '../kit/shell-words.js'
import { type Shell, shells, type WrapperBox, wrapperBox } from '../kit/wrapper-box.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))
/** In the place of one that is not installed everywhere (the acl package brings it). */
const rare = 'a-tool-that-no-system-has'

function edit({ root }: WrapperBox, name: string, change: (text: string) => string): void {
  const path = join(root, 'bin', name)
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}

/** A home that its group may write to, so that all tools are asked; and a repository with tools of its own. */
function setUp(t: Test) {
  const box = wrapperBox(t, 'home')
  edit(box, 'trust.sh', text => text.replaceAll('getfacl', rare))
  const entry = join(box.root, 'bin/entry')
  cpSync(program, entry)
  box.configure({ waitMs: 1000 })
  box.engine(`printf 'launch\\n.\\n'`)
  box.mark({ freshUntilMs: Date.now() - 10_000, usableUntilMs: Date.now() - 10_000 })
  chmodSync(box.home, 0o775)
  const repository = join(box.folder, 'repository')
  const log = join(box.folder, 'ran')
  mkdirSync(repository)
  for (const name of [...programs(), rare, 'node'].filter(each => each !== 'claude'))
    box.write(join(repository, name), `#!/bin/sh\necho ${name} >>'${log}'\n`, 0o755)
  const ran = () => (existsSync(log) ? readFileSync(log, 'utf8') : '')
  return { box, entry, repository, ran }
}

for (const shell of Object.keys(shells) as Shell[]) {
  t.test(`${shell}: a launch in a folder that stands on PATH by its name or as a dot`, async t => {
    for (const folder of ['.', 'the folder']) {
      const { box, repository, ran } = setUp(t)
      const path = `${folder === '.' ? '.' : repository}:${box.env['PATH']}`
      const env = { ...box.env, PATH: path }
      const launched = await box.launch(shell, [], { env, cwd: repository })
      t.match(launched, { code: 0, stdout: /^client / }, folder)
      await settle(box.home, 20_000)
      t.equal(ran(), '', folder)
      t.match(box.engineStarts(), [/^ensure --for launch/], `${folder}: the login was checked`)
    }
  })

  t.test(`${shell}: a hook to which a repository gave a PATH`, async t => {
    for (const isHomeTold of [true, false]) {
      const { box, entry, repository, ran } = setUp(t)
      const about = isHomeTold ? 'as usual' : 'of a client that was started without HOME'
      rmSync(join(box.root, 'node'))
      edit(box, 'ours.sh', text =>
        text.replace('command getent passwd "$ca_uid"', `command echo "x:x:0:0:x:${box.home}:x"`),
      )
      const hook = `${shells[shell].join(' ')} '${entry}' hook session-start </dev/null`
      // In a tool of the client, and as a hook of it.
      const command = `${shells[shell].join(' ')} '${entry}' status --short </dev/null`
      const theirs = `export CLAUDECODE=1 CLAUDE_PROJECT_DIR=/ PATH='${repository}:/usr/bin:/bin'`
      const path = join(box.real, 'claude')
      box.write(path, `#!/bin/sh\n${theirs}\n${hook}\n${command}\necho done\n`, 0o755)
      const { HOME = '', ...others } = box.env
      const env = { ...others, ...(isHomeTold ? { HOME } : {}) }
      // It became the client as the wrapper makes it one.
      const become = `CLAUDE_AUTH_GUARD="$$:1:$0" exec "$0"`
      const ended = await run('/bin/sh', ['-c', become, path], { env, cwd: repository })
      t.match(ended, { code: 0, stdout: /done/ }, about)
      await settle(box.home, 20_000)
      t.equal(ran(), '', about)
    }
  })
}
