# Could another user have put a place there? Asked before anything in it is read, locked, run or written; sourced by
# launch.sh, hook.sh and command.sh. src/system/trusted-path.ts judges by the same rules for the engine; whether a group is
# the user's alone it asks this file, which is a program for that: trust.sh USER GROUP, with the path as ca_asked.

# Where all shell files of ours find their tools: the system's own folders, and no others. What the caller's PATH leads to
# beside may be a repository's, a neighbor's or the current folder's, and the person chose none of it for us. The engine has
# the same (src/system/start-program.ts).
ca_system_path=/usr/bin:/bin:/usr/local/bin:/run/current-system/sw/bin

ca_newline='
'

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
    # What stands there is the kernel's word for what another process sees.
    case $ca_at in /proc) ca_distrusted=$ca_at && return 1 ;; esac
    if [ -L "$ca_at" ]; then
      ca_hops=$((ca_hops + 1))
      if [ "$ca_hops" = 32 ]; then ca_distrusted=$ca_at && return 1; fi
      set -- "$@" "$ca_at"
      ca_to=$(command cd -- "${ca_at%/*}/" && command readlink -- "${ca_at##*/}" && command echo .) || return 1
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
  ca_modes=$(ca_describe "$@" 2>/dev/null) || return 1
  ca_devices=
  ca_judge "$@" <<X || return
$ca_modes
X
  ca_believe_mounts
}

# ca_describe PLACE…: ends this shell with what stat says of the places of one way, from / down. All users can read the
# arguments of a process, so no folder's path is one: stat starts at the foot of the way, and all above that is `..` for it.
ca_describe() {
  ca_fixed= ca_foot= ca_count=0 ca_pending=
  for ca_place do
    case $ca_place in
      "/proc/$$" | /bin/sh | /) ca_fixed="$ca_fixed $ca_place" && continue ;;
    esac
    # After a link the way goes on elsewhere.
    if [ "$ca_count" != 0 ] && [ "${ca_place%/*}" != "$ca_foot" ]; then
      ca_add_run "$ca_foot" || exit 1
    fi
    if [ -L "$ca_place" ] || ! [ -d "$ca_place" ] || ! [ -x "$ca_place" ]; then
      ca_add_run "${ca_place%/*}" "${ca_place##*/}" || exit 1
    else
      ca_foot=$ca_place ca_count=$((ca_count + 1))
    fi
  done
  if [ "$ca_count" != 0 ] || [ -z "$ca_pending" ]; then ca_add_run "$ca_foot" || exit 1; fi
  ca_describe_run
}

# ca_add_run FOOT [NAME]: the next part of the way. The one before it takes a process of its own.
ca_add_run() {
  if [ -n "$ca_pending" ]; then
    (ca_describe_run) || return
    ca_fixed=
  fi
  ca_pending=y ca_run_foot=$1 ca_run_name=${2-} ca_run_count=$ca_count ca_count=0
}

# Becomes stat, of ca_run_foot and the folders above it, ca_run_count in all, and of ca_run_name in it. Where that is another
# folder than the one that was walked to, things are being exchanged, and each place is looked at by its name.
ca_describe_run() {
  ca_names= ca_up=. ca_above=$ca_run_foot
  set -- ${ca_run_name:+"$ca_run_foot/$ca_run_name"}
  while [ "$ca_run_count" != 0 ]; do
    ca_names="$ca_up $ca_names" ca_up=../$ca_up
    set -- "$ca_above" "$@"
    ca_above=${ca_above%/*} ca_run_count=$((ca_run_count - 1))
  done
  if command cd -P -- "${ca_run_foot:-/}" && [ "$PWD" = "${ca_run_foot:-/}" ]; then
    exec stat -c '%A %u %g %d' -- $ca_fixed $ca_names ${ca_run_name:+"$ca_run_name"}
  fi
  exec stat -c '%A %u %g %d' -- $ca_fixed "$@"
}

# ca_become_at PLACE COMMAND…: becomes the command, of PLACE by as little of its path.
ca_become_at() {
  ca_place=$1 && shift
  if [ -d "$ca_place" ] && command cd -P -- "$ca_place" && [ "$PWD" = "$ca_place" ]; then exec "$@" .; fi
  command cd -- "${ca_place%/*}/" && exec "$@" "./${ca_place##*/}"
  exit 1
}

# Of a FUSE file system the process that serves it says what owners and modes it likes: is every one of ca_devices ("DEVICE
# PLACE" a line, those of the way that are not root's own one) the kernel's, or served for root or this user?
ca_believe_mounts() {
  if [ -z "$ca_devices" ]; then return 0; fi
  ca_mounts=$(command grep -s ' - fuse' /proc/self/mountinfo)
  if [ -z "$ca_mounts" ]; then return 0; fi
  while command read -r ca_skip ca_skip ca_number ca_rest; do
    ca_major=${ca_number%:*} ca_minor=${ca_number#*:}
    case $ca_major$ca_minor in '' | *[!0-9]*) continue ;; esac
    # As the kernel packs both into the number that stat(2) gives.
    ca_number=$(((ca_minor & 255) | (ca_major << 8) | ((ca_minor & 1048320) << 12)))
    # The last one is the kernel's; the name of the mount before it is as its owner likes.
    ca_word=${ca_rest##*user_id=} ca_word=${ca_word%%,*}
    case $ca_word in 0 | "$ca_own") continue ;; esac
    case $ca_devices in
      *"$ca_newline$ca_number "*)
        ca_distrusted=${ca_devices#*"$ca_newline$ca_number "}
        ca_distrusted=${ca_distrusted%%"$ca_newline"*} ca_why=other
        return 1
        ;;
    esac
  done <<X
$ca_mounts
X
}

