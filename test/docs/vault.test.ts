// docs/vault.md: every block runs on a real OpenBao as it stands there, by whom it is meant for, and does what it says.

import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { house } from '../config/house.js'
import {
  type Block,
  blocksOf,
  closed,
  fileNameOf,
  listsAccessors,
  opens,
  own,
  readManual,
} from './manual.js'
import { checks } from './vault-checks.js'
import { textOf, vaultDesk } from './vault-desk.js'

const manual = readManual('vault.md')
const blocks = blocksOf(manual)

/** Of one user, and used without any other. */
const isAlone = ({ mark, text }: Block) => mark === 'policy' && /claude-users\/alice/.test(text)

t.test('every block is marked, so that none is left out', async t => {
  const marks = new Set(blocks.map(({ language, mark }) => `${language} ${mark}`.trim()))
  const known = ['hcl policy', 'hcl server', 'hcl terraform', 'sh admin', 'sh root', 'sh user']
  t.same([...marks].sort(), [...known, 'yaml'])
  const byRoot = blocks.filter(({ mark }) => mark === 'root')
  t.equal(byRoot.length, 1, 'root is needed once')
  t.equal(blocks.find(({ language }) => language === 'sh')?.mark, 'root', 'and first')
})

t.test('every policy and configuration is one that a test runs', async t => {
  const commands = blocks.filter(({ language }) => language === 'sh').map(({ text }) => text)
  const isWritten = (block: Block) => {
    const name = fileNameOf(block)
    return name !== null && commands.some(text => text.includes(name))
  }
  const policies = blocks.filter(({ mark }) => mark === 'policy')
  t.ok(policies.length >= 4)
  t.same(
    policies.filter(block => !isWritten(block) && !isAlone(block)).map(({ text }) => text),
    [],
  )
  t.equal(blocks.filter(({ mark }) => mark === 'server').length, 1, 'with which the server starts')
})

