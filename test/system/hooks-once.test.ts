// One check for each launch, whoever makes it, with its words and its alert said once; none when all is well.

import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Hooked, hooked } from '../kit/hooked.js'
import { realClients } from '../kit/real-clients.js'
import { until } from '../kit/terminal.js'
import { custodies } from '../kit/wrapped.js'

t.jobs = 2
t.setTimeout(900_000)

const streaming = ['-p', 'hi', '--output-format', 'stream-json', '--verbose']

/** What the client shows of our hooks' words. */
const told = (stdout: string) => stdout.split('\n').filter(line => line.includes('claude-auth: '))

async function place(t: Test, client: string, custody: string, login: 'valid' | 'dead') {
  const box = await hooked(t, { login, client, via: 'proxy' })
  box.home.write(join(box.home.path, 'hook'), `${box.authority.url}/services/T0/B0/made-up\n`)
  const identity = { email: box.user.email, organizationUuid: box.user.organizationUuid }
  const alerts = { slack: { webhookFile: join(box.home.path, 'hook') } }
  box.writeConfig({ version: 1, custody, identity, alerts })
  return box
}

/** The next launch finds nothing to do. */
async function makeHealthy(box: Hooked) {
  const starts = () => box.nodeStarts().length
  for (let before = -1; before !== starts(); ) {
    before = starts()
    await box.launch(['-p', 'hi'])
    await box.settle()
  }
}

function expire(box: Hooked) {
  const login = box.login()
  if (!login) throw new Error('no login')
  box.authority.expireAccess(login.accessToken)
  box.writeLogin({ ...login, expiresAt: Date.now() - 60_000 })
}

for (const client of realClients())
  for (const custody of custodies)
    t.test(`${client.version}, ${custody}`, { skip: client.skip, buffered: true }, async t => {
      await t.test('a login that works', async t => {
        const box = await place(t, client.path, custody, 'valid')
        await makeHealthy(box)
        const before = box.nodeStarts().length
        for (const start of [box.launch, (args: string[]) => box.run('claude', args)]) {
          const { code, stdout, stderr } = await start(streaming)
          t.equal(code, 0)
          t.same(told(stdout), [])
          t.equal(stderr, '')
        }
        await box.settle()
        t.equal(box.nodeStarts().length, before, 'no Node')

        expire(box)
        const { code, stdout, stderr } = await box.launch(streaming)
        t.equal(code, 0)
        t.same(told(stdout), [])
        t.equal(stderr, '')
        await box.settle()
        t.match(box.nodeStarts().slice(before), [/ ensure --for launch /])
        t.equal(box.nodeStarts().length, before + 1, 'the wrapper has checked it')
      })

      await t.test('a login that only a person can help', async t => {
        const box = await place(t, client.path, custody, 'dead')
        const wrapped = await box.launch(streaming)
        t.match(wrapped.stderr, 'claude-auth: Type: claude-auth login')
        t.same(told(wrapped.stdout), [], 'the wrapper has said it')
        await box.settle()
        t.match(box.nodeStarts(), [/ ensure --for launch /])
        t.equal(box.nodeStarts().length, 1)
        await until(() => box.authority.slackMessages.length > 0)

        const bare = await box.run('claude', streaming)
        t.match(told(bare.stdout).join('\n'), 'claude-auth: Type: claude-auth login')
        await box.settle()
        t.match(box.nodeStarts(), [/./, / ensure --for session /])
        t.equal(box.nodeStarts().filter(words => /--for session/.test(words)).length, 1)
        t.equal(box.authority.slackMessages.length, 1, 'no second message')

        box.writeLogin(box.signIn())
        t.match(await box.run('claude', ['-p', 'hi']), { code: 0, stdout: 'Hello.\n' })
        await box.settle()
        t.equal(box.authority.slackMessages.length, 2, 'and one that it is over')
        t.equal(box.authority.counts().reuses, 0)
      })
    })
