# Whose login this is, whether it is managed, and what is left beside it; sourced by launch.sh and hook.sh.

# May anything of this login be looked at or changed? Only by the owner, and only if it is managed.
ca_ours() {
  case $ca_login in /*) ;; *) return 1 ;; esac
  [ -O "${HOME-}" ] || return 1
  if [ -L "$ca_state" ]; then return 1; fi
  for ca_place in "$ca_login" "$ca_state"; do
    if [ -e "$ca_place" ] && ! [ -O "$ca_place" ]; then return 1; fi
  done
  [ "$ca_login" = "$ca_home/.claude" ] || [ -d "$ca_state" ] ||
    command grep -q '^profiles:' "$ca_user" "$ca_system" 2>/dev/null
}

# Does a config file switch us off? That works without Node, and then nothing at all is written.
ca_off() {
  command grep -qs "^mode: *[\"']\{0,1\}off" "$ca_user" "$ca_system"
}

# ca_leave NAME [TEXT]: puts a private file into our folder beside the login.
ca_leave() {
  (
    command umask 077
    # Made anew, never through a link: the folder may have been opened to others by mistake.
    set -C
    ca_left=$ca_state/$1
    if [ -e "$ca_left" ] || [ -L "$ca_left" ]; then command rm -f -- "$ca_left"; fi
    { [ -d "$ca_state" ] || command mkdir -p -- "$ca_state"; } && command printf '%s\n' "${2-}" >"$ca_left"
  ) 2>/dev/null
}

# ca_engine WORDS…: the command `claude-auth`, in place of this (sub)shell.
ca_engine() {
  PATH=$ca_search
  unset NODE_OPTIONS NODE_DEBUG NODE_DEBUG_NATIVE
  exec "$ca_node" "$ca_root/bin/claude-auth" "$@"
}
