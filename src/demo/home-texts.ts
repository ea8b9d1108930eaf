// The files that stand in the throwaway home before the first scene.

import type { User } from './grants.js'

/** An address of Slack that only its stand-in answers. */
export const webhook = 'https://hooks.slack.com/services/T00000000/B00000000/demo'

/** The configuration of claude-auth: whose login is expected, and where alerts go. */
export function configText(user: User, home: string): string {
  return `version: 1
identity: {organizationUuid: ${user.organizationUuid}, email: ${user.email}}
store: local
alerts: {slack: {webhookFile: ${home}/.config/claude-auth/slack-webhook}}
`
}

/** So that the client asks no questions: it knows its user and trusts the folder (client 2.1.330). */
export function clientConfig(user: User, home: string) {
  return {
    hasCompletedOnboarding: true,
    projects: { [home]: { hasTrustDialogAccepted: true } },
    oauthAccount: {
      accountUuid: user.accountUuid,
      emailAddress: user.email,
      organizationUuid: user.organizationUuid,
    },
  }
}
