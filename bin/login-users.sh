#!/bin/sh
# Lists the users whom the machine's timer looks after, or (--start) starts a check as each user with a login folder.
# --unattended: as such a user; 0 where no timer of their own is active.

# As in bin/claude.
POSIXLY_CORRECT=${POSIXLY_CORRECT-1}
unset -f '[' command
unset FUNCNEST

PATH=/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin
ca_homes=/home ca_run=/run/user ca_passwd=/etc/passwd
ca_newline='
'

# A directory service may list no user, and still know each of its users: those are found by their folders.
ca_known() {
  # Without an answer, or without getent, the file knows the machine's own.
  ca_listed=$(command getent passwd || command cat "$ca_passwd")
  command printf '%s\n' "$ca_listed"
  # Twice, so that no user of the list is left by `uniq -u`.
  ca_numbers=$(command printf '%s\n' "$ca_listed" "$ca_listed" | command cut -d : -f 3)
  # Not by a pattern that goes on below a home: the shell would look there by itself.
  ca_owners=$(ca_owners_of "$ca_homes"/* 2>/dev/null | command sort -u)
  ca_unlisted=$(command printf '%s\n' "$ca_numbers" "$ca_owners" | command sort | command uniq -u)
  if [ -z "$ca_unlisted" ]; then return; fi
  # musl's getent ends at the first number without a name: root's, as the last one, shows that all were looked up.
  ca_found=$(command getent passwd $ca_unlisted 0)
  ca_last=${ca_found##*"$ca_newline"} ca_last=${ca_last#*:}
  case ${ca_last#*:} in 0:*) command printf '%s\n' "$ca_found" && return ;; esac
  for ca_owner in $ca_unlisted; do
    command getent passwd "$ca_owner" || :
  done
}

# A home on a mount that answers nothing (a user can serve one) holds up none of the others.
ca_owners_of() {
  for ca_each do set -- "$@" "$ca_each/.claude" && shift; done
  command timeout -s KILL 5 stat -Lc %u -- "$@"
  case $? in 124 | 137 | 143) ;; *) return ;; esac
  for ca_each do command timeout -s KILL 2 stat -Lc %u -- "$ca_each"; done
}

# `passwd` lines on stdin: a home that is there, and in it a login folder of that very user; each once.
ca_list() {
  ca_done=
  while IFS=: command read -r ca_user ca_skip ca_uid ca_skip ca_skip ca_home ca_skip; do
    case $ca_uid in '' | *[!0-9]* | ???????????*) continue ;; esac
    # Ranges of systemd's own users and of the user `nobody`.
    if [ "$ca_uid" -ge 61184 ] && [ "$ca_uid" -le 65535 ]; then continue; fi
    case $ca_home in /?*) ;; *) continue ;; esac
    # Owner and raw mode: a folder's begins with 4.
    case $(command timeout -s KILL 2 stat -Lc '%u %f' -- "$ca_home" "$ca_home/.claude" 2>/dev/null </dev/null) in
      "$ca_uid "4???"$ca_newline$ca_uid "4???) ;;
      *) continue ;;
    esac
    case $ca_done in *":$ca_uid:$ca_home:"*) continue ;; esac
    ca_done=$ca_done:$ca_uid:$ca_home:
    # systemd takes a name or a number; of names only plain ones.
    case $ca_user in
      [!a-zA-Z_]* | *[!a-zA-Z0-9._-]* | '') command printf '%s\n' "$ca_uid" ;;
      *) command printf '%s\n' "$ca_user" ;;
    esac
  done
}

# Users on stdin: those without an active timer. Their own service manager knows; where none runs, none is asked.
ca_only_unattended() {
  while command read -r ca_user; do
    ca_uid=$(command id -u -- "$ca_user" 2>/dev/null || command printf '%s' "$ca_user")
    if [ -e "$ca_run/$ca_uid/systemd/private" ] &&
      command timeout 20 systemctl --user --machine="$ca_user@.host" is-active --quiet claude-auth.timer </dev/null >/dev/null 2>&1; then
      continue
    fi
    command printf '%s\n' "$ca_user"
  done
}

# The same question of this very user, without a session of PAM's each time.
ca_is_unattended() {
  XDG_RUNTIME_DIR=$ca_run/$(command id -u)
  export XDG_RUNTIME_DIR
  ! [ -e "$XDG_RUNTIME_DIR/systemd/private" ] ||
    ! command timeout 20 systemctl --user is-active --quiet claude-auth.timer </dev/null >/dev/null 2>&1
}

case ${1-} in
  '') ca_known | ca_list | ca_only_unattended ;;
  --unattended) ca_is_unattended ;;
  # A few at a time: most have nothing to do, and none may hold up the others. Each asks its own timer first.
  --start) ca_known | ca_list | command sed 's/.*/claude-auth@&.service/' | command xargs -r -n 1 -P 4 systemctl start ;;
  *) command printf 'usage: %s [--start | --unattended]\n' "$0" >&2 && exit 2 ;;
esac
