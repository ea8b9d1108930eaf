// `claude-auth offboard` where the home, the login server or the admin's token is not as usual, and at a real terminal.

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { faults } from '../../src/demo/faults.js'
import { journal, type OffboardMachine, offboardMachine } from '../kit/offboard-machine.js'
import { noOwnMachine, type OwnMachine } from '../kit/own-machine.js'

const cut = ['--stage', 'cut', '--yes']
const revoke = ['--stage', 'revoke', '--yes']

function stateOf(answer: { steps: { id: string; state: string; detail: string }[] }, id: string) {
  return answer.steps.find(each => each.id === id)
}

const revocations = ({ box }: OffboardMachine) =>
  box.authority.requests.filter(({ path }) => path.includes('revoke')).length

t.test(
  'every sign-in of a home is ended, whatever its user wrote',
  { skip: noOwnMachine },
  async t => {
    const place = await offboardMachine(t, ['alice', 'bob', 'carol'])
    const { offboard, machine, box } = place

    await t.test('a second login folder', async t => {
      await machine.sh('mkdir /home/alice/second')
      await machine.write(
        '/home/alice/second/.credentials.json',
        JSON.stringify({ claudeAiOauth: box.signIn() }),
        0o600,
      )
      const config = 'profiles: [{name: second, folder: ~/second}]\n'
      await machine.write('/home/alice/.config/claude-auth/config.yaml', config)
      await machine.sh('chown -R alice: /home/alice')
      const ensured = await machine.as('alice', 'env', [
        'CLAUDE_CONFIG_DIR=/home/alice/second',
        '/usr/local/bin/claude-auth',
        'ensure',
        '--force',
        '--json',
      ])
      t.ok(ensured.stdout, ensured.stderr)
      await offboard('alice', ...cut)
      const before = revocations(place)
      const ended = await offboard('alice', ...revoke, '--json')
      t.match(stateOf(ended.object, 'logout'), { state: 'done' }, ended.stderr)
      t.ok(revocations(place) > before)
      for (const folder of ['.claude', 'second'])
        t.notMatch(
          await machine.sh(`cat /home/alice/${folder}/.credentials.json`),
          /sk-ant-o/,
          folder,
        )
    })

    await t.test('the login server away, and back, and a configuration that is broken', async t => {
      await machine.sh('printf "store: none\\nmode: [" >/home/bob/.config/claude-auth/config.yaml')
      await offboard('bob', ...cut)
      box.authority.fail('revoke', faults.drop(), 20)
      const away = await offboard('bob', ...revoke, '--json')
      t.match(away, { code: 1 })
      t.match(stateOf(away.object, 'logout'), {
        state: 'failed',
        detail: /gave no answer.*run it again/,
      })
      t.match(away.object, { standing: 'cut', next: 'claude-auth offboard bob --stage revoke' })
      t.match(await offboard('bob', '--stage', 'destroy', '--yes', '--now'), {
        code: 2,
        stderr: /not revoked yet/,
      })
      box.authority.clearFaults()
      const before = revocations(place)
      t.match(await offboard('bob', ...revoke, '--json'), {
        code: 4,
        object: { standing: 'revoked' },
      })
      t.ok(revocations(place) > before, 'asked again')
    })

    await t.test('a home that is gone', async t => {
      await offboard('carol', ...cut)
      await machine.sh('mv /home/carol /home/kept')
      const gone = await offboard('carol', ...revoke, '--json')
      t.match(stateOf(gone.object, 'logout'), {
        state: 'left',
        detail: /home is not here.*administration/,
      })
      t.match(gone, { code: 4, object: { standing: 'cut' } })
      const ticked = await offboard('carol', '--done', 'logout', '--json')
      t.match(ticked.object, { standing: 'revoked' })
      t.match(await offboard('carol', ...revoke, '--json'), { object: { standing: 'revoked' } })
    })
  },
)

