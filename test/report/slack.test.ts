// Slack gets one JSON POST; its address stays in its file.

import { chmodSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { AuthError } from '../../src/host/error.js'
import type { AlertMessage } from '../../src/report/alert-memory.js'
import { deliver } from '../../src/report/deliver.js'
import { type Post, slackSink } from '../../src/report/slack.js'
import { readWebhook } from '../../src/report/webhook-file.js'

const uid = process.geteuid?.() ?? 0
const secret = 'https://hooks.slack.com/services/T0/B0/secret'
const context = { user: 'alice', host: 'box1', email: null, runbook: null }
const message: AlertMessage = {
  kind: 'sign-in-needed',
  because: 'login-lost',
  id: 'a-1',
  atMs: 0,
  sinceMs: 0,
  sentTo: [],
  only: null,
}

function webhook(folder: string, mode = 0o600): { file: string; uid: number } {
  const file = join(folder, 'hook')
  chmodSync(file, mode)
  return { file, uid }
}

t.test('a real server on loopback receives the message', async t => {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', piece => {
      body += piece
    })
    request.on('end', () => {
      bodies.push(`${request.url} ${body}`)
      response.end('ok')
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  const hook = webhook(t.testdir({ hook: `http://127.0.0.1:${port}/services/x\n` }))
  const post: Post = async (url, body) => await fetch(url, { method: 'POST', body })
  t.equal((await deliver([message], [slackSink(hook, context, post)])).result, 'sent')
  t.match(bodies, [/^\/services\/x \{"text":"claude-auth: alice on box1 needs to sign in/])
})

t.test('the address is told in no trouble', async t => {
  const hook = webhook(t.testdir({ hook: secret }))
  const posts: Post[] = [
    async () => ({ status: 404 }),
    url => Promise.reject(new Error(`no route to ${url}`)),
    url => {
      throw new Error(url)
    },
  ]
  for (const post of posts) {
    const { result, troubles } = await deliver([message], [slackSink(hook, context, post)])
    t.equal(result, 'failed')
    t.match(troubles, [{ sink: 'slack', why: /^Slack (answered 404|gave no answer)$/ }])
  }
})

t.test('a file that others may read, or that holds no safe address, is refused', async t => {
  const refused = (folder: string, mode?: number) => {
    const hook = webhook(folder, mode)
    try {
      return readWebhook(hook.file, uid)
    } catch (error) {
      if (!(error instanceof AuthError)) throw error
      t.notMatch(`${error.message} ${error.hint}`, /secret|hooks/)
      return error.code
    }
  }
  t.equal(refused(t.testdir({ hook: secret })), secret)
  t.equal(refused(t.testdir({ hook: secret }), 0o644), 'secret-readable-by-others')
  for (const text of ['', 'secret', 'http://hooks.slack.com/secret', `${secret}\n${secret}`]) {
    t.equal(refused(t.testdir({ hook: text })), 'config-invalid')
  }
  t.throws(() => readWebhook(join(t.testdir(), 'none'), uid), { code: 'config-invalid' })
})

t.test('a link is judged by what it leads to', async t => {
  const folder = t.testdir({ hook: secret })
  const { file } = webhook(folder)
  symlinkSync('hook', join(folder, 'link'))
  t.equal(readWebhook(join(folder, 'link'), uid), secret)
  chmodSync(file, 0o604)
  t.throws(() => readWebhook(join(folder, 'link'), uid), { code: 'secret-readable-by-others' })
})
