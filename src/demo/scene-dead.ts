// Scene: a login that only a person can replace: instructions, an alert, a new sign-in, and the all-clear.

import type { Narrator } from './narrator.js'
import { launch, letTimePass, type Scene } from './scene.js'
import type { Stage } from './stage.js'

export const dead: Scene = async (stage, narrator) => {
  const { authority, user } = stage
  authority.endFamily(stage.login().accessToken)
  letTimePass(stage)
  narrator.tell(
    'An administrator ended the session of Alice, and a night has passed. No renewal and no copy can help now, so claude-auth says at once what to do, before Claude starts:',
  )
  const refused = await launch(stage, narrator)
  narrator.check(
    'She is told what happened and what to type, in at most six lines.',
    refused.stderr.includes('Type: claude-auth login') && linesOf(refused.stderr) <= 6,
  )
  narrator.check('It asked the server once; it does not hammer.', refused.renewals === 1)
  const begin = showSlack(stage, narrator, 'And in Slack there is now, once:')
  narrator.check('The alert says who, where, why and what to do.', /login/.test(begin ?? ''))

  stage.writeLogin(authority.signIn({ user }))
  narrator.gap()
  narrator.tell(
    'Alice signs in (here the stand-in server simply issues a new login, as it would after the browser) and goes on:',
  )
  const again = await launch(stage, narrator)
  narrator.check('Claude answered.', again.answered && again.stderr === '')
  const over = showSlack(stage, narrator, 'And the same channel hears, once, that it is over:')
  narrator.check('Nobody has to go looking for her.', /again/.test(over ?? ''))
  narrator.check('Two messages in all.', authority.slackMessages.length === 2)
}

/** Shows the last message that reached Slack's stand-in, as Slack got it. */
function showSlack(stage: Stage, narrator: Narrator, words: string): string | null {
  const message = stage.authority.slackMessages.at(-1) as { text?: string } | undefined
  narrator.gap()
  narrator.tell(words)
  narrator.quote(message?.text ?? '(nothing came)', 'message')
  return message?.text ?? null
}

function linesOf(text: string): number {
  return text.split('\n').filter(line => line.startsWith('claude-auth:')).length
}
