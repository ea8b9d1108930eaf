// The annotated configuration that a new installation begins with.

const machine = `# claude-auth on this machine. Every key is optional; docs/configuration.md tells of each.
# What stands here under identity, roster, vault, alerts and endpoints cannot be weakened by a user's own
# ~/.config/claude-auth/config.yaml; with an identity or a roster here, no user names other endpoints.
# "mode: off" here switches it off for all; with "mode: on" no user can.
version: 1

# Whose logins are accepted here; any other is never backed up and never overwrites.
#identity:
#  organizationUuid: 00000000-0000-0000-0000-000000000000
#  email: "{user}@example.com"

# Where logins are backed up: local (sealed, in each home), vault, or none.
#store: vault
#vault:
#  address: https://vault.example.com:8200
#  path: "workstation/claude-users/{user}"

# Who is told when a person is needed. The file: root:claude-auth, mode 0640.
#alerts:
#  slack: {webhookFile: /etc/claude-auth/slack-webhook}
#  runbook: https://wiki.example.com/claude-login

# sole: the refresh token lies in claude-auth's sealed store only, and no client can spend it.
# shared: it stays in the login file, as the client keeps it.
`

const person = `# claude-auth, for you alone. Every key is optional; what the machine's file /etc/claude-auth/config.yaml
# sets applies as well.
version: 1

`

/** The text without our own key, for the file of the machine and for a person's. */
export const annotatedConfig = { machine, person } as const
