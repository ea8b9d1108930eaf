# The gate and the worker behind it; sourced by launch.sh and hook.sh. The holder of the lock is at work on this login.

# Is it known that a process of ours outlives this launch, so that work may be left to the background? Only where a real
# service manager is process 1 (not the client, a script or the small init of a container), where no job owner ends what
# a job leaves (it knows it by an environment variable or by its control group), and where the control group is a
# session's: what a service leaves behind is ended with it. A hook is not started by the client's parent, and names that
# in ca_starter.
ca_lasting() {
  if [ "$$" = 1 ] || [ "${ca_starter:-$PPID}" = 1 ]; then return 1; fi
  ca_job=${CI-}${RUNNER_TRACKING_ID-}${JENKINS_NODE_COOKIE-}${BUILD_ID-}${HUDSON_COOKIE-}${VSTS_PROCESS_LOOKUP_ID-}
  ca_job=$ca_job${TF_BUILD-}${BUILDKITE-}${TEAMCITY_VERSION-}${SLURM_JOB_ID-}${PBS_JOBID-}${LSB_JOBID-}
  ca_job=$ca_job${OAR_JOB_ID-}${FLUX_JOB_ID-}${_CONDOR_SLOT-}${SGE_TASK_ID-}${COBALT_JOBID-}${LOADL_STEP_ID-}
  ca_job=$ca_job${CODEBUILD_BUILD_ID-}${bamboo_buildKey-}${GO_PIPELINE_NAME-}${NOMAD_ALLOC_ID-}
  # A system of WSL may end with its last window.
  if [ -n "$ca_job" ] || [ -d /run/WSL ] || ! ca_sees_first; then return 1; fi
  ca_first=
  { command read -r ca_first </proc/1/comm; } 2>/dev/null
  case $ca_first in
    systemd) ca_group_lasts ;;
    # sysvinit and OpenRC leave a mark of their own; a small init of that name doesn't.
    init | openrc-init) [ -e /run/initctl ] || [ -e /dev/initctl ] || [ -d /run/openrc ] ;;
    *) return 1 ;;
  esac
}

# Is process 1 in /proc the one whose end is that of this process? Not where a process space of its own was given the
# /proc of the machine: proc(5), a number for each space.
ca_sees_first() {
  while command read -r ca_word ca_number ca_rest; do
    case $ca_word in
      NSpid:)
        [ -z "$ca_rest" ]
        return
        ;;
    esac
  done </proc/self/status 2>/dev/null
}

# Does the login manager leave what a session left (logind.conf(5), KillUserProcesses)? Where no file sets it, the
# main one shows by a comment what it was built with. Read by the shell: a launch that leaves work behind waits for it.
ca_sessions_last() {
  ca_logind=/etc/systemd/logind.conf
  [ -e "$ca_logind" ] || ca_logind=/usr/lib/systemd/logind.conf
  ca_set=
  for ca_each in "$ca_logind" /usr/lib/systemd/logind.conf.d/*.conf /run/systemd/logind.conf.d/*.conf \
    /etc/systemd/logind.conf.d/*.conf; do
    if [ -f "$ca_each" ] && [ -r "$ca_each" ]; then ca_read_logind <"$ca_each" || return 1; fi
  done
  case ${ca_set#\#} in 1 | [Yy]* | [Tt]* | [Oo][Nn]) return 1 ;; esac
}

# Sets ca_set to the value that a file on standard input gives, behind `#` where it is a comment: that counts for less than any
# setting. Which drop-in wins is a question of their names: one that ends sessions' processes is enough to end this with 1.
ca_read_logind() {
  while IFS=' 	' command read -r ca_line || [ -n "$ca_line" ]; do
    ca_word=${ca_line#\#}
    case $ca_word in KillUserProcesses*=*) ;; *) continue ;; esac
    ca_rest=${ca_word#*=} ca_word=${ca_word#KillUserProcesses} ca_word=${ca_word%%=*}
    case $ca_word in *[!\ '	']*) continue ;; esac
    while :; do case $ca_rest in [\ '	']*) ca_rest=${ca_rest#?} ;; *) break ;; esac done
    ca_rest=${ca_rest%%[!A-Za-z0-9]*}
    case $ca_line in
      '#'*) ca_set=${ca_set:-#$ca_rest} && continue ;;
    esac
    case $ca_rest in 1 | [Yy]* | [Tt]* | [Oo][Nn]) return 1 ;; *) ca_set=$ca_rest ;; esac
  done
}

# Does this user's service manager go on after the last session, and with it what runs below it (loginctl(1), enable-linger)?
ca_manager_lasts() {
  ca_name=$(command id -un 2>/dev/null)
  case $ca_name in '' | .* | */*) return 1 ;; esac
  [ -e "/var/lib/systemd/linger/$ca_name" ]
}

