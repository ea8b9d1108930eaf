// The way into Vault by a JWT: judged before it is sent, and a real OpenBao's refusals in plain words.

import { rmSync } from 'node:fs'
import t from 'tap'
import { claimsOf, objection, refusalOf } from '../../../src/store/vault/jwt-auth.js'
import { jwtIssuer, templatedPolicy } from '../../kit/jwt-issuer.js'
import { openBao } from '../../kit/openbao.js'
import { secretsInText } from '../../kit/secrets.js'
import { told, whatOf } from '../../kit/told.js'
import { vaultPerson } from '../../kit/vault-person.js'

const login = 'POST auth/jwt/login'

t.test('with a real OpenBao', async t => {
  const server = await openBao(t)
  const issuer = await jwtIssuer(server)
  await templatedPolicy(server, 'jwt')
  const seconds = (aheadMs: number) => Math.floor((Date.now() + aheadMs) / 1000)
  const minute = 60_000

  await t.test('one login a process, and its token opens this user’s document', async t => {
    const alice = vaultPerson(t, server, { method: 'jwt' })
    await server.put('alice', { of: 'alice' })
    await server.put('bob', { of: 'bob' })
    const jwt = await issuer.sign()
    alice.put(`${jwt}\n`)
    const session = alice.session({ audience: 'vault' })
    const [opened, again] = await Promise.all([session.token(), session.token()])
    t.same(again, opened)
    t.same(alice.asked, [login])
    if (opened.kind !== 'open') throw new Error(whatOf(opened))
    t.equal(await alice.reads(opened.token, 'alice'), 200)
    t.equal(await alice.reads(opened.token, 'bob'), 403)
    t.equal(await session.whyRefused(), null, 'a fresh token: a policy is missing')
    t.equal(session.drift(), null)
    t.equal(alice.memory, null, 'kept nowhere')

    alice.clock.aheadMs = 61 * minute
    alice.put(await issuer.sign({ exp: seconds(2 * 60 * minute) }))
    const next = await session.token()
    t.equal(next.kind === 'open' && next.token !== opened.token, true, 'an hour later, a new login')
  })

  await t.test('several audiences, and the address for a name', async t => {
    const alice = vaultPerson(t, server, { method: 'jwt' })
    alice.put(await issuer.sign({ sub: 'Alice@Example.com', aud: ['other', 'vault'] }))
    t.match(await alice.session({ audience: 'vault' }).token(), { kind: 'open' })
    alice.put(await issuer.sign({ sub: 'people:alice' }))
    t.match(await alice.session({ subject: 'people:alice' }).token(), { kind: 'open' })
  })

  await t.test('a JWT that must not be sent is not', async t => {
    const alice = vaultPerson(t, server, { method: 'jwt' })
    const refused = async (jwt: string, what: RegExp, name: string) => {
      alice.put(jwt)
      const denied = await alice.session({ audience: 'vault' }).token()
      t.match(told(denied), { kind: 'denied', what }, name)
      t.match(told(denied), { what: /; type: ls -l \/.*\/jwt$/ })
      for (const part of jwt.split('.').filter(each => each.length > 20))
        t.same(secretsInText(JSON.stringify(denied), [part]), [], name)
    }
    const { sign } = issuer
    const none = Buffer.from('{"alg":"none"}').toString('base64url')
    const [, payload] = (await sign()).split('.')
    await refused(
      await sign({ exp: seconds(-5.5 * minute) }),
      /^the JWT ended 5 min ago \(\/.*\/jwt\);/,
      'exp',
    )
    await refused(await sign({ exp: undefined }), /has no end \(exp\)/, 'no exp')
    await refused(await sign({ nbf: seconds(10.5 * minute) }), /is valid only in 10 min/, 'nbf')
    await refused(await sign({ aud: undefined }), /no aud/, 'no aud')
    await refused(await sign({ aud: [] }), /no aud/, 'empty aud')
    await refused(await sign({ aud: 'x' }), /another audience .*: for "x", not for "vault"/, 'aud')
    await refused(
      await sign({ sub: 'bob' }),
      /names another user .*: "bob", not "alice" \(vault.auth.sub/,
      'sub',
    )
    await refused(await sign({ sub: undefined }), /names nobody .*, not "alice"/, 'no sub')
    await refused(
      await sign({ sub: 'bob@example.com' }),
      /names another user .*"bob@example.com"/,
      'e-mail',
    )
    await refused('', /holds no signed JWT/, 'empty')
    await refused('garbage', /holds no signed JWT/, 'garbage')
    await refused(`${await sign()} x`, /holds no signed JWT/, 'something behind it')
    await refused('a.b.c', /holds no signed JWT/, 'three parts')
    await refused(`${none}.${payload}.x`, /holds no signed JWT/, 'alg none')
    await refused(`${none}.${payload}.`, /holds no signed JWT/, 'unsigned')
    rmSync(alice.jwtFile)
    t.match(told(await alice.session().token()), {
      what: /there is no JWT for Vault \(\/.*\/jwt\)/,
    })
    alice.put(await sign(), 0o644)
    t.match(told(await alice.session().token()), { what: /is readable by others; type: chmod 600/ })
    t.same(alice.asked, [])
  })

  await t.test('what Vault refuses is told in words of ours', async t => {
    const { sign, forge, role } = issuer
    await role('for-bob', { bound_subject: 'bob' })
    await role('for-others', { bound_audiences: ['others'] })
    await role('for-a-team', { bound_claims: { team: 'x' } })
    await role('from-afar', { token_bound_cidrs: ['203.0.113.1/32'] })
    const earlier = { exp: seconds(-60 * minute), iat: seconds(-70 * minute) }
    const later = { nbf: seconds(10 * minute), exp: seconds(20 * minute) }
    const cases: [jwt: string, auth: object, aheadMs: number, what: RegExp][] = [
      [await sign(), { role: 'nobody' }, 0, /: there is no role nobody \(vault.auth.role\)/],
      [await sign(), { role: 'for-others' }, 0, /role for-others .* made out for \(aud\)/],
      [await sign(), { role: 'for-bob' }, 0, /role for-bob does not accept whom it names \(sub\)/],
      [await sign(), { role: 'for-a-team' }, 0, /lacks a claim that role for-a-team demands/],
      [
        await sign(),
        { role: 'from-afar' },
        0,
        /no JWT login at auth\/jwt .*, or not for this host/,
      ],
      [await sign(), { mount: 'other' }, 0, /no JWT login at auth\/other \(vault.auth.mount\)/],
      [await sign({ iss: 'x' }), {}, 0, /does not accept who issued it \(iss\)/],
      [await forge(), {}, 0, /its signature is by no key that Vault knows/],
      [await sign(earlier), {}, -65 * minute, /it has ended by Vault's clock/],
      [await sign(later), {}, 11 * minute, /not valid yet by Vault's clock/],
    ]
    for (const [jwt, auth, aheadMs, what] of cases) {
      const alice = vaultPerson(t, server, { method: 'jwt' })
      alice.clock.aheadMs = aheadMs
      alice.put(jwt)
      const session = alice.session(auth)
      const denied = await session.token()
      t.match(told(denied), {
        kind: 'denied',
        what: /^Vault refuses the JWT .* \(\/.*\/jwt\): .*; type: /,
      })
      t.match(told(denied), { what })
      t.same(await session.token(), denied)
      t.equal(alice.asked.length, 1, 'asked once')
      t.same(secretsInText(JSON.stringify(denied), jwt.split('.')), [])
    }
  })

  await t.test('one that is sealed is trouble for a while only', async t => {
    const alice = vaultPerson(t, server, { method: 'jwt' })
    const jwt = await issuer.sign()
    alice.put(jwt)
    await server.seal()
    const away = await alice.session().token()
    t.match(told(away), { kind: 'unreachable', what: /seal/i })
    t.same(secretsInText(JSON.stringify(away), jwt.split('.')), [])
  })
})

t.test('clocks may be half a minute off', async t => {
  const rule = { audience: null, subject: 'alice', email: null }
  const claims = { sub: 'alice', aud: ['vault'], expSeconds: 1000, nbfSeconds: 500 }
  t.equal(objection(claims, rule, 1_000_000 + 29_000), null)
  t.same(objection(claims, rule, 1_000_000 + 31_000), ['the JWT ended 31 s ago'])
  t.equal(objection(claims, rule, 500_000 - 29_000), null)
  t.match(objection(claims, rule, 500_000 - 31_000), [/is valid only in 31 s/, /clocks/])
})

t.test('claims of the wrong kind are none', async t => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const jwt = (claims: object) => `${part({ alg: 'ES256' })}.${part(claims)}.c2ln`
  t.same(await claimsOf(jwt({ sub: 1, aud: [1, '', 'a'], exp: 'soon', nbf: null })), {
    sub: null,
    aud: ['a'],
    expSeconds: null,
    nbfSeconds: null,
  })
  t.equal(await claimsOf(jwt([])), null)
})

t.test('a refusal nobody knows is told by its number', async t => {
  const role = { role: 'r', mount: 'jwt' }
  t.same(refusalOf({ status: 400, errors: ['eyJ is odd'] }, role), [
    'Vault refuses the JWT',
    'it says only HTTP 400',
  ])
  t.match(refusalOf({ status: 404, errors: ['namespace not found'] }, role), [/in this namespace/])
})
