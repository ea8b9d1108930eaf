// Scene: the login ran out overnight, and nobody notices.

import { existsSync } from 'node:fs'
import { fingerprint } from './grants.js'
import { launch, type Scene, seconds } from './scene.js'

export const expired: Scene = async (stage, narrator) => {
  const { authority, user } = stage
  stage.writeLogin(authority.signIn({ user, lifeMs: -3_600_000 }))
  const before = fingerprint(stage.login().refreshToken ?? '')
  narrator.tell(
    `Alice signed in yesterday. An access token lives for eight hours, and hers ended an hour ago. (Her login goes by the fingerprint ${before} here; a token is never shown.) She comes in and types:`,
  )
  const ran = await launch(stage, narrator)
  narrator.check(`Claude answered; it all took ${seconds(ran.ms)}.`, ran.answered)
  narrator.check('Not a word about logins on her terminal.', ran.stderr === '')
  const renewed = authority.accepts(stage.login().accessToken) !== null
  narrator.check(
    'One renewal at the server, and a sealed copy of the new login is in the store.',
    ran.renewals === 1 &&
      renewed &&
      existsSync(`${stage.home}/.local/share/claude-auth/default.jwe`),
  )
}
