# bash completion of claude-auth, made by: claude-auth completion bash
_claude_auth() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words=
  COMPREPLY=()
  if [ "$COMP_CWORD" = 1 ]; then
    words='status doctor login logout log install uninstall fleet offboard roster changes base ensure hook completion demo --help --version'
  else
    case "${COMP_WORDS[1]} $prev" in
      'doctor --only' | 'login --email' | 'log --since' | 'log -n' | 'install --custody' | 'install --base' | 'install --config' | 'install --instructions' | 'install --root' | 'uninstall --root' | 'fleet --only' | 'fleet --from' | 'fleet --textfile' | 'fleet --page' | 'offboard --stage' | 'offboard --reason' | 'offboard --done' | 'roster --against' | 'roster --removals' | 'roster --user' | 'changes --pusher' | 'base --from' | 'base --max-delete' | 'ensure --every') return ;;
    esac
    case ${COMP_WORDS[1]} in
      status) words="--json --short --help" ;;
      doctor) words="--json --verbose --system --fix --yes --only --offline --send-test-alert --help" ;;
      login) words="--email --no-sso --new-identity --long-lived --help" ;;
      logout) words="--offline --json --help" ;;
      log) words="--since -n --follow --last --json --help" ;;
      install) words="--system --yes --dry-run --json --custody --base --config --instructions --root --help" ;;
      uninstall) words="--system --yes --dry-run --json --leave-logins --root --help" ;;
      fleet) words="--json --only --from --textfile --page --help" ;;
      offboard) words="--stage --undo --reason --dry-run --yes --now --done --here --admin --with-others --json --help $(compgen -u)" ;;
      roster) words="check plan apply --against --removals --user --yes --dry-run --json --help" ;;
      changes) words="guard notice --once --pusher --json --help" ;;
      base) words="update --from --dry-run --max-delete --yes --json --help" ;;
      ensure) words="--json --force --offline --every --help" ;;
      hook) words="session-start user-prompt-submit stop-failure session-end --help" ;;
      completion) words="bash zsh fish nushell --help" ;;
      demo) words="--help" ;;
      help) words='status doctor login logout log install uninstall fleet offboard roster changes base ensure hook completion demo' ;;
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -F _claude_auth claude-auth
