# The guard of a repository without Node, for what is beyond doubt: a push that may be made whoever makes it. Of any other, Node
# judges (src/changes/rule.ts); nothing is refused here. Sourced by command.sh.
#
# Beyond doubt are commits in one line on top of a watched branch that add files, give each a text of its own or delete one, and
# whose message, of plain characters and with trailers that are known, says why; and branches and tags that nobody watches.
# Each test here is of what is allowed: what is not listed is in doubt.

# More lines of stdin, or more commits, are for Node.
ca_most_lines=8
ca_most_commits=300

# Reads the hook's stdin, and ends this shell where the push is beyond doubt. Else ca_pushed is what was read; ca_more is y where
# something is left.
ca_guard() {
  ca_pushed= ca_more= ca_count=0
  while IFS= command read -r ca_line; do
    ca_pushed=$ca_pushed$ca_line$ca_newline ca_count=$((ca_count + 1))
    if [ "$ca_count" -gt "$ca_most_lines" ]; then ca_more=y && return; fi
  done
  # A last line that nothing ends.
  if [ -n "$ca_line" ]; then ca_pushed=$ca_pushed$ca_line$ca_newline; fi
  if [ -n "$ca_pushed" ] && ca_is_beyond_doubt; then exit 0; fi
}

# The command `changes guard`, with the stdin that was read.
ca_guard_by_node() {
  if [ -n "$ca_more" ]; then
    { command printf '%s' "$ca_pushed" && exec cat; } | ca_engine "$@"
    exit
  fi
  ca_engine "$@" <<X
${ca_pushed%?}
X
}

ca_is_beyond_doubt() {
  # Options may tell CI to stay away.
  if [ "${GIT_PUSH_OPTION_COUNT:-0}" != 0 ] || [ -n "${CLAUDE_AUTH_CONFIG-}" ]; then return 1; fi
  ca_find_guarded || return 1
  while command read -r ca_old ca_now ca_ref; do
    case $ca_old$ca_now in *[!0-9a-f]*) return 1 ;; esac
    case ${#ca_old}:${#ca_now} in 40:40 | 64:64) ;; *) return 1 ;; esac
    case $ca_ref in *[!A-Za-z0-9/._+@-]*) return 1 ;; refs/heads/?* | refs/tags/?*) ;; *) return 1 ;; esac
    ca_is_free "$ca_ref" || ca_keeps_all_rules "$ca_old" "$ca_now" "$ca_ref" || return 1
  done <<X
${ca_pushed%?}
X
}

