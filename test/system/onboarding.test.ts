// From nothing to a first prompt: a row, a commit, `roster apply`, and the person's first `claude`, in bash, zsh and fish, with the real client.

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { noOwnMachine, type OwnMachine } from '../kit/own-machine.js'
import { realClient } from '../kit/real-clients.js'
import { program, rosterMachine, tokenFile } from '../kit/roster-machine.js'
import { sandbox } from '../kit/sandbox.js'

const client = realClient('new')
const people = { bea: 'bash', zoe: 'zsh', fin: 'fish' } as const

t.test(
  'a new person: a row, a commit, apply, and the first claude',
  { skip: noOwnMachine || client.skip },
  async t => {
    const box = await sandbox(t, { via: 'proxy', login: 'valid' })
    const at = await rosterMachine(t, { accounts: [], more: 'custody: sole\n' })
    const { machine } = at
    await machine.sh(`touch /usr/bin/claude && mount --bind ${client.path} /usr/bin/claude`)
    await machine.write('/etc/site-ca.pem', readFileSync(box.proxy.caFile, 'utf8'))
    await machine.sh('cp /etc/claude-auth/config.yaml /root/site.yaml')
    const installed = await machine.run('node', [
      program,
      'install',
      '--system',
      '--config',
      '/root/site.yaml',
    ])
    t.equal(installed.code, 0, installed.stderr)

    const rows = Object.keys(people).map(user => `  ${user}: {email: ${user}@example.com}`)
    at.commit(`users:\n${rows.join('\n')}\n`, 'Bea, Zoe and Fin come\n\nThey start today.')
    // zsh has a menu of its own for whoever has no start-up file.
    await machine.sh('touch /etc/skel/.zshrc')
    // Their accounts come from whatever makes accounts at the site; what they begin with is /etc/skel.
    for (const [user, shell] of Object.entries(people))
      await machine.addUser(user, `/usr/bin/${shell}`)
    const applied = await at.roster(['apply', '--yes'])
    t.equal(applied.code, 0, applied.stdout + applied.stderr)

    for (const [user, shell] of Object.entries(people))
      await t.test(`${user}, in ${shell}`, async t => {
        const email = `${user}@example.com`
        const env = {
          HTTPS_PROXY: box.proxy.url,
          NODE_EXTRA_CA_CERTS: '/etc/site-ca.pem',
          CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
          LANG: 'C.UTF-8',
        }
        const screen = await userScreen(machine, user, `/usr/bin/${shell}`, env)
        t.teardown(() => screen.end())
        await screen.enter('claude')
        await screen.until(/Sign in now\? \[Y\/n\]/)
        await screen.enter('')
        const asking = await screen.until(/Paste code here/)
        const state =
          /[?&]state=([\w-]+)/.exec(asking)?.[1] ?? /authorize\?z-([\w-]+)/.exec(asking)?.[1] ?? ''
        const code = box.authority.approve({
          user: {
            ...box.user,
            email,
            accountUuid: `0b1e6c0a-0000-4000-8000-0000000000${shell.length}0`,
          },
        })
        await screen.enter(`${code}#${state}`)
        const signedIn = await screen.until(/Signed in as \S+ until .*/)
        t.match(signedIn, new RegExp(`Signed in as ${email} until .* A copy is stored`))
        // The client asks the web whether it is there at all, which this stand-in does not answer: it ends by itself.
        await screen.until(/supported-countries/)
        await screen.untilIn(shell)
        await screen.enter('claude -p hi')
        t.match(await screen.until(/^Hello\.$/m), /^Hello\.$/m, 'the first prompt is answered')
        await screen.end()

        const again = await machine.as(user, `/usr/bin/${shell}`, ['-l', '-c', 'claude -p hi'], {
          env,
        })
        t.match(again, { code: 0, stdout: 'Hello.\n', stderr: '' }, 'and so is the next')
        const document = await at.site.server.document(user)
        t.match(document?.data, { claude_auth_identity: /./, claude_ai_oauth_json: /refreshToken/ })
        t.match(
          await machine.sh(`cat /home/${user}/.claude/.credentials.json`),
          /"refreshToken": ?null/,
        )
        t.equal(await machine.sh(`stat -c '%a %U' ${tokenFile(user)}`), `600 ${user}\n`)
      })
    t.same(await at.steps(['plan']), [])
    t.same(
      await at.told(),
      Object.keys(people).map(user => `${user} added`),
    )
  },
)

/** A login shell of the user's in a terminal of the machine (tmux). */
async function userScreen(
  machine: OwnMachine,
  user: string,
  shell: string,
  env: Record<string, string>,
) {
  const socket = `/home/${user}/.tmux`
  const tmux = async (...args: string[]) => {
    const words = ['-S', socket, '-f', '/dev/null', ...args]
    const ended = await machine.as(user, 'tmux', words, {
      env: { ...env, TERM: 'xterm', SHELL: shell },
    })
    if (ended.code !== 0) throw new Error(`tmux ${args[0]}: ${ended.stderr}`)
    return ended.stdout
  }
  await tmux('-u', 'new-session', '-d', '-x', '100', '-y', '50', `exec ${shell} -l`)
  const text = () => tmux('capture-pane', '-p', '-J', '-S', '-')
  const type = async (line: string) => {
    if (line !== '') await tmux('send-keys', '-l', '--', line)
    await tmux('send-keys', 'Enter')
  }
  const until = async (pattern: RegExp) => {
    const endMs = performance.now() + 90_000
    for (;;) {
      const shown = await text()
      if (pattern.test(shown)) return shown
      if (performance.now() > endMs) throw new Error(`no ${pattern} on:\n${shown}`)
      await sleep(300)
    }
  }
  /** Until the shell itself reads: what is typed before, the client that ends would take. */
  const untilIn = async (name: string) => {
    const endMs = performance.now() + 90_000
    for (;;) {
      const running = (await tmux('display-message', '-p', '#{pane_current_command}')).trim()
      if (running === name) return
      if (performance.now() > endMs) throw new Error(`${running} is still running`)
      await sleep(300)
    }
  }
  return {
    until,
    untilIn,
    enter: type,
    end: async () => void (await tmux('kill-server').catch(() => '')),
  }
}
