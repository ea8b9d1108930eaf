// Twenty users, each with a token of a site's policy: everybody writes their own health record, and nobody touches another's.

import t, { type Test } from 'tap'
import { type VaultRequest, vaultClient } from '../../src/store/vault/client.js'
import { annotateIn } from '../../src/store/vault/store.js'
import { directNetwork } from '../kit/direct-network.js'
import { allowRecord, recordPath, recordRule, recordsOf } from '../kit/fleet-record.js'
import { templatedPolicy } from '../kit/jwt-issuer.js'
import { type OpenBao, openBao } from '../kit/openbao.js'

const users = Array.from({ length: 20 }, (_, index) => `user${index + 1}`)

/** A policy and a token for each. */
async function ownTokens(server: OpenBao): Promise<string[]> {
  const tokens: string[] = []
  for (const user of users) {
    tokens.push(await server.userToken(user))
    await allowRecord(server, user)
  }
  return tokens
}

/** One policy for all, by the alias that each token is minted with. */
async function templatedTokens(server: OpenBao): Promise<string[]> {
  const accessor = await templatedPolicy(server, 'token')
  const { body } = await server.ask('GET', 'sys/policies/acl/claude-users')
  const { policy } = body['data'] as { policy: string }
  const rule = recordRule(`{{identity.entity.aliases.${accessor}.name}}`)
  await server.ask('PUT', 'sys/policies/acl/claude-users', { policy: `${policy}\n${rule}` })
  await server.ask('POST', 'auth/token/roles/claude-users', {
    allowed_policies: ['claude-users'],
    allowed_entity_aliases: users,
    orphan: true,
    token_period: '768h',
    token_no_default_policy: true,
  })
  const mint = async (user: string) => {
    const { body } = await server.ask('POST', 'auth/token/create/claude-users', {
      entity_alias: user,
      display_name: `ws1-claude-auth-${user}`,
    })
    return String((body['auth'] as { client_token: string }).client_token)
  }
  return Promise.all(users.map(mint))
}

const policies = { 'a policy for each': ownTokens, 'one templated policy': templatedTokens }

for (const [name, mint] of Object.entries(policies))
  t.test(`${name}: 380 of 380 refused`, async t => {
    const server = await openBao(t)
    const tokens = await mint(server)
    const client = vaultClient({
      address: server.address,
      namespace: null,
      caCert: null,
      timeoutMs: 20_000,
      network: directNetwork(),
    })
    const status = async (
      token: string,
      method: VaultRequest['method'],
      path: string,
      sent?: object,
    ) => {
      const body = sent === undefined ? {} : { body: JSON.stringify(sent) }
      const reply = await client.request({ method, path, token, ...body })
      return reply.kind === 'reply' ? reply.status : reply.what
    }

    await everybodyWrites(t, { users, tokens, server, client })
    const forged = { custom_metadata: { ws1: 'forged', ws2: 'forged' } }
    let refused = 0
    for (const [index, token] of tokens.entries()) {
      const attempts = users
        .filter((_, each) => each !== index)
        .map(async other => {
          const path = recordPath(other)
          const tried = [
            await server.ask('GET', path, undefined, token),
            await server.ask('PATCH', path, forged, token),
            await server.ask('POST', path, forged, token),
          ]
          if (tried.every(each => each.status === 403)) refused++
        })
      await Promise.all(attempts)
    }
    t.equal(refused, 380)

    const [token = ''] = tokens
    const own = recordPath('user1')
    const data = own.replace('metadata', 'data')
    const folder = own.replace('user1', '')
    t.same(
      {
        'the whole at once': await status(token, 'POST', own, forged),
        'how many versions': await status(token, 'PATCH', own, { max_versions: 1 }),
        'both together': await status(token, 'PATCH', own, { ...forged, max_versions: 1 }),
        'taking it away': await status(token, 'DELETE', own),
        'data below it': await status(token, 'POST', data, { data: { of: 'user1' } }),
        'who else has one': await status(token, 'LIST', folder),
      },
      Object.fromEntries(
        [
          'the whole at once',
          'how many versions',
          'both together',
          'taking it away',
          'data below it',
          'who else has one',
        ].map(what => [what, 403]),
      ),
    )
    for (const user of users) t.same(await recordsOf(server, user), { ws1: user, ws2: user })
  })

/** From two hosts each, all at once; what an admin noted beside the login stays. */
async function everybodyWrites(
  t: Test,
  {
    users,
    tokens,
    server,
    client,
  }: {
    users: string[]
    tokens: string[]
    server: OpenBao
    client: Parameters<typeof annotateIn>[0]
  },
) {
  const notes = { custom_metadata: { accessor_ws1: 'of-the-admin' } }
  const document = 'secret/metadata/workstation/claude-users/user1'
  await server.ask('POST', document, notes)
  const write = async (user: string, host: string) => {
    const token = tokens[users.indexOf(user)] ?? ''
    const session = { token: async () => ({ kind: 'open' as const, token }) }
    const place = { mount: 'secret', path: `workstation/claude-fleet/${user}` }
    return annotateIn(client, session, place, { [host]: user })
  }
  const ended = await Promise.all(
    users.flatMap(user => ['ws1', 'ws2'].map(host => write(user, host))),
  )
  t.same([...new Set(ended)], ['done'])
  const { body } = await server.ask('GET', document)
  t.match(body['data'], notes)
}
