# The programs of the system that we use, found and called alike on every machine; sourced by launch.sh, hook.sh and command.sh.

# Everybody on the machine can read the arguments of a process. So no path and no value of a variable stands in those of
# ours: a program is told of a file by where it starts and what it reads, of all else by its environment or a pipe.

# Not what the environment says.
ca_takes_input= ca_environ= ca_before= ca_node_words= ca_program= ca_handed= ca_handed_folder=

# Sets ca_node: the one that install recorded, else the first on the caller's PATH that no other user can change. Not by
# `command -v`: bash would name a function, or a program of the current folder where PATH has a dot in it.
ca_find_node() {
  ca_node=$ca_root/node ca_node_distrusted=
  if [ -x "$ca_node" ]; then return 0; fi
  ca_rest=${ca_search-}:
  while [ -n "$ca_rest" ]; do
    ca_node=${ca_rest%%:*}/node ca_rest=${ca_rest#*:}
    case $ca_node in /*/node) ;; *) continue ;; esac
    if ! [ -f "$ca_node" ] || ! [ -x "$ca_node" ]; then continue; fi
    if ca_trusted "$ca_node"; then return 0; fi
    ca_node_distrusted=$ca_node
  done
  ca_node= && return 1
}

# What is wrong where ca_find_node found none.
ca_node_trouble() {
  if [ -n "$ca_node_distrusted" ]; then
    command echo "others can change the Node on PATH ($ca_node_distrusted)"
  else
    command echo 'node is not on PATH'
  fi
}

# ca_engine WORDS…: becomes the command `claude-auth`, started by the words in ca_before, and Node by those in ca_node_words: words
# of our own, without a blank in them. In a hook a repository has set part of
# the environment: there Node gets an empty one, and the engine that of the client's process (ca_environ) on stdin. Where
# ca_handed is y, it is told of ca_target, the client to be launched, and of ca_handed_folder, where.
ca_engine() {
  set -- "$ca_node" $ca_node_words "${ca_program:-$ca_root/bin/claude-auth}" "$@" ${ca_handed:+--launch-in-environ}
  if [ "$ca_takes_input" = y ]; then
    ca_find env
    HOME=${ca_home:-/} PATH=$ca_search
    export HOME
    # Of a name that comes twice the first counts. A folder's name may hold a line break, and behind it a variable that a
    # repository thought of: each is one line.
    ca_lines=
    for ca_each in "HOME=$HOME" "PATH=$PATH" "CLAUDE_AUTH_LAUNCH_CLIENT=${ca_handed:+$ca_target}" \
      "CLAUDE_AUTH_LAUNCH_FOLDER=$ca_handed_folder"; do
      ca_on_one_line "$ca_each"
      ca_lines=$ca_lines$ca_line$ca_newline
    done
    exec $ca_before "$ca_found" -i "$@" --environ-on-stdin <<X
$ca_lines$ca_environ
X
  fi
  if [ "$ca_handed" = y ]; then
    CLAUDE_AUTH_LAUNCH_CLIENT=$ca_target CLAUDE_AUTH_LAUNCH_FOLDER=$ca_handed_folder
    export CLAUDE_AUTH_LAUNCH_CLIENT CLAUDE_AUTH_LAUNCH_FOLDER
  fi
  # Node would load other code, or write down what our requests hold.
  unset NODE_OPTIONS NODE_DEBUG NODE_DEBUG_NATIVE NODE_TLS_REJECT_UNAUTHORIZED NODE_USE_ENV_PROXY
  unset NODE_USE_SYSTEM_CA NODE_COMPILE_CACHE NODE_V8_COVERAGE NODE_REDIRECT_WARNINGS NODE_CHANNEL_FD
  unset NODE_UNIQUE_ID NODE_PATH NODE_ICU_DATA OPENSSL_CONF OPENSSL_CONF_INCLUDE OPENSSL_MODULES OPENSSL_ENGINES
  unset SSLKEYLOGFILE
  # Node reads it before the first line of ours, and would wait at a pipe.
  if [ -e "${NODE_EXTRA_CA_CERTS-}" ] && ! [ -f "$NODE_EXTRA_CA_CERTS" ]; then unset NODE_EXTRA_CA_CERTS; fi
  PATH=$ca_search
  exec $ca_before "$@"
}

# Sets ca_line to the text $1, each line break in it as the byte 1.
ca_on_one_line() {
  ca_line= ca_rest=$1
  while :; do
    case $ca_rest in
      *"$ca_newline"*) ca_line=$ca_line${ca_rest%%"$ca_newline"*}$ca_line_break ca_rest=${ca_rest#*"$ca_newline"} ;;
      *) ca_line=$ca_line$ca_rest && return ;;
    esac
  done
}

# ca_is_small FILE [BLOCKS]: is it a regular file, of 128 blocks (64 KiB) at most? A larger one, a pipe or a device could
# hold its reader.
ca_is_small() {
  [ -f "$1" ] &&
    [ -n "$(command cd -- "${1%/*}" && exec find -H "./${1##*/}" -prune -type f -size "-$((${2:-128} + 1))" 2>/dev/null)" ]
}

