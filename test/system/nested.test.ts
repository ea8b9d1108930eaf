// A launch or command in a tool of a client: a repository's settings are in its environment, and steer nothing of ours.

import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { until } from '../kit/terminal.js'
import { type Shell, shells, type WrapperBox, wrapperBox } from '../kit/wrapper-box.js'

const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))

/** What a repository's settings could set for the tools of a session. */
function hostile(box: WrapperBox): Record<string, string> {
  return {
    HOME: join(box.folder, 'theirs'),
    CLAUDE_CONFIG_DIR: join(box.folder, 'theirs/claude'),
    CLAUDE_AUTH_CONFIG: join(box.folder, 'theirs/config.yaml'),
    CLAUDE_AUTH_CLIENT: '/bin/false',
    CLAUDE_AUTH_BYPASS: '1',
    CLAUDE_AUTH_GUARD: '1:20:/x',
    XDG_CACHE_HOME: join(box.folder, 'theirs'),
    https_proxy: 'http://127.0.0.1:9',
    NODE_EXTRA_CA_CERTS: join(box.folder, 'theirs/ca'),
    NODE_OPTIONS: '--require /theirs',
    A_TOOL_VARIABLE: 'stays',
  }
}

/** The engine keeps what it was told on stdin and what it was started with; the tool's client, its environment. */
function setUp(t: Test, shell: Shell) {
  const box = wrapperBox(t, 'home')
  const file = (name: string) => join(box.folder, name)
  const keep = `cat >'${file('stdin')}'; tr '\\000' '\\n' </proc/$$/environ >'${file('engine-env')}'`
  box.engine(`${keep}; echo launch`)
  const set = Object.entries({ CLAUDECODE: '1', ...hostile(box) })
    .map(([name, value]) => `${name}='${value}'`)
    .join(' ')
  /** The client that the person started runs `line` in a tool; one that a tool started keeps what it got. */
  const client = (line: string) =>
    box.write(
      join(box.real, 'claude'),
      `#!/bin/sh\nif [ "$1" = inner ]; then export -p >'${file('inner')}'; echo "inner $HOME"; exit; fi\n${line}; :\n`,
      0o755,
    )
  const wrapper = `${shells[shell].join(' ')} '${join(box.root, 'bin/claude')}'`
  const read = (name: string) => (existsSync(file(name)) ? readFileSync(file(name), 'utf8') : '')
  const env = { ...box.env, HTTPS_PROXY: 'http://127.0.0.1:7' }
  return { box, client, set, wrapper, read, env, file }
}

for (const shell of Object.keys(shells) as Shell[])
  t.test(shell, { jobs: 2 }, async t => {
    t.test(
      'a launch goes by what the person began with; its client gets what the tool gave',
      async t => {
        const { box, client, set, wrapper, read, env } = setUp(t, shell)
        for (const between of ['', 'sh -c \'timeout 20 "$@"; :\' sh ']) {
          client(`env ${set} ${between}${wrapper} inner`)
          const ended = await box.launch(shell, ['outer'], { env })
          t.match(
            ended,
            { code: 0, stdout: `inner ${box.folder}/theirs\n` },
            between + ended.stderr,
          )
          t.match(box.engineStarts().at(-1), /^ensure --for launch .*--environ-on-stdin/)
          t.match(read('stdin'), `HTTPS_PROXY=http://127.0.0.1:7\n`)
          t.match(read('stdin'), `HOME=${box.home}\n`)
          t.notMatch(read('stdin') + read('engine-env'), /theirs|127\.0\.0\.1:9|BYPASS/)
          for (const [name, value] of Object.entries(hostile(box)))
            if (name !== 'CLAUDE_AUTH_GUARD') t.match(read('inner'), `${name}='${value}'`, name)
          for (const name of ['stdin', 'inner']) rmSync(join(box.folder, name))
        }
      },
    )

    t.test(
      'a client that a tool started passes on nothing: the person’s own is the one above',
      async t => {
        const { box, client, set, wrapper, read, env } = setUp(t, shell)
        // The client that the tool starts runs a tool itself.
        client(`if [ "$1" = middle ]; then ${wrapper} inner; else env ${set} ${wrapper} middle; fi`)
        const ended = await box.launch(shell, ['outer'], { env })
        t.match(ended, { code: 0, stdout: /^inner / }, ended.stderr)
        t.match(read('stdin'), `HOME=${box.home}\n`)
        t.notMatch(read('stdin'), 'theirs')
      },
    )

    t.test(
      'where no client is above, nothing that steers counts, and the client starts',
      async t => {
        const { box, client, read } = setUp(t, shell)
        client('echo "client $1 $HOME"')
        const env = { ...box.env, CLAUDECODE: '1', ...hostile(box), PATH: box.env['PATH'] ?? '' }
        const ended = await box.launch(shell, ['x'], { env })
        t.match(ended, { code: 0, stdout: `client x ${box.folder}/theirs\n` }, ended.stderr)
        t.notMatch(read('stdin') + read('engine-env'), 'theirs')
      },
    )

    t.test('a line break in a folder’s name brings no variable along', async t => {
      const { box, client, wrapper, read } = setUp(t, shell)
      const evil = join(box.folder, 'a\nCLAUDE_AUTH_CONFIG=evil\nHOME=evil')
      cpSync(join(box.real, 'claude'), join(evil, 'claude'))
      for (const isBelow of [true, false]) {
        box.write(join(evil, 'claude'), '#!/bin/sh\necho inner\n', 0o755)
        client(`cd '${evil}' && env CLAUDECODE=1 PATH="$PWD:/usr/bin:/bin" ${wrapper} inner`)
        const env = { ...box.env, PATH: `${evil}:/usr/bin:/bin`, CLAUDECODE: '1' }
        const ended = isBelow
          ? await box.launch(shell, ['outer'])
          : await box.launch(shell, ['x'], { env, cwd: evil })
        t.equal(ended.code, 0, ended.stderr)
        t.match(read('stdin'), /^PATH=/m)
        t.notMatch(read('stdin'), /^(?:CLAUDE_AUTH_CONFIG|HOME)=evil/m)
        rmSync(join(box.folder, 'stdin'))
      }
    })

    t.test('a command goes by what the person began with', async t => {
      const { box, client, set, read, env, file } = setUp(t, shell)
      const entry = join(box.root, 'bin/entry')
      cpSync(program, entry)
      rmSync(join(box.root, 'node'))
      const node = `#!/bin/sh\nexport -p >'${file('node-env')}'\necho "node $*"\n`
      box.write(join(box.root, 'node'), node, 0o755)
      const command = `${shells[shell].join(' ')} '${entry}'`
      client(`env ${set} ${command} status --json; env ${set} ${command} login`)
      const ended = await box.launch(shell, ['--version'], { env })
      t.match(ended, { code: 0, stdout: /^node .* status --json\nnode .* login\n$/ }, ended.stderr)
      await until(() => existsSync(file('node-env')))
      t.match(read('node-env'), `HOME='${box.home}'`)
      t.match(read('node-env'), `HTTPS_PROXY='http://127.0.0.1:7'`)
      t.match(read('node-env'), `A_TOOL_VARIABLE='stays'`)
      t.notMatch(read('node-env'), /theirs|127\.0\.0\.1:9|BYPASS/)
    })
  })
