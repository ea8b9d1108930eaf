# A hook of the client where the marks don't settle it; sourced by command.sh. It ends with 0 whatever happens.

IFS=' 	
'
. "$ca_root/bin/trust.sh"
PATH=$ca_system_path
. "$ca_root/bin/tools.sh"
. "$ca_root/bin/config.sh"
. "$ca_root/bin/ours.sh"
. "$ca_root/bin/gate.sh"
. "$ca_root/bin/session.sh"

# What the client says on stdin: 64 KiB of it, without white space, and not waited for long.
ca_said_by_client() {
  if [ -t 0 ]; then return; fi
  ca_bounded 2 head -c 65536 2>/dev/null | command tr -d '[:space:]\000'
}

# ca_answered WHO: was the last verdict given to WHO, and within the last minute?
ca_answered() {
  ca_whose=
  [ -n "$(command cd -- "$ca_state" && exec find answered -prune -type f -size -9 -mmin -1 2>/dev/null)" ] || return
  { command read -r ca_whose <"$ca_state/answered"; } 2>/dev/null
  [ "$ca_whose" = "$1" ]
}

# Was this launch, or the session's start, checked just now? Then its first prompt needs no other check.
ca_is_checked() {
  ca_session=session:${CLAUDE_CODE_SESSION_ID:-$ca_client_process}
  if [ "$ca_event" = user-prompt-submit ]; then
    ca_answered "$ca_session" && ca_leave answered
  else
    case ${CLAUDE_AUTH_GUARD-} in "$ca_client_process":*) ;; *) return 1 ;; esac
    ca_answered "$ca_client_process" && ca_leave answered "$ca_session"
  fi
}

# Can a check before a prompt change nothing? Where another credential signs, as the session's start
# found out (gate.sh), and in mode observe.
ca_is_idle() {
  ca_about=
  if ca_is_small "$ca_state/verdict-other"; then
    { command read -r ca_about <"$ca_state/verdict-other"; } 2>/dev/null
  fi
  [ "$ca_about" = "${ca_foreign:+y}:$PWD" ] ||
    [ "$ca_mode" = observe ]
}

# Shows lines to the person: in the client's own form, or plainly where a person called this.
ca_tell() {
  if [ -z "$1" ]; then return; fi
  . "$ca_root/bin/words.sh"
  if [ -t 0 ]; then ca_show "$1" && return; fi
  command printf '%s\n' "$1" | command head -n 6 | command tr -d '\000-\011\013-\037\177' | ca_visible |
    command sed -e 's/[\\"]/\\&/g' -e '1s/^/{"systemMessage":"/' -e '$s/$/"}/' -e '$!s/$/\\n/' |
    command tr -d '\n'
  command echo
}

# The check of a launch, for the session that goes on with it. It is waited for as long as a launch waits.
ca_check() {
  ca_look
  if [ "$ca_zone" = fresh ] || ca_is_checked; then return; fi
  if [ "$ca_event" = user-prompt-submit ] && ca_is_idle; then return; fi
  ca_insist= ca_for=session
  if [ "$ca_zone" = soon ]; then
    if ca_lasting; then
      ( (ca_with_gate ca_renew_soon) </dev/null >/dev/null 2>&1 &)
      return
    fi
    ca_insist=y
  fi
  # Whatever is at work when the time is up goes on.
  ca_answer=$( (ca_with_gate ca_verdict </dev/null 2>/dev/null &) | ca_bounded "$ca_patience" cat 2>/dev/null)
  if [ "$ca_event" = session-start ]; then
    ca_leave answered "$ca_session"
    ca_answer=${ca_answer%"$ca_newline".}
    case $ca_answer in *"$ca_newline"*) ca_tell "${ca_answer#*"$ca_newline"}" ;; esac
  fi
}

# ca_leave_to ASKER: a run of the engine in the background, unless it would end with the client.
ca_leave_to() {
  ca_for=$1 ca_limit=
  if ca_lasting; then
    ( (ca_with_gate ca_next) </dev/null >/dev/null 2>&1 &)
  else
    ca_limit=y
    (ca_with_gate ca_next) </dev/null >/dev/null 2>&1
  fi
}

# The turn after those that wait; what one of them has settled meanwhile needs no other run.
ca_next() {
  # The client does not wait for what is left to the background.
  if [ -n "$ca_limit" ]; then ca_lock -x "$ca_patience"; else ca_lock -x 60; fi || return
  ca_look
  if [ "$ca_zone" = fresh ] && ! [ -e "$ca_state/doubted" ]; then return; fi
  ca_worker "$ca_for" "$ca_limit"
}

# Has a launch or session been told that the login is not good, and has none come since?
ca_is_settled() {
  ! [ -e "$ca_state/fresh" ] && [ -e "$ca_state/answered" ] &&
    ! { [ "$ca_login/.credentials.json" -nt "$ca_state/answered" ] &&
      ca_is_small "$ca_login/.credentials.json" 2048 &&
      command grep -q '"accessToken"[[:space:]]*:[[:space:]]*"[^"]' 2>/dev/null <"$ca_login/.credentials.json"; }
}

# The client met a 401: the next look asks the server, and the next prompt waits for the answer.
ca_doubt() {
  case $(ca_said_by_client) in *'"error":"authentication_failed"'*) ;; *) return ;; esac
  if ca_is_settled; then return; fi
  ca_leave doubted
  ca_remove fresh
  ca_leave_to hook
}

# A log-out is marked; a login that was made in this session is backed up and taken into custody.
ca_end() {
  case $(ca_said_by_client) in
    *'"reason":"logout"'*)
      if ! [ -e "$ca_state/signed-out" ]; then ca_leave signed-out; fi
      ca_remove fresh
      ca_leave_to hook
      return
      ;;
  esac
  ca_look
  if [ "$ca_zone" != due ] || [ -n "$ca_foreign" ]; then return; fi
  if ! ca_is_settled; then ca_leave_to hook; fi
}

ca_event=${2-}
case $ca_event in
  session-start | user-prompt-submit | stop-failure | session-end) ;;
  *)
    command echo "claude-auth: there is no hook of that name; see: claude-auth hook --help" >&2
    exit 0
    ;;
esac
ca_find_client_process
if ! ca_take_own_environment; then exit 0; fi
ca_zone=due
ca_find_home
if [ "${CLAUDE_AUTH_BYPASS-}" = 1 ] || ! ca_ours; then exit 0; fi
ca_find_config
if [ "$ca_mode" = off ] || ! ca_is_managed; then exit 0; fi
ca_look
ca_target= ca_named= ca_terminal=
if [ "$ca_marked" = y ]; then
  ca_recognize
  ca_target=$ca_client
fi
if [ -n "$ca_config_late" ]; then
  if [ "$ca_event" = session-start ]; then
    ca_tell 'claude-auth: the configuration could not be read in 10 s; the login was not checked (claude-auth ensure)'
  fi
  exit 0
fi
if ! ca_find_node || ! command -v flock >/dev/null || ! command -v timeout >/dev/null; then
  if [ "$ca_event" = session-start ]; then
    ca_tell 'claude-auth: node, flock or timeout is missing; the login was not checked (claude-auth ensure)'
  fi
  exit 0
fi
ca_find_patience
case $ca_event in
  stop-failure) ca_doubt ;;
  session-end) ca_end ;;
  *) ca_check ;;
esac
exit 0
