// A byte order mark in the login file: taken out, every other byte kept, nobody called.

import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { custodies, engine, hourMs, storyOf } from '../kit/engine.js'

const mark = '\ufeff'

for (const custody of custodies) {
  t.test(`${custody}: it is taken out, before anything else is done`, async t => {
    for (const [isKnown, marks] of [
      [true, mark],
      [false, mark],
      [true, mark + mark],
    ] as const) {
      const at = await engine(t, { config: { custody } })
      if (isKnown) await at.ensure()
      const whole = {
        mcpOAuth: { server: { accessToken: 'theirs' } },
        claudeAiOauth: at.login(),
        'x y': [1e3],
      }
      const text = `${JSON.stringify(whole, null, '\t').replaceAll('\n', '\r\n')}\r\n`
      at.writeLogin(marks + text)
      const outcome = await at.ensure()
      t.match(outcome, { verdict: 'ok', because: 'fresh', alert: 'off' })
      t.match(storyOf(outcome), /restore unreadable/)
      const now = at.fileText()
      // In sole custody the refresh token leaves the file after that.
      if (custody === 'shared' || isKnown) t.equal(now, text)
      t.match(JSON.parse(now), { mcpOAuth: whole.mcpOAuth, 'x y': [1e3] })
      t.equal(at.authority.counts().tokenRequests, 0)
    }
  })

  t.test(`${custody}: it goes with a renewal, and where the login is blank or missing`, async t => {
    for (const change of ['expired', 'blank', 'missing'] as const) {
      const at = await engine(t, { config: { custody } })
      await at.ensure()
      const login = at.login()
      if (change === 'expired') at.pass(9 * hourMs)
      const blank = { ...login, accessToken: '', refreshToken: '', expiresAt: 0 }
      const value = { expired: login, blank, missing: undefined }[change]
      at.writeLogin(`${mark}${JSON.stringify({ mcpOAuth: { n: 1 }, claudeAiOauth: value })}`)
      t.match(await at.ensure(), { verdict: 'ok' }, change)
      const { loginFile } = at.home.paths
      t.match(JSON.parse(readFileSync(loginFile, 'utf8')), { mcpOAuth: { n: 1 } }, change)
      t.equal(at.authority.counts().reuses, 0)
    }
  })

  t.test(`${custody}: MCP logins that leave with a broken file are told`, async t => {
    for (const [rest, isTold] of [
      ['"mcpOAuth":{"server":{"accessToken":"theirs"}},', true],
      ['', false],
    ] as const) {
      const at = await engine(t, { config: { custody } })
      await at.ensure()
      at.writeLogin(`{${rest}"claudeAiOauth":{"accessToken":`)
      t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
      t.equal('lost-neighbours' in at.memory().told, isTold)
    }
  })

  t.test(`${custody}: and with a file in UTF-16`, async t => {
    const at = await engine(t, { config: { custody } })
    await at.ensure()
    const whole = { mcpOAuth: { server: { accessToken: 'theirs' } }, claudeAiOauth: at.login() }
    writeFileSync(at.home.paths.loginFile, Buffer.from(mark + JSON.stringify(whole), 'utf16le'))
    t.match(await at.ensure(), { verdict: 'ok', because: 'fresh' })
    t.ok('lost-neighbours' in at.memory().told)
  })
}
