// Scene: something emptied the login file; the sealed copy takes its place.

import { fingerprint } from './grants.js'
import { launch, type Scene, seconds } from './scene.js'

export const blank: Scene = async (stage, narrator) => {
  const before = stage.login()
  stage.writeLogin({ ...before, accessToken: '', refreshToken: '', expiresAt: 0 })
  narrator.tell(
    'Two sessions spent the same refresh token, and the one that came second left the login empty. (Done here as the client does it: accessToken "", refreshToken "", expiresAt 0.) Usually that means: sign in again. Alice types:',
  )
  const ran = await launch(stage, narrator)
  narrator.check(`Claude answered, in ${seconds(ran.ms)}.`, ran.answered)
  const after = stage.login()
  narrator.check(
    `Login ${fingerprint(before.accessToken)} came back from the sealed copy; no token was spent for it.`,
    after.accessToken === before.accessToken && ran.renewals === 0 && ran.stderr === '',
  )
}
