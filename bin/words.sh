# What is said to a person before the client starts, and what they answer; sourced by launch.sh.

# How many lines of ours this launch has shown.
ca_said=0
ca_newline='
'

# Shows a text of ours: six lines in a launch at most.
ca_show() {
  while [ "$ca_said" -lt 6 ] && IFS= command read -r ca_text; do
    command printf '%s\n' "$ca_text" >&2
    ca_said=$((ca_said + 1))
  done <<X
$1
X
}

ca_say() {
  ca_show "claude-auth: $1"
}

# Is somebody there to be asked? Not with -p, wherever it stands.
ca_ask_terminal() {
  ca_terminal=
  [ -t 0 ] && [ -t 2 ] || return 0
  for ca_word in "$@"; do
    case $ca_word in
      -p* | -cp* | --print) return 0 ;;
      --) break ;;
    esac
  done
  ca_terminal=--terminal
}

# Acts on the verdict's first line, after showing the others.
ca_obey() {
  ca_answer=${ca_answer%"$ca_newline".}
  ca_word=${ca_answer%%"$ca_newline"*}
  if [ "$ca_word" != "$ca_answer" ]; then ca_show "${ca_answer#*"$ca_newline"}"; fi
  case $ca_word in
    launch) ;;
    prompt)
      command printf 'claude-auth: Sign in now? [Y/n] ' >&2
      command read -r ca_reply || { ca_reply=n && command echo >&2; }
      case $ca_reply in
        '' | [Yy]*)
          # Ctrl-C there means the whole launch.
          trap : INT
          (ca_engine login --client "$ca_target")
          if [ "$?" = 130 ]; then exit 130; fi
          trap - INT
          ;;
      esac
      ;;
    'fail '[0-9] | 'fail '[0-9][0-9]) exit "${ca_word#fail }" ;;
    *) ca_say "the check gave no answer; launching without it (claude-auth ensure)" ;;
  esac
}

ca_show_notice() {
  if [ -n "$ca_terminal" ] && [ -e "$ca_state/notice" ] &&
    command mv -f -- "$ca_state/notice" "$ca_state/notice.$$" 2>/dev/null; then
    ca_show "$(command cat "$ca_state/notice.$$")"
    command rm -f -- "$ca_state/notice.$$"
  fi
}
