# The launch that is more than an exec; sourced by the wrapper (ca_* variables are its own).
# Ends in exec of the client, sign-in and log-out excepted: there the outcome is recorded.

IFS=' 	
'
ca_root=${ca_self%/bin/*}
. "$ca_root/bin/words.sh"
. "$ca_root/bin/trust.sh"
# The client and Node get PATH as it was.
PATH=$ca_system_path
. "$ca_root/bin/find-client.sh"
. "$ca_root/bin/ours.sh"
. "$ca_root/bin/tools.sh"
. "$ca_root/bin/config.sh"
. "$ca_root/bin/gate.sh"

# Becomes the client. Called with the client's arguments, like the functions below.
ca_exec() {
  # Before exec is tried: the shell's own words for what goes wrong there can't be kept back.
  if ! [ -e "$ca_client" ]; then
    ca_say "cannot start $ca_client: it is not there" && exit 127
  elif ! [ -f "$ca_client" ] || ! [ -x "$ca_client" ]; then
    ca_say "cannot start $ca_client: it is no program" && exit 126
  elif ! [ -f "$ca_state/client$ca_client" ] && ! ca_has_interpreter "$ca_client"; then
    ca_say "cannot start $ca_client: its interpreter $ca_interpreter is not there" && exit 127
  fi
  if [ -n "$ca_is_in_tool" ]; then ca_leave_tool; fi
  PATH=$ca_search
  CLAUDE_AUTH_GUARD=$$:$ca_depth:${ca_tried:+$ca_tried:}$ca_client
  export CLAUDE_AUTH_GUARD
  trap "$ca_unstarted" EXIT
  exec "$ca_client" "$@"
}

# Sets ca_interpreter to what the first line of a script names.
ca_has_interpreter() {
  ca_interpreter=$(command head -c 256 2>/dev/null <"$1" | command tr -d '\000' |
    command sed -n '1s/^#![[:blank:]]*\([^[:space:]]*\).*/\1/p')
  [ -z "$ca_interpreter" ] || [ -x "$ca_interpreter" ]
}

