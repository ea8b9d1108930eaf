// Twenty users, each with a token: nobody reads or writes another's document, by either kind of policy.

import t from 'tap'
import { templatedPolicy } from '../../kit/jwt-issuer.js'
import { type OpenBao, openBao } from '../../kit/openbao.js'
import { whatOf } from '../../kit/told.js'
import { vaultPerson } from '../../kit/vault-person.js'

const users = Array.from({ length: 20 }, (_, index) => `user${index + 1}`)

/** One policy for all, by the alias that each token is minted with. */
async function templatedTokens(server: OpenBao): Promise<string[]> {
  await templatedPolicy(server, 'token')
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

for (const [name, mint] of [
  ['a policy for each', server => Promise.all(users.map(user => server.userToken(user)))],
  ['one templated policy', templatedTokens],
] as [string, (server: OpenBao) => Promise<string[]>][]) {
  t.test(`${name}: 380 of 380 refused`, async t => {
    const server = await openBao(t)
    const minted = await mint(server)
    await Promise.all(users.map(user => server.put(user, { of: user })))
    let refused = 0
    for (const [index, user] of users.entries())
      await t.test(user, async t => {
        const person = vaultPerson(t, server, { user })
        person.put(minted[index] ?? '')
        const opened = await person.session().token()
        if (opened.kind !== 'open') throw new Error(whatOf(opened))
        t.equal(await person.reads(opened.token, user), 200)
        const attempts = users
          .filter(each => each !== user)
          .map(async other => {
            const path = `secret/data/workstation/claude-users/${other}`
            const body = { data: { of: user } }
            const written = await server.ask('POST', path, body, opened.token)
            if ((await person.reads(opened.token, other)) === 403 && written.status === 403)
              refused++
          })
        await Promise.all(attempts)
      })
    t.equal(refused, 380)
    for (const user of users) t.same((await server.document(user))?.data, { of: user })
  })
}
