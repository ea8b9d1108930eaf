# The command `claude-auth`: what the shell does by itself, else Node takes over; sourced by claude-auth.

ca_root=${ca_self%/bin/*}
case ${1-}:${2-} in
  hook:--help | hook:-h) ;;
  hook:*) . "$ca_root/bin/hook.sh" ;;
esac

. "$ca_root/bin/trust.sh"
. "$ca_root/bin/tools.sh"
. "$ca_root/bin/config.sh"
. "$ca_root/bin/ours.sh"
IFS=' 	
'

# The one line for a prompt that the engine's last run left behind (src/engine/status-words.ts), while the
# login is still the one it is about; of a login without marks only what is bad can be believed.
ca_print_short() {
  ca_short=$ca_state/short
  if [ "$ca_zone" = due ] &&
    { [ -e "$ca_state/fresh" ] || [ "$ca_login/.credentials.json" -nt "$ca_short" ]; }; then
    return
  fi
  [ -f "$ca_short" ] && ! [ -L "$ca_short" ] && [ -O "$ca_short" ] && ca_ours &&
    ca_is_small "$ca_short" && IFS= command read -r ca_line <"$ca_short" || return 0
  case $ca_zone$ca_line in due✓*) ;; *) command printf '%s\n' "$ca_line" ;; esac
}
if [ -n "${CLAUDECODE+y}" ]; then
  . "$ca_root/bin/session.sh"
  ca_export_own_environment
fi
case $* in
  'status --short' | 'ensure --for timer')
    ca_looker=$$
    . "$ca_root/bin/claude"
    PATH=$ca_system_path
    ca_find_home
    if [ "$1" = status ]; then ca_print_short && exit 0; fi
    # The timer of a login that needs nothing, where there are no others to look at.
    if [ "$ca_zone" = fresh ] && ca_ours && ca_find_config && [ -z "$ca_folders" ]; then exit 0; fi
    ;;
  *) ca_search=${PATH-} ;;
esac

PATH=$ca_system_path
if [ "$#$*" = '2changes guard' ]; then
  . "$ca_root/bin/guard.sh"
  ca_guard
fi
if ! ca_find_node; then
  . "$ca_root/bin/words.sh"
  ca_clean "$(ca_node_trouble)"
  command printf '%s\n' "claude-auth: $ca_plain; it takes Node 20 or newer" >&2
  exit 127
fi
# Ten thousand users pass through it and are forgotten: more room for what is forgotten soon, and more threads to clear it away and
# to compile, would only be memory (documented options of Node 20 and later).
if [ "${1-}" = fleet ]; then ca_node_words='--max-semi-space-size=2 --v8-pool-size=1'; fi
ca_program=$ca_self
if [ "$#$*" = '2changes guard' ]; then ca_guard_by_node "$@"; fi
ca_engine "$@"
