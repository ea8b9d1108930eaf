// The guard and the notice behind gitolite, over ssh: two people with keys push as one user of the system.

import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { noOwnMachine, ownMachine } from '../kit/own-machine.js'
import { fetchPeers } from '../kit/real-clients.js'
import { webhookServer } from '../kit/webhook-server.js'

const program = join(fileURLToPath(new URL('../..', import.meta.url)), 'bin/claude-auth')
const [gitolite] = fetchPeers('gitolite')

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise(resolve => server.close(resolve))
  return port
}

t.test(
  'who pushes is whose key it is, whoever the commit says',
  { skip: noOwnMachine || (gitolite?.skip ?? 'no gitolite') },
  async t => {
    const machine = await ownMachine(t)
    const port = await freePort()
    const slack = await webhookServer(t)
    await machine.addUser('git')
    await machine.sh(`set -e
      mkdir -p /run/sshd /etc/claude-auth /opt && cp -r ${join(dirname(gitolite?.path ?? ''), '../..')}/. /usr
      for name in ada bob; do ssh-keygen -q -t ed25519 -N '' -f /root/$name; done
      ssh-keygen -q -t ed25519 -N '' -f /root/host && chmod 644 /root/*.pub && cp /root/*.pub /opt/
      /usr/sbin/sshd -h /root/host -p ${port} -o ListenAddress=127.0.0.1 -o UsePAM=no -o PidFile=none`)
    await machine.write(
      '/etc/claude-auth/roster.yaml',
      'users:\n  ada: {tier: admin, git: ada}\n  bob: {tier: developer}\n',
    )
    await machine.write('/opt/webhook', `${slack.address}/services/x\n`, 0o600)
    await machine.sh('chown git: /opt/webhook')
    await machine.write(
      '/etc/claude-auth/config.yaml',
      `version: 1
roster: /etc/claude-auth/roster.yaml
alerts: {slack: {webhookFile: /opt/webhook}}
changes: [{name: infra, repository: /home/git/repositories/infra.git, branch: master}]
`,
    )
    await machine.write(
      '/opt/gitolite.conf',
      'repo gitolite-admin\n  RW+ = ada\nrepo infra\n  RW+ = ada bob\n',
    )
    const repository = '/home/git/repositories/infra.git'
    const asGit = (line: string) => machine.as('git', 'sh', ['-c', `set -e\n${line}`])
    const setUp = await asGit(`gitolite setup -pk /opt/ada.pub
      cp /opt/gitolite.conf ~/.gitolite/conf/gitolite.conf && cp /opt/bob.pub ~/.gitolite/keydir/
      gitolite compile && gitolite trigger POST_COMPILE
      printf '#!/bin/sh\\nPATH=${dirname(process.execPath)}:$PATH exec ${program} changes guard\\n' > ${repository}/hooks/pre-receive
      printf '#!/bin/sh\\nexec ${process.execPath} ${program} changes notice infra --pusher "$GL_USER"\\n' > ${repository}/hooks/post-receive
      chmod +x ${repository}/hooks/p*-receive`)
    t.equal(setUp.code, 0, setUp.stderr)
    const by = async (name: string, line: string) => {
      const ssh = `ssh -i /root/${name} -p ${port} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR`
      const env = {
        HOME: '/root',
        PATH: '/usr/bin:/bin',
        GIT_SSH_COMMAND: ssh,
        // Everybody says that they are ada.
        GIT_AUTHOR_NAME: 'ada',
        GIT_AUTHOR_EMAIL: 'ada@example.com',
        GIT_COMMITTER_NAME: 'ada',
        GIT_COMMITTER_EMAIL: 'ada@example.com',
      }
      return machine.run('sh', ['-c', `set -e; cd /root/work 2>/dev/null || :; ${line}`], { env })
    }
    const began = await by(
      'ada',
      `git clone -q ssh://git@127.0.0.1/infra /root/work 2>&1; cd /root/work
       for at in 1 2 3 4 5; do echo $at > $at; done; git add . && git commit -qm 'Begin' && git push -q origin HEAD:master`,
    )
    t.match(began, { code: 0 }, began.stderr)
    const bobs = await by(
      'bob',
      `echo x > bob && git add . && git commit -qm 'Open port' && git push -q origin HEAD:master`,
    )
    t.match(bobs, { code: 1, stderr: /refused \(no-reason\): .*HEAD:refs\/heads\/bob\/topic/ })
    t.match(await by('bob', 'git push -q origin HEAD:refs/heads/bob/topic'), { code: 0 })
    t.equal(slack.got.length, 0)
    const again = await by(
      'bob',
      `git commit -q --amend -m 'Open port' -m 'The proxy listens there.' && git push -q origin HEAD:master`,
    )
    t.match(again, { code: 0 }, again.stderr)
    t.equal(slack.got.length, 1)
    t.match(
      JSON.parse(slack.got[0]?.body ?? '{}').text,
      /Open port — why: The proxy listens there\. — by bob as ada/,
    )
    t.match(
      await by('ada', `git commit -q --allow-empty -m 'By ada' && git push -q origin HEAD:master`),
      { code: 0 },
    )
    t.equal(slack.got.length, 1, 'an admin is silent')
    const rewritten = await by(
      'ada',
      `git reset -q --hard HEAD~2 && git push -q --force origin HEAD:master`,
    )
    t.match(rewritten, { code: 1, stderr: /refused \(rewrites\)/ })
  },
)