# Sets ca_repository, and ca_branches: its branches of which the configuration says something, "KIND BRANCH" a line. What is kept
# of the configuration is believed while its files are the same by inode, size and time of their last change.
ca_find_guarded() {
  case ${HOME-} in /*) ;; *) return 1 ;; esac
  case ${GIT_DIR-} in . | /*) ;; *) return 1 ;; esac
  ca_repository=$(command cd -P -- "$GIT_DIR" && command pwd -P) || return 1
  [ "$ca_repository" -ef "$GIT_DIR" ] || return 1
  # The branches of a worktree are elsewhere.
  if [ -e "$ca_repository/commondir" ] || [ -L "$ca_repository/commondir" ]; then return 1; fi
  ca_kept=$HOME/.local/share/claude-auth/guard-config ca_user=$HOME/.config/claude-auth/config.yaml
  if ! [ -f "$ca_kept" ] || [ -L "$ca_kept" ] || ! [ -O "$ca_kept" ] || ! ca_trusted "$ca_kept"; then return 1; fi
  ca_folders= ca_watched= ca_states=
  ca_take_config <"$ca_kept" && ca_has_same_files && ca_find_branches
}

# Are the files of the configuration as they were? ca_states has "INODE SIZE CTIME PATH" of each, a line each; there are three at
# most. No path stands in an argument: stat looks at what is open.
ca_has_same_files() {
  set -- && ca_then= ca_names=
  while IFS= command read -r ca_line; do
    ca_value=${ca_line#* * * }
    case $#:$ca_value in [0-2]:/*) ;; *) return 1 ;; esac
    [ -f "$ca_value" ] || return 1
    ca_names="$ca_names /dev/fd/$(($# + 3))" ca_then=$ca_then${ca_line%" $ca_value"}$ca_newline
    set -- "$@" "$ca_value"
  done <<X
${ca_states%?}
X
  [ "$#" != 0 ] &&
    ca_line=$(command stat -L -c '%i %s %Z' $ca_names 2>/dev/null </dev/null 3<"$1" 4<"${2:-/dev/null}" 5<"${3:-/dev/null}") &&
    [ "$ca_line$ca_newline" = "$ca_then" ]
}

# Sets ca_branches. ca_watched has "KIND BRANCH PLACE" a line; one folder may be reached by many paths.
ca_find_branches() {
  ca_branches=$ca_newline
  while IFS= command read -r ca_line; do
    ca_value=${ca_line#* * }
    case $ca_value in /*) ;; *) return 1 ;; esac
    # A file may name a repository elsewhere (gitrepository-layout(5)).
    if [ -f "$ca_value" ]; then return 1; fi
    if [ "$ca_value" -ef "$ca_repository" ]; then
      ca_line=${ca_line%" $ca_value"}
      ca_leads_nowhere "${ca_line#* }" || return 1
      ca_branches=$ca_branches$ca_line$ca_newline
    fi
  done <<X
${ca_watched%?}
X
  [ "$ca_branches" != "$ca_newline" ]
}

# Is the watched branch no link of git's, so that a push to another name does not move it? Links are files (gitformat-reftable(5)
# has them elsewhere).
ca_leads_nowhere() {
  ca_link=$ca_repository/refs/heads/$1
  if [ -e "$ca_repository/reftable" ] || [ -L "$ca_link" ]; then return 1; fi
  # Packed, or not there.
  if ! [ -e "$ca_link" ]; then return 0; fi
  # A pipe in its place would be waited for.
  [ -f "$ca_link" ] || return 1
  ca_word=
  { IFS= command read -r ca_word <"$ca_link"; } 2>/dev/null
  case $ca_word in ref:* | '') return 1 ;; esac
}

# Is it a branch or tag that nobody watches, by this name or, as a link of git's, by another?
ca_is_free() {
  case $ca_branches in *" ${1#refs/heads/}$ca_newline"*) return 1 ;; esac
  (ca_become_git symbolic-ref --quiet "$1" >/dev/null 2>&1 </dev/null)
  [ "$?" = 1 ]
}

# Several entries may be about one branch: all of them count.
ca_keeps_all_rules() {
  case $ca_branches in *"${ca_newline}body ${3#refs/heads/}$ca_newline"*) ;; *) return 1 ;; esac
  case $ca_branches in *"${ca_newline}other ${3#refs/heads/}$ca_newline"*) return 1 ;; esac
  case $1 in *[!0]*) ;; *) return 1 ;; esac
  case $2 in *[!0]*) ;; *) return 1 ;; esac
  ca_verdict=$(
    {
      (
        ca_become_git -c log.showRoot=true -c log.showSignature=false -c log.diffMerges=off -c diff.orderFile=/dev/null \
          log --ignore-submodules=none --topo-order --no-color --no-decorate --no-notes --no-mailmap --format='commit %H %P' --raw --no-abbrev \
          --no-renames "--max-count=$((ca_most_commits + 1))" "$2" "^$1" -- </dev/null
      ) && command echo end &&
        (ca_become_git rev-list --topo-order "--max-count=$((ca_most_commits + 1))" "$2" "^$1" -- </dev/null) |
        (ca_become_git cat-file --batch)
    } 2>/dev/null | LC_ALL=C command awk -v old="x$1" -v now="x$2" -v most="$ca_most_commits" "$ca_plain_commits" 2>/dev/null
  )
  [ "$ca_verdict" = plain ]
}

# Becomes git in this repository, with what a hook gets to see the objects of a push (git-receive-pack(1)) and without all else
# that the environment says of git. What it says takes ten seconds at most; without `timeout` it says nothing.
ca_become_git() {
  command cd -P -- "$ca_repository" || exit 2
  ca_find timeout
  if [ -z "$ca_found" ]; then exit 2; fi
  exec env -i PATH="$ca_system_path" LC_ALL=C GIT_DIR=. GIT_NO_REPLACE_OBJECTS=1 GIT_GRAFT_FILE=/dev/null GIT_OPTIONAL_LOCKS=0 \
    ${GIT_QUARANTINE_PATH:+"GIT_QUARANTINE_PATH=$GIT_QUARANTINE_PATH"} \
    ${GIT_OBJECT_DIRECTORY:+"GIT_OBJECT_DIRECTORY=$GIT_OBJECT_DIRECTORY"} \
    ${GIT_ALTERNATE_OBJECT_DIRECTORIES:+"GIT_ALTERNATE_OBJECT_DIRECTORIES=$GIT_ALTERNATE_OBJECT_DIRECTORIES"} \
    "$ca_found" -s KILL 10 git "$@"
}

# Prints `plain` where every commit is beyond doubt. First come the commits with their files, each the parent of the one before
# it, and `end`; then the same commits as they are stored, byte by byte: what git log shows of a message is not all of it. Ids
# begin with an x: what looks like a number would be compared as one, and 0e1… is 0e2… then.
ca_plain_commits='
function doubt() { is_doubted = 1; exit }
function plain(text) { text = tolower(text); gsub(/[^a-z0-9]+/, " ", text); gsub(/^ | $/, "", text); return text }
function read_message() {
  line = tolower($0)
  if (line ~ /[^a-z0-9 .,:;!?"()\057@<>=+_#%&$\047-]/ || line ~ /--|skip/) doubt()
  if (line ~ /^ *[a-z][a-z0-9_-]* *:/ && line !~ harmless) doubt()
  if (NF == 0) { is_body = is_begun; return }
  is_begun = 1
  words = plain($0)
  # A subject may have lines; behind it is an empty one.
  if (!is_body) { if (words != "") subject = subject words " "; return }
  letters = words
  if (line !~ /^[a-z0-9]/ || line ~ harmless || gsub(/[a-z0-9]/, "", letters) < 3) return
  if (line ~ /^(generated|created|made|authored|written) (with|by|using) / || line ~ /^this reverts commit /) return
  # The number of an issue is no reason.
  if (line ~ /#|![0-9]|[a-z0-9]-[0-9]|:\/\//) return
  if (index(subject, words) == 0) has_reason = 1
}
BEGIN {
  parent = now; left = -1
  harmless = "^(signed-off-by|co-authored-by|reviewed-by|acked-by|tested-by|reported-by|suggested-by|helped-by|change-id): "
}
stored {
  if (left < 0) {
    if (NF != 3 || "x" $1 != order[++seen] || $2 != "commit" || $3 !~ /^[0-9]+$/) doubt()
    left = $3 + 1; is_message = is_begun = is_body = 0; subject = " "; has_reason = 0
    next
  }
  left -= length($0) + 1
  if (left < 0) doubt()
  if (is_message) read_message()
  else if ($0 == "") is_message = 1
  else if ($0 !~ /^(tree|parent|author|committer|gpgsig|gpgsig-sha256)? /) doubt()
  if (left == 0) { if (!has_reason) doubt(); left = -1 }
  next
}
/^commit / {
  if (NF != 3 || "x" $2 != parent || ++count > most + 0) doubt()
  order[count] = "x" $2; parent = "x" $3; deleted = 0; split("", texts)
  next
}
/^:/ {
  if ($5 == "A" && $2 ~ /^100/) next
  if ($5 == "D" && ++deleted == 1) next
  if ($5 != "M" || $1 !~ /^:100/ || $2 !~ /^100/ || ("x" $4) in texts) doubt()
  if ("x" $4 == "xe69de29bb2d1d6434b8b29ae775ad8c2e48c5391") doubt()
  if ("x" $4 == "x473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813") doubt()
  texts["x" $4] = 1
  next
}
/^end$/ { stored = 1; next }
/^$/ { next }
{ doubt() }
END { if (!is_doubted && stored && count > 0 && seen == count && left < 0 && parent == old) print "plain" }
'