# ca_end_after SECONDS: sets ca_before to what ends the engine then, however it hangs (Node waits for ever for a thread that
# cannot be had), and that for good ten seconds later. A busybox before 1.34 knows only the first.
ca_end_after() {
  ca_before=
  ca_find timeout
  if [ -z "$ca_found" ]; then return 1; fi
  ca_limit='-k 10'
  if ca_is_busybox; then ca_find_limit; fi
  ca_before="$ca_found $ca_limit $1"
}

# Sets ca_limit to what stands before the seconds in a call of busybox's timeout: `-k 10` since 1.34, nothing since 1.30, and
# `-t` before. Where none can be started (no process to be had), as in the newest.
ca_find_limit() {
  ca_limit='-k 10'
  if command "$ca_found" -k 1 5 true 2>/dev/null; then return 0; fi
  if command "$ca_found" 5 true 2>/dev/null; then ca_limit= && return; fi
  if command "$ca_found" -t 5 true 2>/dev/null; then ca_limit=-t; fi
}

# ca_bounded SECONDS COMMAND…; in this process group, or Ctrl-C would not reach it and the shell would
# wait for it (busybox has no such option, and needs none).
ca_bounded() {
  ca_find timeout
  if [ -z "$ca_found" ]; then
    shift && command "$@"
  elif ca_is_busybox; then
    ca_find_limit
    command "$ca_found" $ca_limit "$@"
  else
    command "$ca_found" --foreground "$@"
  fi
}

# ca_lock KIND SECONDS: waits for the lock on 9 (-s with others, -x alone). busybox's flock knows no limit.
# Some file systems know no such locks (Lustre mounted without `flock`, NFS whose lock service is away, some of FUSE). There it
# is as if nobody held one: the client's locks are folders, and keep two renewals apart. Only flock's own words say so
# (ENOSYS, ENOLCK, EOPNOTSUPP): what else may stand on stderr (the loader's about LD_PRELOAD) is about a lock that is held.
ca_lock() {
  ca_find flock
  if [ "$2" = 0 ]; then
    ca_line=$(ca_in_english "$ca_found" -n "$1" 9 2>&1)
  elif ca_is_busybox; then
    ca_line=$(LC_ALL=C && export LC_ALL && ca_bounded "$2" flock "$1" 9 2>&1)
  else
    ca_line=$(ca_in_english "$ca_found" -w "$2" "$1" 9 2>&1)
  fi && return
  case $ca_line in *flock:*'ot implemented' | *flock:*'o locks available' | *flock:*'ot supported') ;; *) return 1 ;; esac
}

# Becomes a program whose words are read.
ca_in_english() {
  LC_ALL=C
  export LC_ALL
  exec "$@"
}

ca_is_busybox() {
  [ "$ca_found" -ef /bin/busybox ] || [ "$ca_found" -ef /usr/bin/busybox ]
}

# ca_find TOOL: sets ca_found to the system's program of that name, or to nothing; without a process.
ca_find() {
  for ca_found in "/usr/bin/$1" "/bin/$1"; do
    if [ -x "$ca_found" ]; then return 0; fi
  done
  ca_found=$(command -v "$1")
}