t.test(
  'every login of a home, and a configuration that broke since',
  { skip: noOwnMachine },
  async t => {
    const place = await offboardMachine(t, ['dave', 'erin'])
    const { offboard, machine, box } = place
    const folders = ['.claude', 'work/claude', 'gone', 'unlisted']
    const at = (folder: string) => `/home/dave/${folder}`
    await machine.write(
      '/home/dave/.config/claude-auth/config.yaml',
      'profiles: [{name: work, folder: ~/work/claude}, {name: gone, folder: ~/gone}]\n',
    )
    for (const folder of folders.slice(1)) {
      await machine.sh(`mkdir -p ${at(folder)}`)
      const login = JSON.stringify({ claudeAiOauth: box.signIn() })
      await machine.write(`${at(folder)}/.credentials.json`, login, 0o600)
    }
    await machine.sh('chown -R dave: /home/dave')
    const ensure = (folder: string) =>
      machine.as('dave', 'env', [
        ...(folder === '.claude' ? [] : [`CLAUDE_CONFIG_DIR=${at(folder)}`]),
        ...['/usr/local/bin/claude-auth', 'ensure', '--force', '--json'],
      ])
    for (const folder of folders) await ensure(folder)
    // As someone would who wants to keep what they have.
    await machine.sh('rm -rf /home/dave/gone')
    await machine.sh('printf "profiles: [" >/home/dave/.config/claude-auth/config.yaml')
    const cut = await offboard('dave', '--stage', 'cut', '--yes', '--json')
    t.match(cut, { code: 4, object: { standing: 'cut' } }, cut.stderr)

    const before = box.authority.requests.length
    const kept = await machine.sh(
      'cd /home/dave && sha256sum .claude/.credentials.json work/claude/.credentials.json',
    )
    for (const folder of ['.claude', 'work/claude']) {
      const ensured = await ensure(folder)
      t.match(JSON.parse(ensured.stdout), { because: 'off', did: [] }, folder)
      const launched = await machine.as('dave', 'env', [
        `CLAUDE_CONFIG_DIR=${at(folder)}`,
        '/usr/local/bin/claude',
        'x',
      ])
      t.match(launched, { code: 0, stdout: 'client\n' }, folder)
      await machine.as('dave', 'env', [
        `CLAUDE_CONFIG_DIR=${at(folder)}`,
        ...['/usr/local/bin/claude-auth', 'uninstall', '--yes'],
      ])
    }
    t.equal(box.authority.requests.length, before, 'the login server was not asked')
    t.equal(
      await machine.sh(
        'cd /home/dave && sha256sum .claude/.credentials.json work/claude/.credentials.json',
      ),
      kept,
      'nothing is renewed, restored or handed back',
    )

    const mine = box.secrets()
    const revoked = await offboard('dave', '--stage', 'revoke', '--yes', '--json')
    t.match(stateOf(revoked.object, 'logout'), { state: 'done' }, revoked.stderr)
    const ended = box.authority.requests.filter(({ path }) => path.includes('revoke'))
    t.ok(ended.length >= 7, `${ended.length} revocations`)
    const alive = await Promise.all(
      mine.filter(each => each.includes('-oat01-')).map(each => box.authority.accepts(each)),
    )
    const erins = JSON.parse(await machine.sh('cat /home/erin/.claude/.credentials.json'))
    t.ok(box.authority.accepts(erins.claudeAiOauth.accessToken), 'that of another user lives')
    t.equal(
      alive.filter(each => each !== null).length,
      2,
      'and beside it one that was never used here',
    )
    t.same(
      await box.grepSecrets(
        await machine.sh(
          'cat /home/dave/.claude/.credentials.json /home/dave/*/.credentials.json /home/dave/*/*/.credentials.json',
        ),
      ),
      [],
    )
  },
)

