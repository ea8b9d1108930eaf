# What the shell needs to know of the configuration: the engine reads the YAML, is asked once, and its answer is kept until a
# file of it changes (src/config/cache.ts writes it). Sourced by launch.sh, hook.sh and command.sh.

# Sets ca_mode (on, observe, off), ca_configured (the client named), ca_wait (seconds that a launch waits) and ca_folders
# (the managed folders beside ~/.claude, a line each). Without files that is the default. ca_trusted was asked about the home.
# ca_config_late is y where the engine gave no answer in its time: then it would give none to a launch either.
ca_find_config() {
  ca_config_default
  if [ -z "${CLAUDE_AUTH_CONFIG-}" ] && ! [ -e "$ca_system" ] && ! [ -e "$ca_user" ]; then return 0; fi
  ca_read_config && return 0
  ca_config_default
  # Without Node or an answer, a launch starts what PATH finds.
  ca_find_node || return 0
  ca_kept=
  ca_find timeout
  if [ -z "$ca_found" ]; then return 0; fi
  # It only reads; and what waits for a mount hears no other signal.
  ca_before="$ca_found -s KILL 10"
  { ca_line=$(ca_engine ensure --for shell </dev/null); } 2>/dev/null
  ca_code=$? ca_before=
  ca_take_config <<X || ca_config_default
$ca_line
X
  # As timeout says that it ended something; busybox's by the signal.
  case $ca_code in 124 | 137 | 143) ca_config_late=y ;; esac
}

ca_config_default() {
  ca_mode=on ca_configured= ca_wait=10 ca_folders= ca_config_late=
}

# Takes the answer that is kept, if it is about the files as they are. Starts no program.
ca_read_config() {
  ca_kept=$ca_home/.claude/.claude-auth/launch-config
  if ! [ -f "$ca_kept" ] || [ -L "$ca_kept" ] || ! [ -O "$ca_kept" ] || ! ca_is_small "$ca_kept"; then return 1; fi
  ca_take_config <"$ca_kept"
}

# Takes an answer from standard input, a word and its value a line.
ca_take_config() {
  ca_form=
  while IFS= command read -r ca_line; do
    ca_value=${ca_line#* }
    case $ca_line in
      # What another form of the program kept may mean something else; scripts/build.mjs leaves the mark.
      'form '*) [ -e "$ca_root/dist/config-form-$ca_value" ] && ca_form=$ca_value || return 1 ;;
      'user '*) [ "$ca_value" = "$ca_user" ] || return 1 ;;
      # One that was not kept is of this moment.
      'have '*)
        [ -z "$ca_kept" ] || { [ -f "$ca_value" ] && [ "$ca_value" -ot "$ca_kept" ] &&
          [ "${ca_value%/*}" -ot "$ca_kept" ]; } || return 1
        ;;
      'lack '*) if [ -e "$ca_value" ]; then return 1; fi ;;
      'mode '*) ca_mode=$ca_value ;;
      'client '*) ca_configured=$ca_value ;;
      'wait '*) ca_wait=$ca_value ;;
      'state '*) ca_states=$ca_states$ca_value$ca_newline ;;
      'watch '*) ca_watched=$ca_watched$ca_value$ca_newline ;;
      'folder '*) ca_folders=$ca_folders$ca_value$ca_newline ;;
      end) [ -n "$ca_form" ] && return ;;
    esac
  done
  return 1
}
