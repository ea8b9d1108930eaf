# Whose environment counts below a client, in its hooks and in what its tools start: a repository's settings set variables
# there, and those that steer us must be the person's own; sourced by launch.sh, hook.sh and command.sh.

# Sets ca_parent to the parent of the process $1, and ca_name to its own name.
ca_find_parent() {
  ca_parent= ca_name=
  { IFS= command read -r ca_stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  ca_name=${ca_stat#*\(} ca_name=${ca_name%\)*}
  set -- ${ca_stat##*\) }
  ca_parent=${2-}
}

# Sets ca_client_process, the nearest client above, ca_starter, by which that was started itself, and ca_environ, what the
# person's own client was started with: the first one above that no other client's tool started, for what a tool starts has
# what a repository put there. It is empty where there is none. Shells, `timeout` or a script that calls several hooks may
# stand between. Without a client, or called by hand (the client sets CLAUDE_PROJECT_DIR for every hook and CLAUDECODE for
# every tool, and no repository can take them away), ca_is_in_session is empty, and ca_client_process is what called this,
# a shell left out.
ca_find_client_process() {
  ca_client_process= ca_starter= ca_is_in_session= ca_environ= ca_caller= ca_above=$PPID ca_hops=0
  while [ "$ca_hops" -lt 64 ]; do
    ca_hops=$((ca_hops + 1))
    ca_find_parent "$ca_above"
    if [ -n "${CLAUDE_PROJECT_DIR+y}${CLAUDECODE+y}" ] && ca_is_client_process "$ca_above"; then
      if [ -z "$ca_is_in_session" ]; then
        ca_client_process=$ca_above ca_starter=$ca_parent ca_is_in_session=y
      fi
      case $ca_newline$ca_began_with in
        *"${ca_newline}CLAUDECODE="*) ;;
        *) ca_environ=$ca_began_with && break ;;
      esac
    elif [ -z "$ca_client_process" ]; then
      case $ca_hops:$ca_name in
        1:sh | 1:dash | 1:bash | 1:ash | 1:busybox | 1:zsh) ;;
        *) ca_client_process=$ca_above ca_starter=$ca_parent ca_caller=$ca_name ;;
      esac
    fi
    case $ca_above:$ca_parent in 1:* | *: | *:0) break ;; esac
    ca_above=$ca_parent
  done
  if [ "$ca_client_process" = 1 ]; then ca_starter=1; fi
}

# Is the process $1 a client of this user's: one that the wrapper became, by what it was started with (ca_began_with), or by its
# program? What another user's was started with is not even looked at: it can keep whoever does waiting.
ca_is_client_process() {
  ca_began_with=
  if ! [ -O "/proc/$1" ]; then return 1; fi
  ca_began_with=$(command tr '\000\n' '\n\001' 2>/dev/null <"/proc/$1/environ")
  case $ca_newline$ca_began_with in
    *"${ca_newline}CLAUDE_AUTH_GUARD=$1:"*) ;;
    *) ca_is_claude "$1" ;;
  esac
}

# Is the process $1 Claude Code, by its program's path or by the script that its Node runs?
ca_is_claude() {
  case $(command readlink -- "/proc/$1/exe" 2>/dev/null) in
    */claude | */claude/versions/* | */'claude (deleted)') return 0 ;;
    */node | */bun) ;;
    *) return 1 ;;
  esac
  case $(command tr '\000' '\n' 2>/dev/null <"/proc/$1/cmdline" | command head -n 3) in
    */@anthropic-ai/claude-* | */bin/claude"$ca_newline"* | claude"$ca_newline"*) return 0 ;;
    *) return 1 ;;
  esac
}

# Where a client started this hook, what steers us is taken from ca_environ now, while the client is there. Fails where it is
# gone, and with it what the person's own are.
ca_take_own_environment() {
  if ! [ -e "/proc/$ca_client_process" ]; then return 1; fi
  if [ -z "$ca_is_in_session" ]; then
    # Called by hand, or the client is gone, and another process is the parent of what it left.
    case ${CLAUDE_PROJECT_DIR+y}:$ca_client_process:$ca_caller in y:1:* | y:*:systemd) return 1 ;; esac
    return 0
  fi
  ca_take_environ
}