t.test('ticked off, and on another host', { skip: noOwnMachine }, async t => {
  const place = await offboardMachine(t, ['alice'])
  const { offboard, machine, site } = place
  await site.user('alice', { host: 'ws2' })
  const first = await offboard('alice', ...cut)
  t.match(first, { code: 4 })
  t.match(first.stdout, 'ssh -t ws2 sudo claude-auth offboard alice --stage cut --here')
  t.match(first.stdout, 'then: claude-auth offboard alice --done left:ws2')

  t.match(await offboard('alice', '--done', 'left', '--json'), { code: 2, stderr: /site:account/ })
  const words = 'left:ws2,site:account,site:identity-provider,site:push-rights'
  t.match(await offboard('alice', '--done', words, '--reason', 'by hand', '--json'), {
    code: 0,
    object: { standing: 'cut', verdict: 'ok' },
  })
  t.match(
    await offboard('alice', ...cut, '--json'),
    { code: 0, object: { verdict: 'ok' } },
    'for good',
  )
  t.match(await machine.sh(`tail -1 ${journal}`), /"step":"site:push-rights","why":"by hand"/)

  const undone = await offboard('alice', '--undo', '--yes')
  t.match(undone, { code: 4, stdout: /ssh -t ws2 sudo claude-auth offboard alice --undo --here/ })
  t.match(undone.stdout, 'then: claude-auth offboard alice --undo --done site:account')
  t.match(await offboard('alice', '--undo', '--done', words, '--json'), {
    code: 0,
    object: { standing: 'active' },
  })
  t.match(await offboard('alice', '--undo', '--yes', '--json'), { code: 0 }, 'twice')

  await t.test('a host without a token of the admin', async t => {
    await machine.sh('mv /root/admin-token /root/kept')
    t.match(await offboard('alice', ...cut), { code: 2, stderr: /nothing was changed/ })
    const here = await offboard('alice', ...cut, '--here', '--json')
    t.match(here, { code: 0, object: { standing: 'cut', verdict: 'ok' } }, here.stderr)
    t.same([...new Set(here.object.steps.map(({ where }) => where))], ['machine'])
    t.match(JSON.parse((await place.ensure('alice')).stdout), { because: 'off' })
    t.match(await offboard('alice', ...revoke, '--here', '--json'), { code: 0 })
    t.match(await offboard('alice', '--stage', 'destroy', '--here', '--yes', '--now', '--json'), {
      code: 0,
      object: { standing: 'destroyed', next: null },
    })
    await machine.sh(
      '! test -e /home/alice/.local/share/claude-auth; mv /root/kept /root/admin-token',
    )
    t.ok(await site.server.document('alice'), 'Vault was not asked')
  })
})

t.test('at a terminal', { skip: noOwnMachine }, async t => {
  const { offboard, machine, site } = await offboardMachine(t, ['alice'])
  const screen = await rootScreen(machine)
  await screen.enter('claude-auth offboard alice --stage cut')
  await screen.until(/Cut alice\? \[Y\/n\]/)
  await screen.enter('n')
  await screen.until(/Nothing was changed/)
  t.match(await offboard('alice', '--json'), { object: { standing: 'active' } })
  await screen.enter('clear; claude-auth offboard alice --stage cut')
  await screen.until(/Cut alice\? \[Y\/n\]/)
  await screen.enter('')
  await screen.until(/Next: claude-auth offboard alice --stage revoke/)
  await screen.enter('clear; claude-auth offboard alice --stage revoke')
  await screen.until(/Revoke alice\? \[Y\/n\]/)
  await screen.enter('y')
  await screen.until(/Next: claude-auth offboard alice --stage destroy/)
  await screen.enter('clear; claude-auth offboard alice --stage destroy --now')
  await screen.until(/Type the name:/)
  await screen.enter('alicia')
  await screen.until(/Nothing was changed/)
  t.ok(await site.server.document('alice'), 'another name deletes nothing')
  await screen.enter('clear; claude-auth offboard alice --stage destroy --now')
  await screen.until(/Type the name:/)
  await screen.enter('alice')
  await screen.until(/deleted, with all versions/)
  t.equal(await site.server.document('alice'), null)
  await screen.end()
})

/** A shell of root's in a terminal of the machine (tmux). */
async function rootScreen(machine: OwnMachine) {
  const tmux = async (...args: string[]) => {
    const words = ['-S', '/root/socket', '-f', '/dev/null', ...args]
    const env = {
      PATH: '/usr/local/bin:/usr/bin:/bin',
      HOME: '/root',
      USER: 'root',
      TERM: 'xterm',
      LANG: 'C.UTF-8',
    }
    const ended = await machine.run('tmux', words, { env })
    if (ended.code !== 0) throw new Error(`tmux ${args[0]}: ${ended.stderr}`)
    return ended.stdout
  }
  await tmux('-u', 'new-session', '-d', '-x', '100', '-y', '50', 'exec sh')
  return {
    enter: async (line: string) => {
      if (line !== '') await tmux('send-keys', '-l', '--', line)
      await tmux('send-keys', 'Enter')
    },
    until: async (pattern: RegExp) => {
      const endMs = performance.now() + 60_000
      for (;;) {
        const shown = await tmux('capture-pane', '-p', '-J')
        if (pattern.test(shown)) return shown
        if (performance.now() > endMs) throw new Error(`no ${pattern} on:\n${shown}`)
        await sleep(200)
      }
    },
    end: async () => void (await tmux('kill-server').catch(() => '')),
  }
}