t.test('a policy on another page', async t => {
  const pages = readdirSync(new URL('../../docs/', import.meta.url)).filter(
    name => name.endsWith('.md') && name !== 'vault.md',
  )
  const rulesOf = (text: string) =>
    [...text.replace(/^\s*#.*$|(?<=})\s*#.*$/gm, '').matchAll(/path[^}]*}/g)]
      .map(([rule]) => rule.replace(/\s+/g, ' '))
      .sort()
  for (const page of pages)
    for (const block of blocksOf(readManual(page)).filter(({ language }) => language === 'hcl')) {
      const same = blocks.find(each => fileNameOf(each) === fileNameOf(block))
      if (fileNameOf(block) !== null && same !== undefined)
        t.same(rulesOf(block.text), rulesOf(same.text), `${page}: as here`)
      else t.equal(block.text, listsAccessors, `${page}: tried by the test of a killed apply`)
    }
})

t.test('the commands, in order, and what they open and refuse', async t => {
  const desk = await vaultDesk(t, blocks)
  const commands = blocks.filter(({ language }) => language === 'sh')
  const headings = [...new Set(commands.map(({ under }) => under))]
  t.same(headings, Object.keys(checks), 'each has its check')
  for (const heading of headings)
    await t.test(heading, async t => {
      let printed = ''
      for (const block of commands.filter(({ under }) => under === heading)) {
        const ended = await desk.run(block)
        t.equal(ended.code, 0, `${block.mark}: ${ended.stderr}`)
        printed += ended.stdout
        if (block.text.includes('creation_path'))
          t.equal(ended.stdout.trim(), 'auth/token/create/claude-users')
        if (block.text.includes('bao unwrap')) {
          const before = textOf(desk.tokenFile)
          const again = await desk.run(block)
          t.match(again.stderr, /wrapping token is not valid or does not exist/)
          t.equal(textOf(desk.tokenFile), before, 'a second unwrapping leaves the file')
        }
      }
      await checks[heading]?.(t, desk, printed)
    })

  await t.test('the policies that stand alone', async t => {
    const alone = blocks.filter(isAlone)
    t.equal(alone.length, 2)
    for (const { text, under } of alone) {
      await desk.server.ask('PUT', 'sys/policies/acl/alone', { policy: text })
      const { body } = await desk.server.ask('POST', 'auth/token/create', { policies: ['alone'] })
      const token = String((body['auth'] as { client_token: string }).client_token)
      const [its, others] = under === 'Several hosts' ? ['alice/ws1', 'bob/ws1'] : ['alice', 'bob']
      t.same(await opens(desk.server, token, its), own, its)
      t.same(await opens(desk.server, token, others), closed, others)
    }
  })

  await t.test('the changes that the text tells of', async t => {
    const { server, asAdmin, adminToken } = desk
    const changed = async (name: string, from: RegExp, to: string) => {
      const path = `sys/policies/acl/${name}`
      const { body } = await server.ask('GET', path)
      const before = String((body['data'] as { policy: string }).policy)
      t.match(before, from)
      await server.ask('PUT', path, { policy: before.replace(from, to) })
    }
    await changed('claude-users', /\.name}}"/g, '.name}}/+"')
    const token = await desk.jwtLogin('alice')
    t.same(await opens(server, token, 'alice/ws1'), own, '{host} in the path')
    for (const other of ['bob/ws1', 'alice/ws1/below'])
      t.same(await opens(server, token, other), closed, other)

    const aliases = /"allowed_entity_aliases" += \[\]/
    await changed('claude-auth-admin', aliases, '"allowed_entity_aliases" = ["alice,bob"]')
    const fixed = { allowed_policies: 'claude-users', orphan: 'true' }
    const role = { ...fixed, token_no_default_policy: 'true' }
    const statusOf = (list: string) =>
      asAdmin('auth/token/roles/claude-users', { ...role, allowed_entity_aliases: list })
    t.same([await statusOf('*'), await statusOf('alice,bob')], [403, 204], 'the users are fixed')
    t.same(await opens(server, adminToken(), 'alice'), closed)
  })

  const log = readFileSync(desk.auditLog, 'utf8')
  t.match(log, /"path":"secret\/data\/workstation\/claude-users\/alice"/)
  t.notMatch(log, textOf(desk.tokenFile), 'tokens are hashed in the audit log')
})

t.test('links within the page lead somewhere', async t => {
  const headings = [...manual.matchAll(/^#+ (.*)$/gm)].map(([, words = '']) =>
    words
      .toLowerCase()
      .replace(/[^a-z0-9 -]/g, '')
      .replaceAll(' ', '-'),
  )
  const anchors = [...manual.matchAll(/\]\(#(.*?)\)/g)]
  t.ok(anchors.length >= 3, `${anchors.length} links`)
  for (const [, anchor = ''] of anchors) t.ok(headings.includes(anchor), anchor)
})

t.test('the configurations load', async t => {
  const texts = blocks.filter(({ language }) => language === 'yaml').map(({ text }) => text)
  const methods = []
  for (const text of texts) {
    const at = house(t.testdir())
    at.writeSystem(text)
    methods.push((await at.load()).vault?.auth.method)
  }
  t.same(methods, ['token', 'jwt'])
})

t.test('the words in the table are the words of the program', async t => {
  const folder = new URL('../../src/store/', import.meta.url)
  const inStore = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const files = [...inStore.filter(name => name.endsWith('.ts')), '../system/open-file.ts']
  const sources = files.map(name => readFileSync(new URL(name, folder), 'utf8'))
  const table = manual.slice(manual.indexOf('| claude-auth says'))
  const cells = [...table.matchAll(/^\|(.*?)\|/gm)].map(([, cell]) => cell ?? '')
  const said = cells.flatMap(cell => [...cell.matchAll(/`(.*?)`/g)].map(([, words]) => words ?? ''))
  t.ok(said.length > 20)
  for (const words of said)
    for (const part of fixedParts(words))
      t.ok(
        sources.some(source => source.includes(part)),
        `${part} (${words})`,
      )
})

/** What stands in the program as it is: values, and the signs between cause, place and advice, are filled in. */
function fixedParts(words: string): string[] {
  const parts = words.split(/…| \(|\)(?:: )?|: /).map(part => part.trim())
  return parts.filter(part => /\w{2}/.test(part))
}
