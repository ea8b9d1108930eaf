# Could somebody else have put a place there? Asked before anything in it is read, locked, run or written; sourced by
# launch.sh, hook.sh and command.sh. src/host/trusted-path.ts judges by the same rules for the engine.

# ca_trusted PATH: can only root and this user change PATH, or put another in its place? Every folder from / down is
# judged, and every link on the way is followed by hand, as OpenSSH judges authorized_keys. Else sets ca_distrusted to
# the place, and ca_why: owner, mode, or other. What is not there yet is judged by the folders above it.
ca_trusted() {
  ca_todo=$1/ ca_at= ca_hops=0 ca_distrusted=$1 ca_why=other
  case $ca_todo in /*) ;; *) return 1 ;; esac
  set -- /bin/sh /
  while [ -n "$ca_todo" ]; do
    ca_part=${ca_todo%%/*} ca_todo=${ca_todo#*/}
    case $ca_part in
      '' | .) continue ;;
      ..) ca_at=${ca_at%/*} && continue ;;
    esac
    ca_at=$ca_at/$ca_part
    # What stands there is the kernel's word for what somebody's process sees.
    case $ca_at in /proc) ca_distrusted=$ca_at && return 1 ;; esac
    if [ -L "$ca_at" ]; then
      ca_hops=$((ca_hops + 1))
      if [ "$ca_hops" = 32 ]; then ca_distrusted=$ca_at && return 1; fi
      set -- "$@" "$ca_at"
      ca_to=$(command readlink -- "$ca_at" && command echo .) || return 1
      ca_to=${ca_to%??}
      case $ca_to in /*) ca_at= ;; *) ca_at=${ca_at%/*} ;; esac
      ca_todo=$ca_to/$ca_todo
    elif [ -e "$ca_at" ]; then
      set -- "$@" "$ca_at"
    else
      ca_todo=
    fi
  done
  # This process tells the user's number, without a process more; no /proc: id does.
  if [ -e "/proc/$$" ]; then
    set -- "/proc/$$" "$@"
    ca_own=
  else
    ca_own=$(command id -u)
  fi
  ca_modes=$(command stat -c '%A %u %g' -- "$@" 2>/dev/null) || return 1
  ca_judge "$@" <<X
$ca_modes
X
}

# Judges the places "$@" by their modes and owners on standard input; the shell among them tells root's number, which in a
# user namespace is another than usual.
ca_judge() {
  if [ -z "$ca_own" ]; then command read -r ca_mode ca_own ca_skip && shift || return 1; fi
  command read -r ca_mode ca_root_uid ca_skip && shift || return 1
  ca_is_sticky=
  while command read -r ca_mode ca_uid ca_gid; do
    ca_distrusted=$1 && shift
    if [ "$ca_uid" != "$ca_own" ] && [ "$ca_uid" != "$ca_root_uid" ] && [ "$ca_uid" != 0 ]; then
      ca_why=owner && return 1
    fi
    ca_why=mode ca_is_sticky=
    case $ca_mode in
      l*) ;;
      # Of a folder for everybody, only what stands in it and is one's own is safe there.
      d????????[tT]) ca_is_sticky=y ;;
      ????????w*) return 1 ;;
      # A group of one's own, as many systems give each user, and root's.
      ?????w*) [ "$ca_gid" = 0 ] || { [ "$ca_gid" = "$ca_uid" ] && [ "$ca_uid" = "$ca_own" ]; } || return 1 ;;
    esac
  done
  [ "$#" = 0 ] && [ -z "$ca_is_sticky" ]
}