# Judges the places "$@" by their modes and owners on standard input; the shell among them tells root's number, which in a
# user namespace is another than usual.
ca_judge() {
  if [ -z "$ca_own" ]; then command read -r ca_mode ca_own ca_skip && shift || return 1; fi
  command read -r ca_mode ca_root_uid ca_skip && shift || return 1
  ca_is_sticky= ca_top=
  while command read -r ca_mode ca_uid ca_gid ca_device; do
    ca_distrusted=$1 && shift
    ca_top=${ca_top:-$ca_device}
    if [ "$ca_device" != "$ca_top" ]; then
      ca_devices=$ca_devices$ca_newline$ca_device\ $ca_distrusted
    fi
    if [ "$ca_uid" != "$ca_own" ] && [ "$ca_uid" != "$ca_root_uid" ] && [ "$ca_uid" != 0 ]; then
      ca_why=owner && return 1
    fi
    ca_why=mode ca_is_sticky=
    case $ca_mode in
      l*) ;;
      # Of a folder for everybody, only what stands in it and is one's own is safe there.
      d????????[tT]) ca_is_sticky=y ;;
      ????????w*) return 1 ;;
      ?????w*)
        [ "$ca_gid" = 0 ] || [ "$ca_uid" = "$ca_own" ] || return 1
        ca_only_ours "$ca_own" "$ca_gid" "$ca_distrusted" </dev/null || return 1
        ;;
    esac
  done
  [ "$#" = 0 ] && [ -z "$ca_is_sticky" ]
}

# ca_only_ours USER GROUP PATH: can only the user of that number and root write to a place that its group may write? The
# group must be one that the user alone is in, as many systems give each user, or root's; and no access control
# list may let others in: its limit for all of them shows as the group's mode. OpenSSH judges groups so, where it takes any.
ca_only_ours() {
  ca_is_private_group "$1" "$2" && ca_lets_none_in "$1" "$3"
}

# Every line that a directory service or the file has: one number may have several names, and each its members.
ca_database() {
  { command getent "$1" ${2:+"$2"} || :; command cat "/etc/$1"; } 2>/dev/null
}

ca_is_private_group() {
  # Root's is everybody's first group in some containers; who is put into it beside is another user.
  ca_is_member= ca_names=:root:
  if [ "$1" = "$2" ] || [ "$2" = 0 ]; then ca_is_member=y; fi
  while IFS=: command read -r ca_word ca_skip ca_number ca_first ca_skip; do
    if [ "$ca_number" = "$1" ]; then
      ca_names=$ca_names$ca_word:
      if [ "$ca_first" = "$2" ]; then ca_is_member=y; fi
    elif [ "$ca_first" = "$2" ] && [ "$2" != 0 ] && [ "$ca_number" != 0 ]; then
      return 1
    fi
  done <<X
$(ca_database passwd; ca_database passwd "$1")
X
  while IFS=: command read -r ca_word ca_skip ca_number ca_members; do
    [ "$ca_number" = "$2" ] || continue
    ca_members=$ca_members,
    while [ -n "$ca_members" ]; do
      ca_word=${ca_members%%,*} ca_members=${ca_members#*,}
      case $ca_names in *:"$ca_word":*) ;; *) if [ -n "$ca_word" ]; then return 1; fi ;; esac
      if [ -n "$ca_word" ] && [ "$ca_word" != root ]; then ca_is_member=y; fi
    done
  done <<X
$(ca_database group "$2")
X
  [ -n "$ca_is_member" ]
}

# `ls` shows a list by a `+`; whose list can't be read lets in whom it will.
ca_lets_none_in() {
  case $(ca_become_at "$2" ls -ldn -- 2>/dev/null) in
    ??????????+*) ;;
    *)
      # Where `ls` shows none (busybox), what could make a list can show it, too.
      command -v getfacl >/dev/null || return 0
      ;;
  esac
  ca_list=$(ca_become_at "$2" getfacl -cnpE -- 2>/dev/null) || return 1
  while IFS=: command read -r ca_kind ca_number ca_mode; do
    case $ca_kind:$ca_number:$ca_mode in
      user:"$1":* | user:0:* | user::* | group::*) ;;
      user:*:?w* | group:*:?w*) return 1 ;;
    esac
  done <<X
$ca_list
X
}

case ${0##*/} in
  trust.sh)
    PATH=$ca_system_path
    ca_only_ours "$1" "$2" "$ca_asked"
    exit
    ;;
esac
