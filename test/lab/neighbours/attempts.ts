// What a neighbour may try with a login that is not theirs; each script ends with 0 only where it succeeded.

/** With \`$L\`, the login folder, \`$S\`, our state in it, \`$D\`, the local store, and \`$C\`, our configuration folder. */
export const attempts: Record<string, string> = {
  'read the login': 'cat $L/.credentials.json',
  'read it through a link': 'ln -s $L/.credentials.json $Y/a && cat $Y/a',
  'give it a second name': 'ln $L/.credentials.json $Y/b',
  'open it to others': 'chmod o+r $L/.credentials.json',
  'write the login': 'echo {} >$L/.credentials.json',
  'replace the login': 'echo {} >$Y/c; mv -f $Y/c $L/.credentials.json',
  'delete the login': 'rm -f $L/.credentials.json && ! [ -e $L/.credentials.json ]',
  'change its time': 'touch $L/.credentials.json',
  'put a link in its place': 'ln -sf $Y/d $L/.credentials.json',
  'put a temporary file there': ': >$L/.credentials.json.tmp.00000000',
  'list our state': 'ls $S',
  'read the state': 'cat $S/state.json || cat $S/journal.jsonl || cat $S/config.json',
  'read the marks': 'cat $S/fresh || cat $S/seen || cat $S/usable',
  'plant a mark': 'echo "touch $Y/run" >$S/fresh',
  'date a mark': 'touch -d "next year" $S/fresh',
  'plant an answer': ': >$S/answer',
  'say that the owner signed out': ': >$S/signed-out',
  'leave words for the terminal': 'echo hello >$S/notice',
  'hold the gate': 'flock -n $S/gate true',
  'move the state away': 'mv $S $Y/state || mv $S $S.old',
  'read what was kept aside': 'ls $S/aside || cat $S/aside/*',
  'take the refresh lock': 'mkdir $L/.oauth_refresh.lock',
  'take the storage lock': 'mkdir $L/.storage-write.lock',
  'take the older lock': 'mkdir $H/.claude.lock',
  'write the owner of a lock': ': >$L/.oauth_refresh.lock.owner',
  'read the sealed copy': 'cat $D/default.jwe || cat $D/default.previous.jwe',
  'read its key': 'cat $D/key',
  'list the store': 'ls $D',
  'replace its key': 'echo x >$D/key || mv $D $D.old',
  'read the Vault token': 'cat $C/vault-token',
  'replace the Vault token': 'echo x >$Y/e; mv -f $Y/e $C/vault-token',
  'write the configuration': 'echo "mode: off" >>$C/config.yaml',
  'replace the configuration folder': 'mv $C $C.old',
  'plant a client': 'echo x >$H/tools/claude || mv $H/tools $H/tools.old',
  'change the program':
    'echo x >>$H/program/bin/claude || echo x >>$H/program/dist/claude-auth.cjs',
  'read the alert webhook': 'cat $H/hook',
}

/** With \`$P\`, a worker that is in the middle of a renewal. */
export const attemptsOnProcess: Record<string, string> = {
  'its environment': 'cat /proc/$P/environ',
  'its memory': 'dd if=/proc/$P/mem of=/dev/null bs=1 count=1 skip=4194304',
  'its map': 'cat /proc/$P/maps | grep .',
  'its open files': 'ls /proc/$P/fd/ | grep .',
  'its folder': 'ls /proc/$P/cwd/',
  'tracing it': 'timeout 2 strace -o $Y/trace -p $P; grep . $Y/trace',
  'stopping it': 'kill -STOP $P',
  'ending it': 'kill -KILL $P',
  'its limits': 'prlimit --pid $P --core=unlimited',
}

/** What of the home can be read by whoever runs it: paths of files that are not of the program or the client. */
export const readable =
  'find $H -name program -prune -o -name tools -prune -o -type f -readable -print 2>/dev/null; true'