# Without ca_environ none of them counts, and the home is the password database's.
ca_take_environ() {
  ca_takes_input=y
  unset HOME LOGNAME CLAUDE_SECURESTORAGE_CONFIG_DIR CLAUDE_CONFIG_DIR CLAUDE_AUTH_CONFIG CLAUDE_AUTH_CLIENT
  unset CLAUDE_AUTH_BYPASS CLAUDE_AUTH_GUARD TMPDIR
  ca_own_search=
  while IFS= command read -r ca_line; do
    ca_value=${ca_line#*=}
    case ${ca_line%%=*} in
      PATH) ca_own_search=$ca_value ;;
      HOME) HOME=$ca_value ;;
      LOGNAME) LOGNAME=$ca_value ;;
      CLAUDE_SECURESTORAGE_CONFIG_DIR) CLAUDE_SECURESTORAGE_CONFIG_DIR=$ca_value ;;
      CLAUDE_CONFIG_DIR) CLAUDE_CONFIG_DIR=$ca_value ;;
      CLAUDE_AUTH_CONFIG) CLAUDE_AUTH_CONFIG=$ca_value ;;
      CLAUDE_AUTH_CLIENT) CLAUDE_AUTH_CLIENT=$ca_value ;;
      CLAUDE_AUTH_BYPASS) CLAUDE_AUTH_BYPASS=$ca_value ;;
      CLAUDE_AUTH_GUARD) CLAUDE_AUTH_GUARD=$ca_value ;;
    esac
  done <<X
$ca_environ
X
  ca_find_places
  ca_search=${ca_own_search:-$ca_search}
}

# A launch in a client's tool: goes by the person's own environment up to the start of the client, which gets the one that
# it would have got without us. Nothing that steers us counts where no client is above.
ca_enter_tool() {
  ca_find_client_process
  ca_steering='HOME LOGNAME CLAUDE_SECURESTORAGE_CONFIG_DIR CLAUDE_CONFIG_DIR CLAUDE_AUTH_CONFIG CLAUDE_AUTH_CLIENT'
  ca_steering="$ca_steering CLAUDE_AUTH_BYPASS CLAUDE_AUTH_GUARD TMPDIR"
  for ca_each in $ca_steering; do eval "ca_had_$ca_each=\${$ca_each+y} ca_kept_$ca_each=\${$ca_each-}"; done
  ca_tool_search=$ca_search ca_is_in_tool=y
  ca_take_environ
  ca_starter=
  PATH=$ca_system_path
  ca_find_depth
  if [ "${CLAUDE_AUTH_BYPASS-}" = 1 ]; then ca_zone=bypass; fi
  if [ "$ca_depth" = 21 ]; then ca_zone=loop; fi
  if [ "$ca_zone" = look ]; then
    ca_look
    if [ "$ca_marked" = y ] && [ -z "$ca_given" ]; then ca_recognize; fi
  fi
}

# The environment that the tool gave.
ca_leave_tool() {
  for ca_each in $ca_steering; do
    eval "if [ -n \"\$ca_had_$ca_each\" ]; then $ca_each=\$ca_kept_$ca_each && export $ca_each; else unset $ca_each; fi"
  done
  ca_search=$ca_tool_search
}

# Is NAME a variable that steers us, Node or our requests?
ca_steers() {
  case $1 in
    *[!A-Za-z0-9_]* | '' | [0-9]*) return 1 ;;
    CLAUDE_AUTH_* | CLAUDE_CONFIG_DIR | CLAUDE_SECURESTORAGE_CONFIG_DIR | ANTHROPIC_CONFIG_DIR) ;;
    CLAUDE_CODE_CERT_STORE | CLAUDE_CODE_CLIENT_* | CLAUDE_CODE_TMPDIR | *_[Pp][Rr][Oo][Xx][Yy]) ;;
    SSL_* | SSLKEYLOGFILE | OPENSSL_* | NODE_* | XDG_* | DEBUG) ;;
    HOME | LOGNAME | USER | SHELL | PATH | TMPDIR | TMP | TEMP | ZDOTDIR) ;;
    *) return 1 ;;
  esac
}

# A command in a client's tool: from here on, variables that steer us are the person's own or not set at all (of PATH, what it
# was). By export, for arguments of a program would show them to all.
ca_export_own_environment() {
  ca_tool_search=${PATH-} PATH=$ca_system_path
  ca_find_client_process
  ca_line=$(command tr '\000\n' '\n\001' 2>/dev/null <"/proc/$$/environ")
  while IFS= command read -r ca_each; do
    ca_each=${ca_each%%=*}
    if [ "$ca_each" != PATH ] && ca_steers "$ca_each"; then unset "$ca_each"; fi
  done <<X
$ca_line
X
  PATH=$ca_tool_search
  while IFS= command read -r ca_each; do
    # A value with a line break in it is none of a path, a proxy or a switch.
    case $ca_each in *"$ca_line_break"*) continue ;; esac
    if ca_steers "${ca_each%%=*}"; then export "${ca_each?}"; fi
  done <<X
$ca_environ
X
}
ca_line_break=$(command printf '\001')
