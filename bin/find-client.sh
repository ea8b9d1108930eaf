#!/bin/sh
# Finds the real client: prints its path, or says how to install it and exits 127. launch.sh sources this.

# As in bin/claude.
POSIXLY_CORRECT=${POSIXLY_CORRECT-1}
unset -f '[' command
unset FUNCNEST

# The PATH to search, the client that the configuration names, and clients not to choose (<path>:<path>…) come from
# launch.sh. The first on PATH is the one that would start without us, so it is started, whatever the owner of its folder.
ca_find_client() {
  ca_client=
  ca_try_named "${CLAUDE_AUTH_CLIENT-}" CLAUDE_AUTH_CLIENT && return 0
  ca_try_named "${ca_configured-}" 'client in the configuration' && return 0
  ca_rest=${ca_search-}:
  while [ -n "$ca_rest" ]; do
    ca_folder_now=${ca_rest%%:*} ca_rest=${ca_rest#*:}
    ca_is_client "${ca_folder_now%/}/claude" && return 0
  done
  # The newest by time: after a step back to an older version, that one.
  ca_newest=
  for ca_version in "$ca_home"/.local/share/claude/versions/*; do
    if [ -f "$ca_version" ] && { [ -z "$ca_newest" ] || [ "$ca_version" -nt "$ca_newest" ]; }; then
      ca_newest=$ca_version
    fi
  done
  for ca_known in "$ca_home/.local/bin/claude" "$ca_newest" "$ca_home/.claude/local/claude" \
    /usr/local/bin/claude /usr/bin/claude; do
    ca_try "$ca_known" && return 0
  done
  ca_client=
  command echo 'claude-auth: Claude Code is not installed here; to install it: npm install -g @anthropic-ai/claude-code' >&2
  return 127
}

# A path that a person chose (second argument: where): its owner and mode are their affair.
ca_try_named() {
  [ -n "$1" ] || return 1
  ca_is_client "$1" && return 0
  ca_clean "$1"
  command printf '%s\n' "claude-auth: $2 names no client that can be started ($ca_plain); looking further" >&2
  ca_said=$((ca_said + 1))
  return 1
}

# A usual place: it counts only where no other user may write.
ca_try() {
  ca_is_client "$1" && ca_trusted "$1"
}

# An executable that is not one of ours and was not tried before.
ca_is_client() {
  case $1 in /*) ;; *) return 1 ;; esac
  case :${ca_tried-}: in *:"$1":*) return 1 ;; esac
  [ -f "$1" ] && [ -x "$1" ] && ! [ "$1" -ef "${ca_self:-$0}" ] && ! ca_is_wrapper "$1" && ca_client=$1
}

# A copy of the wrapper is known by its second line.
ca_is_wrapper() {
  [ -n "$(command head -c 400 2>/dev/null <"$1" | command sed -n -e '2{/^# claude-auth wrapper/p' -e '}' -e 2q)" ]
}

case ${0##*/} in
  find-client.sh)
    # As a program, with the client that the configuration names as ca_configured (src/login/real-client.ts).
    ca_home=${HOME-} ca_home=${ca_home%/} ca_tried='' ca_self=$0 ca_search=${PATH-} ca_said=0
    ca_configured=${ca_configured-}
    . "${0%/*}/trust.sh"
    . "${0%/*}/words.sh"
    PATH=$ca_system_path
    ca_find_client && command printf '%s\n' "$ca_client"
    exit
    ;;
esac
