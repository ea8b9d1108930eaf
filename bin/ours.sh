# Whose login this is, and whether it is managed; sourced by launch.sh, hook.sh and command.sh.

# Without HOME (services) the home is that of the system's list of users, as it is for the client.
ca_find_home() {
  if [ "$ca_home" != /dev/null ]; then return 0; fi
  ca_uid=$(command id -u)
  ca_line=$(command getent passwd "$ca_uid" 2>/dev/null || command grep "^[^:]*:[^:]*:$ca_uid:" /etc/passwd)
  ca_line=${ca_line#*:*:*:*:*:}
  ca_passwd_home=${ca_line%%:*}
  ca_find_places
  if [ "$ca_zone" = due ]; then ca_look; fi
}

# Is this login this user's own, in a place that no other user can change? Nothing of it is looked at before. Where it is the
# user's own and others can change it, ca_unsafe is the line to say.
ca_ours() {
  ca_unsafe= ca_believed=
  case $ca_login in
    /*) ;;
    *)
      ca_unsafe='the login folder is named by a relative path, so the login is not checked; set CLAUDE_CONFIG_DIR to a path that begins with /'
      return 1
      ;;
  esac
  for ca_place in "${ca_home:-/}" "$ca_login" "$ca_state"; do
    if { [ -e "$ca_place" ] || [ "$ca_place" = "$ca_home" ]; } && ! [ -O "$ca_place" ]; then
      # In a home of one's own `sudo` left it so; what root finds there may rightly be another's.
      # A link of one's own leads to what was another's before.
      [ -z "$ca_home" ] || case $ca_place in
        "$ca_home"/?*) [ -O / ] || [ -L "$ca_place" ] || ca_unsafe=$(ca_taken "$ca_place") ;;
      esac
      return 1
    fi
  done
  if [ -L "$ca_state" ]; then return 1; fi
  for ca_place in "$ca_home/.claude/.claude-auth" "$ca_state"; do
    if [ "$ca_place" != "$ca_believed" ]; then
      ca_trusted "$ca_place" && ca_believed=$ca_place
    fi && continue
    if [ "$ca_why" = mode ]; then
      ca_unsafe="others can write to $ca_distrusted, so the login is not checked; to see more: claude-auth doctor"
    fi
    return 1
  done
}

# The user's name as it can be typed: a directory's may have a backslash or a blank.
ca_own_name() {
  ca_name=$(command id -un 2>/dev/null)
  case $ca_name in '' | *[!A-Za-z0-9._@-]*) command id -u ;; *) command printf '%s\n' "$ca_name" ;; esac
}

# ca_taken PATH: prints whose it is, and the command that gives it back.
ca_taken() {
  ca_owner=$(ca_become_at "$1" stat -c %U -- 2>/dev/null)
  case $ca_owner in '' | UNKNOWN) ca_owner='another user' ;; esac
  ca_word=$1
  case $ca_word in
    *[!A-Za-z0-9/._-]*) ca_word="'$(command printf '%s\n' "$1" | command sed "s/'/'\\\\''/g")'" ;;
  esac
  command printf '%s belongs to %s, so the login is not checked. Type: sudo chown -R %s %s\n' \
    "$1" "$ca_owner" "$(ca_own_name)" "$ca_word"
}

# Is it the login of `~/.claude`, or of a folder that the configuration lists?
ca_is_managed() {
  [ "$ca_login" = "$ca_home/.claude" ] && return
  case $ca_newline$ca_folders in *"$ca_newline$ca_login$ca_newline"*) ;; *) return 1 ;; esac
}

# ca_remove NAME: takes a file of ours in our folder beside the login away.
ca_remove() {
  (command cd -- "$ca_state" && exec rm -f -- "$1") 2>/dev/null
}

# ca_make_folder PATH [MODE]: makes it, and those above it as the person's umask says.
ca_make_folder() {
  (
    ca_above=${1%/*}/
    [ -d "$ca_above" ] || ca_make_folder "${1%/*}"
    command cd -- "$ca_above" && exec mkdir -p ${2:+-m "$2"} -- "${1##*/}"
  )
}

# ca_leave NAME [TEXT]: puts a private file into our folder beside the login.
ca_leave() {
  (
    command umask 077
    # Where nothing may be written (`ulimit -f 0`) it is not, and the shell has no word for that.
    trap '' XFSZ
    # Made anew, never through a link: the folder may have been opened to others by mistake.
    set -C
    ca_left=$ca_state/$1
    if [ -e "$ca_left" ] || [ -L "$ca_left" ]; then ca_remove "$1"; fi
    { [ -d "$ca_state" ] || ca_make_folder "$ca_state"; } && command printf '%s\n' "${2-}" >"$ca_left"
  ) 2>/dev/null
}

