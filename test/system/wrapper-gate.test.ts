// A launch that has to ask: one worker for all that wait, a bounded wait, and the client starts whatever happens.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { processesOf, settle } from '../kit/run.js'
import { until } from '../kit/terminal.js'
import { type Shell, shells, type WrapperBox, wrapperBox } from '../kit/wrapper-box.js'

/** Marks that the stand-in puts in place when it has done its work: `mv "$later" "$fresh"`. */
function markLater(box: WrapperBox): string {
  box.mark()
  const fresh = join(box.paths.state, 'fresh')
  renameSync(fresh, `${fresh}.later`)
  return `mv '${quoted(fresh)}.later' '${quoted(fresh)}'`
}

/** Usable for an hour, but no longer fresh. */
function markSoon(box: WrapperBox, retryAtMs: number | null = null): void {
  box.mark({ freshUntilMs: Date.now() - 10_000, retryAtMs })
}

for (const shell of Object.keys(shells) as Shell[])
  t.test(shell, async t => {
    t.test('thirty launches at once start one worker', async t => {
      const box = wrapperBox(t)
      box.engine(`sleep 0.5; ${markLater(box)}; echo launch`)
      const all = await Promise.all(Array.from({ length: 30 }, () => box.launch(shell, ['x'])))
      t.ok(
        all.every(each => each.code === 0 && each.stdout.endsWith('<x>\n') && each.stderr === ''),
      )
      t.equal(box.engineStarts().length, 1)
    })

    t.test('a worker that has given its verdict keeps nobody waiting', async t => {
      const box = wrapperBox(t)
      const done = join(box.folder, 'done')
      const verdict = `${markLater(box)}; flock -s 9; echo launch; exec >&-`
      box.engine(`${verdict}; ${box.untilLetGo}; touch '${done}'`)
      await Promise.all([box.launch(shell), box.launch(shell), box.launch(shell)])
      t.notOk(existsSync(done))
      t.equal(box.engineStarts().length, 1)
      box.letGo()
      await settle(box.home, 30_000)
      t.ok(existsSync(done), 'it lives on')
    })

    t.test('what the worker says goes to stderr, and its verdict is obeyed', async t => {
      const box = wrapperBox(t)
      box.engine('printf "launch\\nclaude-auth: one\\nclaude-auth: two %%s\\n"; echo secret >&2')
      const ended = await box.launch(shell)
      t.match(ended.stdout, /^client/)
      t.equal(ended.stderr, 'claude-auth: one\nclaude-auth: two %s\n')
      box.engine('printf "fail 3\\nclaude-auth: sign in\\n"')
      const failed = await box.launch(shell)
      t.match(failed, { code: 3, stdout: '', stderr: 'claude-auth: sign in\n' })
    })

    t.test('the worker is told what it needs, and nothing of the terminal', async t => {
      const box = wrapperBox(t)
      const tell = join(box.folder, 'tell')
      box.engine(
        `{ pwd; umask; echo "$NODE_OPTIONS$NODE_DEBUG|$PATH"; ps -o sid= -p $$; echo $$; } >'${tell}'; echo launch`,
      )
      const override = join(box.real, 'claude')
      await box.launch(shell, ['-p'], {
        env: { ...box.env, NODE_OPTIONS: '--x', NODE_DEBUG: 'http', CLAUDE_AUTH_CLIENT: override },
      })
      const lines = (await box.launch(shell, [], {})) && readLines(tell)
      // Folders above ours are made as the person's umask says; what is ours has its mode in any case.
      const umask = process.umask().toString(8).padStart(4, '0')
      t.same(lines.slice(0, 3), ['/', umask, `|${box.env['PATH']}`])
      const own = execFileSync('ps', ['-o', 'sid=', '-p', String(process.pid)], {
        encoding: 'utf8',
      })
      t.not(lines[3]?.trim(), own.trim(), 'it is in a session of its own')
      const told = (named: string) =>
        `ensure --for launch --gate-fd 9${named} --launch-in-environ [${override}] [in ${box.folder}]`
      const starts = box.engineStarts().map(line => line.replace(/ --within \d+/, ''))
      t.same(starts, [told(' --override'), told('')])
    })

    t.test('soon: the client starts at once, and one worker behind it', async t => {
      const box = wrapperBox(t)
      const done = join(box.folder, 'done')
      markSoon(box)
      box.engine(`${box.untilLetGo}; touch '${done}'`)
      const all = await Promise.all(Array.from({ length: 5 }, () => box.launch(shell)))
      t.ok(all.every(each => each.code === 0 && each.stderr === ''))
      t.notOk(existsSync(done))
      await box.shellsEnd()
      box.letGo()
      await settle(box.home, 30_000)
      t.ok(existsSync(done))
      t.match(box.engineStarts(), [/^ensure --for soon --gate-fd 9 /])
      t.equal(box.engineStarts().length, 1)
      markSoon(box, Date.now() + 60_000)
      await box.launch(shell)
      await settle(box.home, 30_000)
      t.equal(box.engineStarts().length, 1, 'not before its time')
    })

    t.test('work is left to the background only where it is known to survive', async t => {
      const session = '0::/user.slice/user-1000.slice/session-3.scope'
      const scope = '0::/user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn-1.scope'
      const worlds: [string, boolean, string, string, Record<string, string>][] = [
        ['a login session', true, 'systemd', session, {}],
        [
          'a scope that root made',
          true,
          'systemd',
          '0::/user.slice/user-1000.slice/run-r1.scope',
          {},
        ],
        ['sshd without sessions', true, 'systemd', '0::/system.slice/ssh.service', {}],
        [
          'a system with two hierarchies',
          true,
          'systemd',
          `1:name=systemd:${session.slice(3)}`,
          {},
        ],
        ['a service', false, 'systemd', '0::/system.slice/runner.service', {}],
        ['a container that sees the host', false, 'systemd', '0::/system.slice/docker-1.scope', {}],
        ['a rootless container', false, 'systemd', `${scope.slice(0, -17)}libpod-1.scope`, {}],
        ['an unknown group', false, 'systemd', '0::/', {}],
        ['an init that left no mark', false, 'init', session, {}],
        ...['tini', 'docker-init', 'dumb-init', 'catatonit', 'sh', 'node', 's6-svscan', ''].map(
          (name): [string, boolean, string, string, Record<string, string>] => [
            `first process ${name}`,
            false,
            name,
            session,
            {},
          ],
        ),
        ...[
          'CI',
          'RUNNER_TRACKING_ID',
          'JENKINS_NODE_COOKIE',
          'VSTS_PROCESS_LOOKUP_ID',
          'SLURM_JOB_ID',
        ].map((name): [string, boolean, string, string, Record<string, string>] => [
          `a job, told by ${name}`,
          false,
          'systemd',
          session,
          { [name]: '1' },
        ]),
      ]
      for (const [name, lasts, first, group, more] of worlds) {
        const box = wrapperBox(t)
        box.bootedBy(first, group)
        const done = join(box.folder, 'done')
        box.engine(`echo launch; echo .; exec >&-; ${box.untilLetGo}; touch '${done}'`)
        const launch = box.launch(shell, [], { env: { ...box.env, ...more } })
        if (lasts) await launch
        t.notOk(existsSync(done), name)
        box.letGo()
        t.match(await launch, { code: 0, stdout: /client/ }, name)
        if (!lasts) t.ok(existsSync(done), name)
        t.ok(await settle(box.home, 30_000), name)
      }
    })

    t.test('where the machine ends with the client, nothing is left behind', async t => {
      const box = wrapperBox(t)
      box.bootedBy('bash')
      const done = join(box.folder, 'done')
      box.engine(`echo launch; exec >&-; sleep 0.5; touch '${done}'`)
      await box.launch(shell)
      t.ok(existsSync(done))
      rmSync(done)
      markSoon(box)
      await box.launch(shell)
      t.ok(existsSync(done))
      t.match(box.engineStarts(), [/--for launch/, /--for launch/])
    })

    t.test('the client starts with one line when the worker can not', async t => {
      const line = /^claude-auth: [^\n]*without[^\n]*\n$/
      const cases: Record<string, (box: WrapperBox) => Record<string, string>> = {
        'Node is missing': box => {
          rmSync(join(box.root, 'node'))
          return { PATH: box.real }
        },
        'the engine is missing': box => {
          rmSync(join(box.root, 'bin/claude-auth'))
          return {}
        },
        'it dies': box => {
          box.engine('kill -9 $$')
          return {}
        },
        'it talks nonsense': box => {
          box.engine('echo lunch')
          return {}
        },
        'it hangs': box => {
          box.configure({ waitMs: 1 })
          box.mark()
          writeFileSync(box.paths.loginFile, '{}')
          box.engine('sleep 30')
          return {}
        },
        'the state is a file': box => {
          box.write(box.paths.state, '')
          return {}
        },
      }
      for (const [name, prepare] of Object.entries(cases)) {
        const box = wrapperBox(t)
        const more = prepare(box)
        const ended = await box.launch(shell, ['x'], { env: { ...box.env, ...more } })
        t.match(ended.stdout, '<x>', name)
        t.match(ended.stderr, line, name)
        for (const pid of await processesOf(box.home)) process.kill(pid, 'SIGKILL')
      }
    })

    t.test('those who came after the verdict start one more worker between them', async t => {
      const box = wrapperBox(t)
      const again = `${markLater(box)}; echo launch`
      const first = `flock -s 9; echo launch; exec >&-; ${box.untilLetGo}`
      box.engine(`if mkdir '${box.folder}/first'; then ${first}; else ${again}; fi`)
      await box.launch(shell)
      const waiting = Array.from({ length: 12 }, () => box.launch(shell))
      // Each is a shell, with another that waits at the gate.
      while ((await processesOf(box.home)).length < 2 * waiting.length)
        await new Promise(resolve => setTimeout(resolve, 100))
      box.letGo()
      const ended = await Promise.all(waiting)
      t.ok(ended.every(({ code, stderr }) => code === 0 && stderr === ''))
      t.equal(box.engineStarts().length, 2)
    })

    t.test('a wait for another one is bounded too', async t => {
      const box = wrapperBox(t)
      box.configure({ waitMs: 1000 })
      box.mark()
      writeFileSync(box.paths.loginFile, '{}')
      box.engine('sleep 30')
      const first = box.launch(shell)
      await until(() => box.engineStarts().length === 1)
      const second = await box.launch(shell, ['x'])
      t.match(second.stdout, '<x>')
      t.equal(
        second.stderr,
        'claude-auth: another check has been running for 1 s; launching without one\n',
      )
      t.match((await first).stdout, 'client')
      t.equal(box.engineStarts().length, 1)
    })
  })

function readLines(file: string): string[] {
  return readFileSync(file, 'utf8').split('\n')
}

function quoted(text: string): string {
  return text.replaceAll("'", "'\\''")
}
