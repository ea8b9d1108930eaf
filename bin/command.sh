# The command `claude-auth`: what the shell does by itself, else Node takes over; sourced by claude-auth.

ca_root=${ca_self%/bin/*}
case ${1-}:${2-} in
  hook:--help | hook:-h) ;;
  hook:*) . "$ca_root/bin/hook.sh" ;;
esac

# The one line for a prompt that the engine's last run left behind (src/report/status-text.ts), while the
# login is still the one it is about; of a login without marks only what is bad can be believed.
ca_print_short() {
  ca_short=$ca_state/short
  if [ "$ca_zone" = due ] &&
    { [ -e "$ca_state/fresh" ] || [ "$ca_login/.credentials.json" -nt "$ca_short" ]; }; then
    return
  fi
  ! [ -L "$ca_state" ] && [ -O "$ca_state" ] && ! [ -L "$ca_short" ] && [ -O "$ca_short" ] &&
    IFS= command read -r ca_line <"$ca_short" || return 0
  case $ca_zone$ca_line in due✓*) ;; *) command printf '%s\n' "$ca_line" ;; esac
}
case $* in
  'status --short')
    ca_looker=$$
    . "$ca_root/bin/claude"
    ca_print_short
    exit 0
    ;;
  # The timer of a login that needs nothing, where there are no others to look at.
  'ensure --for timer')
    ca_looker=$$
    . "$ca_root/bin/claude"
    if [ "$ca_zone" = fresh ] &&
      ! command grep -qs "^[^#]*profiles[\"']\{0,1\} *:" "$ca_user" "$ca_system"; then
      exit 0
    fi
    ;;
esac

. "$ca_root/bin/tools.sh"
ca_search=${PATH-}
if ! ca_find_node; then
  command echo 'claude-auth: node is not on PATH; it takes Node 20 or newer' >&2
  exit 127
fi
# Node would load other code, or print what our requests hold.
unset NODE_OPTIONS NODE_DEBUG NODE_DEBUG_NATIVE
exec "$ca_node" "$ca_self" "$@"
