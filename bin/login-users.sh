#!/bin/sh
# Lists the users that have a login folder of their own and no session, or (--start) starts a check as each.

PATH=/usr/sbin:/usr/bin:/sbin:/bin
# `passwd` lines on stdin: a person's uid, a home that is there, and in it a login folder of that very user.
ca_list() {
  while IFS=: read -r ca_user ca_skip ca_uid ca_skip ca_skip ca_home ca_skip; do
    case $ca_uid in '' | *[!0-9]* | ???????????*) continue ;; esac
    if [ "$ca_uid" -lt "$ca_least" ]; then continue; fi
    # Ranges of systemd's own users and of nobody.
    if [ "$ca_uid" -ge 61184 ] && [ "$ca_uid" -le 65535 ]; then continue; fi
    case $ca_home in /?*) ;; *) continue ;; esac
    [ -d "$ca_home/.claude" ] || continue
    [ "$(stat -Lc %u -- "$ca_home" 2>/dev/null):$(stat -Lc %u -- "$ca_home/.claude" 2>/dev/null)" = "$ca_uid:$ca_uid" ] || continue
    # Their own service manager has a timer of its own for them.
    if [ -e "$ca_run/$ca_uid/systemd/private" ]; then continue; fi
    # systemd takes a name or a number; of names only plain ones.
    case $ca_user in
      [!a-zA-Z_]* | *[!a-zA-Z0-9._-]* | '') printf '%s\n' "$ca_uid" ;;
      *) printf '%s\n' "$ca_user" ;;
    esac
  done
}

ca_least=$(sed -n 's/^UID_MIN[[:space:]]\{1,\}\([0-9]\{1,\}\).*/\1/p' /etc/login.defs 2>/dev/null)
ca_least=${ca_least:-1000} ca_run=/run/user
case ${1-} in
  '') getent passwd | ca_list ;;
  # A few at a time: most have nothing to do, and none may hold up the others.
  --start) getent passwd | ca_list | sed 's/.*/claude-auth@&.service/' | xargs -r -n 1 -P 4 systemctl start ;;
  *) printf 'usage: %s [--start]\n' "$0" >&2 && exit 2 ;;
esac
