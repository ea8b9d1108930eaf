#!/bin/sh
# Finds the real client: prints its path, or says how to install it and exits 127. launch.sh sources this.

# The PATH to search, the config files, and clients not to choose (<path>:<path>…) come from launch.sh.
ca_find_client() {
  ca_client=
  ca_try_named "${CLAUDE_AUTH_CLIENT-}" CLAUDE_AUTH_CLIENT && return 0
  for ca_config_file in "$ca_user" "$ca_system"; do
    [ -r "$ca_config_file" ] && ca_only_ours "$ca_config_file" || continue
    ca_try_named "$(ca_configured "$ca_config_file")" "client in $ca_config_file" && return 0
  done
  ca_rest=${ca_search-}:
  while [ -n "$ca_rest" ]; do
    ca_folder_now=${ca_rest%%:*} ca_rest=${ca_rest#*:}
    ca_try "${ca_folder_now%/}/claude" && return 0
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

# Somebody chose this path (second argument: where), so its owner and mode are their affair.
ca_try_named() {
  [ -n "$1" ] || return 1
  ca_is_client "$1" && return 0
  command echo "claude-auth: $2 names no client that can be started ($1); looking further" >&2
  ca_said=$((ca_said + 1))
  return 1
}

# A path that was come upon: absolute, and nobody else could have put it there.
ca_try() {
  ca_is_client "$1" && ca_only_ours "${1%/*}/" && ca_only_ours "$1"
}

# An executable that is not one of ours and was not tried before.
ca_is_client() {
  case $1 in /*) ;; *) return 1 ;; esac
  case :${ca_tried-}: in *:"$1":*) return 1 ;; esac
  [ -f "$1" ] && [ -x "$1" ] && ! [ "$1" -ef "${ca_self:-$0}" ] && ! ca_is_wrapper "$1" && ca_client=$1
}

# A copy of the wrapper is known by its second line.
ca_is_wrapper() {
  [ -n "$(command sed -n -e '2{/^# claude-auth wrapper/p' -e '}' -e 2q "$1" 2>/dev/null)" ]
}

# Owned by root or this user, and writable by no other; a group of one's own (or root's) may write.
ca_only_ours() {
  ca_read_mode "$1" || return 1
  case $ca_mode in
    ????????w*) return 1 ;;
    ?????w*) [ "$ca_gid" = 0 ] || { [ "$ca_gid" = "$ca_uid" ] && [ -O "$1" ]; } || return 1 ;;
  esac
  [ "$ca_uid" = 0 ] || [ -O "$1" ] && return 0
  # Whoever owns the shell is root, whatever number a user namespace shows.
  ca_owner=$ca_uid
  ca_read_mode /bin/sh && [ "$ca_uid" = "$ca_owner" ]
}

ca_read_mode() {
  ca_line=$(LC_ALL=C command ls -ldnL -- "$1" 2>/dev/null) || return 1
  command read -r ca_mode ca_skip ca_uid ca_gid ca_skip <<X
$ca_line
X
}

# The top-level `client:` of a configuration, plain or quoted.
ca_configured() {
  ca_value=$(command sed -n -e '/^client:/!d' -e 's/^client:[[:space:]]*//' -e treset -e :reset \
    -e 's/^"\([^"]*\)".*/\1/' -e tend -e "s/^'\([^']*\)'.*/\1/" -e tend \
    -e 's/[[:space:]]*#.*//' -e 's/[[:space:]]*$//' -e :end -e p -e q "$1" 2>/dev/null)
  case $ca_value in '~/'*) ca_value=$ca_home/${ca_value#??} ;; esac
  command printf '%s\n' "$ca_value"
}

case ${0##*/} in
  find-client.sh)
    ca_home=${HOME-} ca_home=${ca_home%/} ca_tried='' ca_self=$0 ca_search=${PATH-} ca_said=0
    ca_system=/etc/claude-auth/config.yaml
    ca_user=${CLAUDE_AUTH_CONFIG:-$ca_home/.config/claude-auth/config.yaml}
    PATH=/usr/bin:/bin:$ca_search
    ca_find_client && command printf '%s\n' "$ca_client"
    exit
    ;;
esac