# Is the control group of this process one that nothing is ended with: the scope of a login session or of an application
# in it, or the service of sshd or cron, which leave what their sessions left? Others end it (KillMode=control-group).
ca_group_lasts() {
  while IFS= command read -r ca_group; do
    case $ca_group in
      *[/-]libpod-* | *[/-]docker-* | *slurm*) ;;
      0::/user.slice/*/session-*.scope | *:name=systemd:/user.slice/*/session-*.scope)
        ca_sessions_last
        return
        ;;
      0::/user.slice/*/user@*.scope | *:name=systemd:/user.slice/*/user@*.scope)
        ca_manager_lasts
        return
        ;;
      0::/user.slice/*.scope | *:name=systemd:/user.slice/*.scope) return 0 ;;
      0::/system.slice/ssh.service | 0::/system.slice/sshd.service | 0::/system.slice/cron.service) return 0 ;;
      0::/system.slice/crond.service | *:name=systemd:/system.slice/sshd.service) return 0 ;;
    esac
  done </proc/self/cgroup 2>/dev/null
  return 1
}

# Sets ca_patience, the seconds that a launch waits.
ca_find_patience() {
  case ${ca_wait:-x} in *[!0-9]* | 0 | ?????*) ca_patience=10 ;; *) ca_patience=$ca_wait ;; esac
}

# ca_worker ASKER [y] [SECONDS]: becomes the worker, ensure in a session of its own and out of the terminal's reach;
# descriptor 9 is the gate. It has an end, whatever becomes of it: a minute where it is waited for (y), else longer than any
# run takes. It gives its verdict within SECONDS.
ca_worker() {
  ca_handed=y ca_handed_folder=$PWD
  command cd / || return
  ca_find setsid || trap '' INT QUIT HUP TSTP
  ca_setsid=$ca_found
  ca_waited_for=${2-} ca_within=${3-}
  set -- ensure --for "$1" --gate-fd 9 ${ca_within:+--within "$ca_within"} ${ca_named:+--override} \
    ${ca_terminal:+"$ca_terminal"} ${ca_foreign:+--foreign} ${ca_waited_for:+--waited-for}
  if [ -n "$ca_waited_for" ]; then ca_end_after 60; else ca_end_after 300; fi
  ca_before="$ca_setsid $ca_before"
  ca_engine "$@" </dev/null 2>/dev/null 7<&-
}

# Makes the gate and the folders it lies in private; those above them are as the person's umask says.
ca_make_gate() {
  if [ -f "$ca_state/gate" ]; then return; fi
  (
    [ -d "$ca_login" ] || ca_make_folder "$ca_login" 700
    command umask 077
    [ -d "$ca_state" ] || ca_make_folder "$ca_state"
    [ -e "$ca_state/gate" ] || : >>"$ca_state/gate"
  ) 2>/dev/null
}

# Runs "$@" with the gate open on 9, and with none of the caller's other descriptors.
ca_with_gate() {
  ca_make_gate
  ca_opened=n
  # A pipe in its place would be waited for.
  if [ -f "$ca_state/gate" ] || ! [ -e "$ca_state/gate" ]; then
    { { ca_opened=y && "$@"; } 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>>"$ca_state/gate"; } 2>/dev/null
  fi
  if [ "$ca_opened" = y ]; then return; fi
  if [ -e "$ca_state/gate" ] && ! [ -O "$ca_state/gate" ]; then
    command printf 'launch\nclaude-auth: %s\n' "$(ca_taken "$ca_state/gate")"
  else
    command printf 'launch\nclaude-auth: cannot write to %s; launching without a check\n' "$ca_state/gate"
  fi
}

# Prints the verdict: of the worker that is at it when it is done, else of one that is started here,
# for ca_for.
# A shared lock is what a worker leaves to the waiting once it has given its verdict.
ca_verdict() {
  ca_turns=0
  # A verdict younger than this pipe, and no younger than now, was given while this launch was waiting:
  # it is its own as well.
  ca_verdict_since 7<<'X'
now
X
}

ca_verdict_since() {
  ca_read_clock
  # The clock has whole seconds: the first may be over at once.
  ca_deadline=$((ca_clock + ca_patience + 1))
  # The number of turns bounds it where the clock stands still (proot makes up a /proc/uptime).
  while ca_has_time && [ "$ca_turns" -lt "$((ca_patience * 10))" ]; do
    # Where no other run is at work there is nothing to wait for; to hold the lock alone for a moment disturbs none.
    ca_alone=y
    ca_lock -x 0 || { ca_alone=n && ca_lock -s "$ca_remaining"; } || break
    ca_look
    case $ca_zone$ca_insist in fresh* | soon) command echo launch && return ;; esac
    if ca_shared_verdict; then return; fi
    if [ "$ca_alone" = y ]; then ca_ask_worker && return; fi
    # A run that waits on lets go, or those that wait would keep each other from ever being alone.
    command flock -u 9
    if [ "$ca_turns" != 0 ]; then command sleep 0.1; fi
    ca_turns=$((ca_turns + 1))
  done
  command printf 'launch\nclaude-auth: another check has been running for %s s; launching without one\n' "$ca_patience"
}

# Sets ca_clock to the seconds since the machine was started, which no change of its time moves; by a process only where
# there is no /proc.
ca_read_clock() {
  ca_clock=
  { IFS=. command read -r ca_clock ca_rest </proc/uptime; } 2>/dev/null
  case $ca_clock in '' | *[!0-9]*) ca_clock=$(command date +%s) ;; esac
}

# Sets ca_remaining to the seconds that this launch may still wait; is there one?
ca_has_time() {
  ca_read_clock
  ca_remaining=$((ca_deadline - ca_clock))
  if [ "$ca_remaining" -gt "$ca_patience" ]; then ca_remaining=$ca_patience; fi
  [ "$ca_remaining" -gt 0 ]
}

# Starts the worker and prints what it says: for as long as this launch may still wait, of which the worker knows, and its
# start may take. The lock is held.
ca_ask_worker() {
  if ! ca_has_time; then ca_remaining=0; fi
  ca_longest=$((ca_remaining + 3))
  if ca_lasting; then
    (ca_worker "$ca_for" '' "$ca_remaining" &) | ca_bounded "$ca_longest" sed -n '/^\.$/q;p' 9>&-
  elif [ "$$" = 1 ]; then
    # A process that ends in the background would be the client's to wait for.
    (ca_worker "$ca_for" y "$ca_remaining")
  else
    # The pipe stays open on 8, of which the worker knows nothing, until it ends. One that gives no verdict in its time
    # hangs in the system (a mount that answers nothing) and has no request on its way: it is not waited for.
    (ca_worker "$ca_for" y "$ca_remaining" 8>&1 &) | {
      ca_bounded "$ca_longest" sed -n '/^\.$/q;p' && ca_bounded 60 cat >/dev/null
    } 9>&-
  fi
  return 0
}

# Prints the verdict that was given meanwhile. One about another credential than the login names the
# environment and folder it is about in its first line, and is no other's.
ca_shared_verdict() {
  ca_about=
  if ca_is_of_this_wait "$ca_state/verdict-other" &&
    command read -r ca_about <"$ca_state/verdict-other" &&
    [ "$ca_about" = "${ca_foreign:+y}:$PWD" ]; then
    command sed 1d <"$ca_state/verdict-other"
  elif [ -z "$ca_foreign" ] && ca_is_of_this_wait "$ca_state/verdict$ca_terminal"; then
    command cat 2>/dev/null <"$ca_state/verdict$ca_terminal"
  else
    return 1
  fi
}

ca_is_of_this_wait() {
  {
    [ -f "$1" ] && [ -e /dev/fd/7 ] && [ "$1" -nt /dev/fd/7 ] && ! [ "$1" -nt /dev/fd/3 ]
  } 3<<'X' && ca_is_small "$1"
now
X
}

# One worker in the background, if none is at it.
ca_work_alone() {
  ca_lock -x 0 && ca_worker soon >/dev/null
}

# The same where the marks still ask for it by then.
ca_renew_soon() {
  ca_lock -x 0 || return
  ca_look
  if [ "$ca_zone" = soon ]; then ca_worker soon >/dev/null; fi
}
