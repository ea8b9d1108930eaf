# nushell completion of claude-auth, made by: claude-auth completion nushell
def "nu-complete claude-auth help" [] { ["status" "doctor" "login" "logout" "log" "install" "uninstall" "fleet" "offboard" "roster" "changes" "base" "ensure" "hook" "completion" "demo"] }

# is the login good, whose is it, until when
extern "claude-auth status" [
  --json # the same as one JSON object
  --short # one line for a prompt or a status bar; times in it are clock times
]

# what is wrong, and what to type; --fix fixes it
extern "claude-auth doctor" [
  --json # the report as one JSON object
  --verbose # every check, not only what needs care
  --system # is this machine set up for all its users? (as root)
  --fix # fix what can be fixed safely: shows it and asks at a terminal
  --yes(-y) # fix without asking
  --only: string # only this check, such as --only hooks
  --offline # no network at all
  --send-test-alert # send a test message to every alert sink
]

# sign in, check whose login it is, store a copy (works over SSH)
extern "claude-auth login" [
  --email: string # sign in with this e-mail, where the configuration names none
  --no-sso # without the organization's own sign-in page
  --new-identity # accept another account than the one first used here; not where the configuration names one
  --long-lived # a token of about a year instead: opens the client's setup-token, then asks for the token it shows (not echoed; or on stdin from a pipe)
]

# sign out: end the login at the server, remove it here and in the store
extern "claude-auth logout" [
  --offline # no network: what needs it is done by a later run
  --json # the result as one JSON object
]

# what changed the login, and why; newest last
extern "claude-auth log" [
  --since: string # only the last two days (s, m, h, d), or since a date: 2026-12-01
  -n: string # only the newest N lines
  --follow # keep showing new lines until Ctrl-C
  --last # the last launch that had to check the login, step by step
  --json # the journal's lines as they are; with --last one JSON object
]

# install it on every path to claude, for you or for the machine
extern "claude-auth install" [
  --system # for the whole machine, as root
  --yes # do not ask (it asks only at a terminal)
  --dry-run # show what would change, as a diff
  --json # one JSON object; "changed" says whether anything was
  --custody: string # shared: the refresh token stays in the login file, as the client keeps it
  --base: string # with --system: new users share the skills, rules, agents and commands of DIR; none turns it off
  --config: string # with --system: the initial configuration, for /etc/claude-auth/config.yaml
  --instructions: string # with --system: instructions for every agent, beside those of the site; none removes them
  --root: string # with --system: into another root, such as the tree of an image
]

# revert install; the refresh token is handed back to the login file
extern "claude-auth uninstall" [
  --system # for the whole machine, as root
  --yes # do not ask (it asks only at a terminal)
  --dry-run # show what would change, as a diff
  --json # one JSON object; "changed" says whether anything was
  --leave-logins # hand no refresh token back; each stays in the sealed store
  --root: string # with --system: in another root, such as the tree of an image
]

# the state of all logins, and who needs a person
extern "claude-auth fleet" [
  --json # the same as one JSON object
  --only: string # just the logins in one state
  --from: string # read the records in Vault, or those in the homes of this machine
  --textfile: string # also write metrics for node_exporter (a name in *.prom)
  --page: string # also write the view as a page (HTML)
]

# end the login of a person who leaves: cut, revoke, destroy
extern "claude-auth offboard" [
  user?: string
  --stage: string # what to do: cut, revoke or destroy
  --undo # take a cut back
  --reason: string # why, for the journal and the note in Vault
  --dry-run # show the steps and change nothing
  --yes # do not ask
  --now # do not wait: cut while the roster still lists the user, destroy before offboard.wait is over
  --done: string # a person has done this step (several: STEP,STEP); with --undo, of the way back
  --here # only what is on this machine: no Vault, no other host, no site
  --admin # also for a user of the tier admin, and for yourself
  --with-others # also what others share: an entity in Vault (cut), a document that holds their keys (destroy)
  --json # the result as one JSON object
]
def "nu-complete claude-auth roster" [] { ["check" "plan" "apply"] }

# who has a login here: check, plan, apply one committed file
extern "claude-auth roster" [
  action?: string@"nu-complete claude-auth roster"
  file?: path
  --against: string # check: also count who vanishes since that commit
  --removals: string # exactly so many users vanish, and that is meant
  --user: string # plan, apply: only this user
  --yes # apply: do not ask
  --dry-run # apply: the plan alone
  --json # one JSON object
]
def "nu-complete claude-auth changes" [] { ["guard" "notice"] }

# guard a watched repository, and report changes by users other than admins
extern "claude-auth changes" [
  what?: string@"nu-complete claude-auth changes"
  name?: string
  --once # notice: look once, for a timer, for CI or for a hook
  --pusher: string # notice: who has pushed what the lines of a post-receive hook on stdin say, else all that is new; looks once
  --json # notice: one JSON object about this look; looks once
]
def "nu-complete claude-auth base" [] { ["update"] }

# replace the skills, rules, agents and commands that all users share
extern "claude-auth base" [
  what?: string@"nu-complete claude-auth base"
  --from: string # the folder that is to be shared from now on
  --dry-run # shows what would change, and changes nothing
  --max-delete: string # so many files may be deleted, even if that is half of all
  --yes(-y) # do not ask (it asks only at a terminal)
  --json # one JSON object
]

# make sure now that the login is good
extern "claude-auth ensure" [
  --json # the result as one JSON object
  --force # check everything now, whatever marks, ages and back-off say
  --offline # no network at all
  --every: string # repeat at this interval, for machines without systemd
]
def "nu-complete claude-auth hook" [] { ["session-start" "user-prompt-submit" "stop-failure" "session-end"] }

# what the hooks of the client call
extern "claude-auth hook" [
  event?: string@"nu-complete claude-auth hook"
]
def "nu-complete claude-auth completion" [] { ["bash" "zsh" "fish" "nushell"] }

# completions for bash, zsh, fish or nushell
extern "claude-auth completion" [
  shell?: string@"nu-complete claude-auth completion"
]

# see it work, with a throwaway home and server
extern "claude-auth demo" [
]

# what a command does, and its flags
extern "claude-auth help" [command?: string@"nu-complete claude-auth help"]

extern "claude-auth" [command?: string, --version(-v)]
