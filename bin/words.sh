# What is said to a person before the client starts, and what they answer; sourced by launch.sh, find-client.sh and
# whatever else has something to say.

# How many lines of ours this launch has shown.
ca_said=0
ca_newline='
'

# Sets ca_plain to the text $1 without what a terminal would obey or not show: control characters (C0, C1), direction marks,
# separators of lines and invisible ones. A path or a file's first line may hold them.
ca_clean() {
  ca_plain=$1
  case $1 in *[!\ -~]*) ;; *) return 0 ;; esac
  ca_plain=$(command printf '%s\n' "$1" | command tr -d '\001-\010\012-\037\177' | command tr '\011' ' ' | ca_visible)
}

# Takes C1, direction marks and invisible characters out of what it reads, as the bytes that they are in UTF-8.
ca_visible() {
  ca_hidden='s/\302[\200-\237]//g;s/\330\234//g;s/\342\200[\213-\217\250-\256]//g;s/\342\201[\240-\257]//g;s/\357\273\277//g'
  LC_ALL=C command sed "$(command printf "$ca_hidden")"
}

# Shows a text of ours: six lines in a launch at most.
ca_show() {
  while [ "$ca_said" -lt 6 ] && IFS= command read -r ca_text; do
    ca_clean "$ca_text"
    command printf '%s\n' "$ca_plain" >&2
    ca_said=$((ca_said + 1))
  done <<X
$1
X
}

ca_say() {
  ca_show "claude-auth: $1"
}

# Is a person there to be asked, and is a login needed at all? Not with -p, wherever it stands, nor in a
# job of a build server, whose terminal has no person at it. Words of the client (2.1.197 and 2.1.332).
ca_ask_terminal() {
  ca_terminal=
  [ -z "$ca_is_in_tool" ] && [ -t 0 ] && [ -t 2 ] || return 0
  case ${CI-} in '' | 0 | false) ;; *) return 0 ;; esac
  if [ -n "${TF_BUILD-}${JENKINS_URL-}${TEAMCITY_VERSION-}${CODEBUILD_BUILD_ID-}" ]; then return 0; fi
  for ca_word in "$@"; do
    case $ca_word in
      -p* | -cp* | --print | -h | --help | -v | --version | --bare) return 0 ;;
      agents | auth | auto-mode | config | doctor | gateway | import | install | kill | logs) return 0 ;;
      mcp | plugin | plugins | project | purge | rm | setup-token | stop | update | upgrade) return 0 ;;
      --) break ;;
    esac
  done
  ca_terminal=--terminal
}

# Seconds for an answer: a terminal alone is no proof that a person sits there.
ca_answer_within=60

# Asks whether to sign in: sets ca_reply to what was typed, or to n where no answer comes.
ca_ask() {
  ca_reply=n
  ca_find timeout
  if [ -z "$ca_found" ]; then return; fi
  command printf 'claude-auth: Sign in now? [Y/n] ' >&2
  # A process of its own reads, since `read` has no time limit in a POSIX shell. At a terminal it takes one line.
  # The dot tells an empty line from the end of input.
  ca_reply=$(ca_bounded "$ca_answer_within" head -n 1 && command echo .)
  case $?:$ca_reply in
    0:.) ca_reply=n && command echo >&2 ;;
    0:*) ca_reply=${ca_reply%"$ca_newline".} ;;
    *)
      ca_reply=n && command echo >&2
      ca_say "No answer in $ca_answer_within s; Claude starts. Type: claude-auth login"
      ;;
  esac
}

# Acts on the verdict's first line, after showing the others.
ca_obey() {
  ca_answer=${ca_answer%"$ca_newline".}
  ca_word=${ca_answer%%"$ca_newline"*}
  if [ "$ca_word" != "$ca_answer" ]; then ca_show "${ca_answer#*"$ca_newline"}"; fi
  case $ca_word in
    launch) ;;
    prompt)
      ca_ask
      case $ca_reply in
        '' | [Yy]*)
          # Ctrl-C there means the whole launch.
          trap : INT
          (ca_handed=y && ca_engine login)
          if [ "$?" = 130 ]; then exit 130; fi
          trap - INT
          ;;
      esac
      ;;
    'fail '[0-9] | 'fail '[0-9][0-9])
      trap - EXIT
      exit "${ca_word#fail }"
      ;;
    *) ca_say "the check gave no answer; launching without it (claude-auth ensure)" ;;
  esac
}

ca_show_notice() {
  if [ -n "$ca_terminal" ] && [ -e "$ca_state/notice" ] &&
    (command cd -- "$ca_state" && exec mv -f -- notice "notice.$$") 2>/dev/null; then
    ca_is_small "$ca_state/notice.$$" && ca_show "$(command cat <"$ca_state/notice.$$")"
    ca_remove "notice.$$"
  fi
}