# Sets ca_client: the one given, the one the marks know, or one that has to be searched for.
ca_choose() {
  if [ -n "$ca_given" ]; then
    case $ca_given in
      */*) ca_client=$ca_given ;;
      *) ca_client=$(PATH=$ca_search && command -v -- "$ca_given") ;;
    esac
    case $ca_client in /*) ;; *) ca_client=$PWD/$ca_client ;; esac
    if ca_is_client "$ca_client"; then return 0; fi
    # What does not exist is for exec to say; one of ours is to be passed over.
    if ! ca_is_wrapper "$ca_client" && [ -z "$ca_tried" ]; then return 0; fi
    ca_given= ca_client=
  fi
  if [ -z "$ca_client" ]; then ca_find_client || exit; fi
}

# Switched off, but the refresh token is still in our care: it goes back to the login file, in the background.
ca_hand_back() {
  [ -d "$ca_state" ] && [ -f "$ca_login/.credentials.json" ] &&
    ca_is_small "$ca_login/.credentials.json" 2048 &&
    command grep -q '"refreshToken" *: *null' 2>/dev/null <"$ca_login/.credentials.json" &&
    ca_find_node && command -v flock >/dev/null && command -v timeout >/dev/null && ca_lasting || return 0
  ca_target= ca_named= ca_terminal=
  ( (ca_with_gate ca_work_alone) </dev/null >/dev/null 2>&1 &)
}

# `auth login` and `auth logout`: the client runs as a child, and what came of it is recorded.
ca_account() {
  ca_marked=n ca_for=hook
  if [ "$2" = logout ] && ! [ -e "$ca_state/signed-out" ]; then ca_leave signed-out && ca_marked=y; fi
  ca_remove fresh
  trap : INT QUIT
  (ca_exec "$@")
  ca_code=$?
  trap - EXIT
  if [ "$ca_marked" = y ] && [ "$ca_code" != 0 ] && [ -s "$ca_login/.credentials.json" ]; then
    ca_remove signed-out
  fi
  if [ "$2:$ca_code" = login:0 ] && [ -s "$ca_login/.credentials.json" ]; then
    ca_for=sign-in
    ca_remove signed-out
  fi
  if ca_find_node; then
    ca_end_after 60
    ca_handed=y ca_target=$ca_client
    # The pipe stays open on 8, of which the engine knows nothing, until it ends.
    (ca_engine ensure --for "$ca_for" --waited-for </dev/null 8>&1 >/dev/null 2>&1 &) |
      ca_bounded 15 cat >/dev/null 2>&1
  fi
  exit "$ca_code"
}

ca_is_in_tool=
if [ -n "$ca_nested" ] && [ "$ca_zone" != again ]; then
  . "$ca_root/bin/session.sh"
  ca_enter_tool
fi
case $ca_zone in
  loop)
    ca_say 'the client found starts this wrapper again, twenty times by now; set CLAUDE_AUTH_CLIENT to the real one'
    exit 127
    ;;
  again)
    ca_tried=${CLAUDE_AUTH_GUARD#*:} ca_tried=${ca_tried#*:}
    ;;
  *) ca_tried= ;;
esac
ca_find_home
ca_config_default
if ca_ours; then
  ca_is_ours=y
else
  ca_is_ours=n
fi
# Where the login is not checked, or no program may be started, what is known of the configuration has to do.
case $ca_is_ours$ca_zone in
  yagain | ybypass) ca_read_config || ca_config_default ;;
  yloop | n*) ;;
  *) ca_find_config ;;
esac
case $ca_zone in again | bypass) ca_client= && ca_choose && ca_exec "$@" ;; esac
if [ "$ca_is_ours" = n ]; then
  if [ -n "$ca_unsafe" ]; then
    case $ca_zone in exempt | change | account) ;; *) ca_say "$ca_unsafe" ;; esac
  fi
  ca_client= && ca_choose && ca_exec "$@"
fi
if [ "$ca_mode" = off ] || ! ca_is_managed; then
  if [ "$ca_mode" = off ]; then ca_hand_back; fi
  ca_client= && ca_choose && ca_exec "$@"
fi

case $ca_zone in
  exempt | change | account)
    ca_choose
    case $ca_zone in
      account) ca_account "$@" ;;
      # Afterwards the client may be another one.
      change) ca_remove fresh ;;
    esac
    ca_exec "$@"
    ;;
esac

# The client that the marks knew is gone: that may be an update, or more.
if [ "$ca_zone$ca_client" = fresh ] && ca_is_small "$ca_state/client-path" &&
  IFS= command read -r ca_try <"$ca_state/client-path" && [ -n "$ca_try" ] && ! [ -e "$ca_try" ]; then
  ca_remove fresh && ca_zone=due
fi
ca_choose
ca_ask_terminal "$@"
ca_show_notice
if [ "$ca_zone" = fresh ]; then ca_exec "$@"; fi
ca_trouble=
if [ -n "$ca_config_late" ]; then ca_trouble='the configuration could not be read in 10 s'; fi
ca_find_node || ca_trouble=$(ca_node_trouble)
command -v flock >/dev/null || ca_trouble="flock is missing (package util-linux)"
# Without it nothing would have an end.
command -v timeout >/dev/null || ca_trouble="timeout is missing (package coreutils)"
if [ -n "$ca_trouble" ]; then
  ca_say "$ca_trouble; launching without a check (claude-auth ensure)"
  ca_exec "$@"
fi
ca_target=$ca_client
# Chosen for this launch only.
ca_named=${ca_given:-${CLAUDE_AUTH_CLIENT-}}
ca_find_patience
ca_insist=
if [ "$ca_zone" = soon ]; then
  if ca_lasting; then
    ( (ca_with_gate ca_renew_soon) </dev/null >/dev/null 2>&1 &)
    ca_exec "$@"
  fi
  ca_insist=y
fi
ca_for=launch
ca_answer=$(ca_with_gate ca_verdict)
# The hooks of this very process need not ask again.
ca_leave answered "$$"
ca_obey
ca_exec "$@"
