# The programs of the system that we use, found and called alike on every machine; sourced by launch.sh, hook.sh and command.sh.

# Sets ca_node: the one that install recorded, else the first on the caller's PATH. Not by `command -v`:
# bash would name a function, or a program of the current folder where PATH has a dot in it.
ca_find_node() {
  ca_node=$ca_root/node
  if [ -x "$ca_node" ]; then return 0; fi
  ca_rest=${ca_search-}:
  while [ -n "$ca_rest" ]; do
    ca_node=${ca_rest%%:*}/node ca_rest=${ca_rest#*:}
    case $ca_node in /*/node) if [ -f "$ca_node" ] && [ -x "$ca_node" ]; then return 0; fi ;; esac
  done
  ca_node= && return 1
}

# ca_bounded SECONDS COMMAND…; in this process group, or Ctrl-C would not reach it and the shell would
# wait for it (busybox has no such option, and needs none).
ca_bounded() {
  ca_find timeout
  if [ -z "$ca_found" ]; then
    shift && command "$@"
  elif ca_is_busybox; then
    command "$ca_found" "$@"
  else
    command "$ca_found" --foreground "$@"
  fi
}

# ca_lock KIND SECONDS: waits for the lock on 9 (-s with others, -x alone). busybox's flock knows no limit.
ca_lock() {
  ca_find flock
  if ca_is_busybox; then
    ca_bounded "$2" flock "$1" 9
  else
    command flock -w "$2" "$1" 9
  fi
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
