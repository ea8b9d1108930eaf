// Root at work for the site, in a session that began as another user’s: nothing that user keeps in their home is started.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')
const evil = '/home/mallory/evil'

const gitConfig = `[url "ext::${evil} "]
  insteadOf = /opt/infra
  insteadOf = https://git.example.com/
[protocol "ext"]
  allow = always
[core]
  sshCommand = ${evil}
  alternateRefsCommand = ${evil}
  fsmonitor = ${evil}
  pager = ${evil}
[credential]
  helper = !${evil}
`

const config = (repository: string) => `version: 1
store: none
alerts: {command: [/bin/true]}
base: {folder: /opt/base}
rosterFrom: {repository: "${repository}", ref: master, file: roster.yaml}
changes: [{name: infra, repository: "${repository}", branch: master}]
`

const commands = [
  ['changes', 'notice', '--once'],
  ['roster', 'plan'],
  ['roster', 'check'],
  ['roster', 'apply', '--yes'],
  ['offboard', 'mallory', '--stage', 'cut', '--dry-run'],
  ['base', 'update', '--from', '/opt/source', '--dry-run'],
  ['fleet', '--from', 'homes'],
]

const home = '/home/mallory'
const environments: Record<string, Record<string, string>> = {
  'a home of hers': { HOME: home },
  'a home of hers behind a link': { HOME: '/home/link' },
  'programs of hers for git': {
    HOME: '/root',
    GIT_SSH: evil,
    GIT_ASKPASS: evil,
    SSH_ASKPASS: evil,
    DISPLAY: ':0',
  },
  'a line of hers for git': { HOME: '/root', GIT_SSH_COMMAND: `nice ${evil}` },
  'other places of hers': {
    HOME: '/root',
    CLAUDE_AUTH_CONFIG: `${home}/config.yaml`,
    CLAUDE_CONFIG_DIR: `${home}/.claude`,
    XDG_CONFIG_HOME: `${home}/.config`,
    XDG_DATA_HOME: `${home}/.local/share`,
    XDG_CACHE_HOME: `${home}/.cache`,
    TMPDIR: home,
  },
}

t.test('another user’s home and programs in the environment', { skip: noOwnMachine }, async t => {
  const machine = await ownMachine(t)
  await machine.addUser('mallory')
  await machine.write(evil, '#!/bin/sh\nid >>/opt/ran\nexit 1\n', 0o755)
  await machine.write(`${home}/.gitconfig`, gitConfig)
  const theirs = `version: 1\nalerts: {command: [${evil}]}\noffboard: {command: [${evil}]}\n`
  await machine.write(`${home}/config.yaml`, theirs)
  await machine.sh(`set -e
      mkdir -p /etc/claude-auth /opt/base/skills /opt/source/skills ${home}/.config/git ${home}/.config/claude-auth
      echo one >/opt/base/skills/a.md; echo two >/opt/source/skills/a.md
      cp ${home}/.gitconfig ${home}/.config/git/config; cp ${home}/config.yaml ${home}/.config/claude-auth/
      git init -q --bare -b master /opt/infra.git; git clone -q /opt/infra.git /opt/clone 2>/dev/null; cd /opt/clone
      echo 'users: {ada: {tier: admin}}' >roster.yaml; git add .
      git -c user.name=a -c user.email=a@x commit -qm one; git push -q origin HEAD:master
      ln -s ${home} /home/link; : >/opt/ran; chmod 666 /opt/ran; chmod 755 ${home}; chown -R mallory: ${home}; sleep 1.1; touch /opt/mark`)
  // Her ways of being started do work.
  await machine.run('/usr/bin/git', ['ls-remote', '/opt/infra.git'], {
    env: { HOME: home, PATH: '/usr/bin:/bin' },
  })
  t.match(await machine.sh('cat /opt/ran; : >/opt/ran'), /uid=0/)
  const addresses = ['/opt/infra.git', 'ssh://git.example.com/x', 'https://git.example.com/x']
  for (const address of addresses) {
    await machine.write('/etc/claude-auth/config.yaml', config(address))
    const isHere = address.startsWith('/')
    for (const [name, env] of Object.entries(environments)) {
      if (!isHere && !env['HOME']?.startsWith(home) && !env['GIT_SSH_COMMAND']) continue
      for (const words of isHere && name === 'a home of hers' ? commands : commands.slice(0, 2)) {
        const base = { USER: 'root', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }
        const { code, stderr } = await machine.run(program, words, { env: { ...base, ...env } })
        const about = `${words.join(' ')}, ${address}, ${name}`
        if (isHere) t.ok(code === 0 || code === 4, `${about}: ${code} ${stderr}`)
        t.equal(await machine.sh('cat /opt/ran; : >/opt/ran'), '', about)
      }
    }
  }
  t.equal(await machine.sh(`find ${home} -newer /opt/mark`), '', 'nothing is written there')
})

t.test(
  'a folder in which root keeps its clones is root’s alone',
  { skip: noOwnMachine },
  async t => {
    const machine = await ownMachine(t)
    await machine.addUser('mallory')
    await machine.write(evil, '#!/bin/sh\nid >>/opt/ran\nexit 1\n', 0o755)
    await machine.sh(`set -e
    mkdir -p /etc/claude-auth; : >/opt/ran; chmod 666 /opt/ran
    git init -q --bare -b master /opt/infra.git
    mkdir -p /root/.local/share/claude-auth; chmod 700 /root
    git init -q --bare ${home}/infra.git; git -C ${home}/infra.git config core.alternateRefsCommand ${evil}
    echo /opt/infra.git/objects >${home}/infra.git/objects/info/alternates
    chmod 755 ${home}; chown -R mallory: ${home}; ln -s ${home} /root/.local/share/claude-auth/changes`)
    await machine.write('/etc/claude-auth/config.yaml', config('/opt/infra.git'))
    const ended = await machine.run(program, ['changes', 'notice', '--once'])
    t.match(ended, { stderr: /\/home\/mallory belongs to user/ })
    t.equal(await machine.sh('cat /opt/ran'), '')
  },
)

t.test(
  'a repository of another user’s is read with that user’s rights, and no terminal',
  { skip: noOwnMachine },
  async t => {
    const machine = await ownMachine(t)
    await machine.addUser('gituser')
    await machine.sh(`set -e
      mkdir -p /etc/claude-auth; git init -q -b master /root/secret; cd /root/secret
      echo 'users: {ada: {tier: admin}}' >roster.yaml; git add .; git -c user.name=a -c user.email=a@x commit -qm hidden; chmod 700 /root
      git init -q --bare -b master /home/gituser/infra.git
      echo /root/secret/.git/objects >/home/gituser/infra.git/objects/info/alternates
      git rev-parse HEAD >/home/gituser/infra.git/refs/heads/master
      chmod 755 /home/gituser; chown -R gituser: /home/gituser`)
    for (const plant of [':', 'mkfifo include; git config include.path ../include']) {
      await machine.write('/etc/claude-auth/config.yaml', config('/home/gituser/infra.git'))
      await machine.as('gituser', '/bin/sh', ['-c', `cd infra.git && ${plant}`])
      for (const words of [
        ['changes', 'notice', '--once'],
        ['roster', 'plan'],
      ]) {
        const ended = await machine.run('/usr/bin/timeout', ['100', program, ...words])
        t.notOk(
          /hidden|watched from/.test(ended.stdout + ended.stderr),
          `${words[0]}: ${ended.stderr}`,
        )
        if (plant === ':') t.not(ended.code, 124)
      }
    }
  },
)
