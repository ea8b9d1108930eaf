// The help texts, one for each command.

const overview = `Usage: claude-auth COMMAND [OPTIONS]

Every launch of Claude Code starts with a valid login of your own.

  login     sign in, verify and back up the login (works over SSH)
  ensure    make sure that the login is valid, now
  log       what changed your login, and why
  install   put it on every path to claude: for you, or with --system for all users
  uninstall take that back
  demo      see it work, with a throwaway home and server

  claude-auth COMMAND --help tells more; claude-auth --version the version.

Example: claude-auth login
`

const ensure = `Usage: claude-auth ensure [--json] [--force] [--offline] [--every 15m]

Makes sure that the login is valid: renews it, restores it from the store, verifies it
with the server and backs it up, whatever is needed.

  --json        the result as one JSON object
  --force       look at everything now: marks, ages and pauses count for nothing
  --offline     no network at all
  --every 15m   again and again, for machines without systemd

Exit code: 0 ok, 1 broken, 2 usage or configuration, 3 sign in, 4 attention, 5 no answer.

Example: claude-auth ensure --force --json
`

const login = `Usage: claude-auth login [--long-lived]

Opens the client's own sign-in with the right account, then verifies whose login it is and
backs it up. Works over SSH: open the printed address in any browser.

  --long-lived  a token of about a year instead: opens the client's setup-token, then asks for
                the token it shows (not echoed; or on stdin from a pipe) and stores it. It is
                used where the configuration says credential: long-lived

Example: claude-auth login
`

const log = `Usage: claude-auth log [--json] [--since 2d|DATE] [-n N]

What changed this login and why, newest last.

  --since 2d    only the last two days (s, m, h, d), or since a date: 2026-12-01
  -n N          only the newest N lines
  --json        the journal's lines as they are

Example: claude-auth log --since 2d -n 20
`

const install = `Usage: claude-auth install [--custody shared] [--yes] [--dry-run] [--json]
       claude-auth install --system [--base DIR] [--config FILE] [--root DIR] [...]

Puts the wrapper, hooks and timer on every path to claude: for you alone, or with --system
(as root) for all users of the machine, the future ones included. A second run changes nothing.

  --custody shared  the refresh token stays in the login file, as the client keeps it
  --yes             asks nothing (it asks only at a terminal)
  --dry-run         shows what would change, as a diff
  --json            one object on stdout; \`changed\` says whether anything was
  --base DIR        new users share the skills, rules, agents and commands of DIR; none: no more
  --config FILE     begins with this configuration in /etc/claude-auth/config.yaml
  --root DIR        into another root, such as the tree of an image

Example: sudo claude-auth install --system --dry-run
`

const uninstall = `Usage: claude-auth uninstall [--system] [--yes] [--dry-run] [--json]

Hands the refresh token back to the login file (with --system: those of all users), then takes
back what install did. Files that nobody edited since are as they were; of an edited one only
our entries go.

  --yes             asks nothing (it asks only at a terminal)
  --dry-run         shows what would change, as a diff
  --json            one object on stdout; \`changed\` says whether anything was
  --leave-logins    goes on where a token cannot be handed back; it stays in the sealed store
  --root DIR        in another root, such as the tree of an image

Example: claude-auth uninstall --dry-run
`

const demo = `Usage: claude-auth demo

Shows in under a minute what a user would see: a login renewed, restored, and one that needs
a person; with a throwaway home and a stand-in server on this machine.

Example: claude-auth demo
`

const texts: Record<string, string> = { ensure, login, log, install, uninstall, demo }

/** The help of a command; the overview for none or one that does not exist. */
export function helpFor(command: string | null): string {
  return (command !== null && Object.hasOwn(texts, command) ? texts[command] : overview) ?? overview
}
