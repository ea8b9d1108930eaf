// Deliberate faults, each where a silent one would cost a login: what is changed in which file, and the tests that must notice.

const decide = ['test/policy/decide.test.ts', 'test/policy/decide.property.test.ts']
const rule = ['test/policy/fallback.test.ts', ...decide]
const held = ['test/login/tracked-login.test.ts']
const vaultToken = ['test/store/vault/token-auth.test.ts']
const marks = ['test/bin/trusted-marks.test.ts']
const save = ['test/login/save-proof.test.ts']
const lasting = ['test/bin/lasting.test.ts']
const judge = ['test/fleet/judge.test.ts', 'test/fleet/judge.property.test.ts']
const records = ['test/fleet/record.test.ts']
const offboard = ['test/offboard/refusal.test.ts']
const plan = ['test/roster/plan.test.ts']
const differences = ['test/roster/differences.test.ts']
const rosterFile = ['test/roster/roster-file.test.ts']
const guard = ['test/changes/guard.test.ts']
const messages = ['test/changes/message.test.ts']
const base = ['test/base/update.test.ts']

/** `from` stands exactly once in `file`. */
export const faults = [
  // Clocks: what is dated in the future, or before what it follows.
  {
    what: 'a pause of a clock that was ahead holds for ever',
    file: 'src/policy/state.ts',
    from: 'return nowMs < atMs && atMs - nowMs <= longestPauseMs',
    to: 'return nowMs < atMs',
    tests: rule,
  },
  {
    what: 'no pause is kept',
    file: 'src/policy/state.ts',
    from: 'return nowMs < atMs && atMs - nowMs <= longestPauseMs',
    to: 'return nowMs > atMs && atMs - nowMs <= longestPauseMs',
    tests: rule,
  },
  {
    what: 'a copy accepted at a time to come counts as accepted',
    file: 'src/policy/fallback.ts',
    from: ' || checked.atMs > nowMs',
    to: '',
    tests: rule,
  },
  {
    what: 'a login verified at a time to come is not verified again',
    file: 'src/policy/decide.ts',
    from: 'const stale = ageMs < 0 || ',
    to: 'const stale = ',
    tests: rule,
  },
  {
    what: 'a proof of the future replaces a good login',
    file: 'src/policy/decide.ts',
    from: ' && proof.atMs <= nowMs',
    to: '',
    tests: rule,
  },
  {
    what: 'after a renewal dated in the future a refusal is ignored',
    file: 'src/policy/decide.ts',
    from: 'if (ageMs >= 0 && ageMs < justRenewedMs)',
    to: 'if (ageMs < justRenewedMs)',
    tests: rule,
  },
  {
    what: 'after a clock was set back a sign-in is earlier than the one before',
    file: 'src/login/tracked-login.ts',
    from: 'Math.max(foundAtMs, held.lineage.signedInAtMs + 1)',
    to: 'foundAtMs',
    tests: held,
  },
  {
    what: 'a retry of alerts dated far in the future silences them',
    file: 'src/alerts/condition.ts',
    from: ' || clockWentBack(next.retry.atMs, nowMs)',
    to: '',
    tests: ['test/alerts/condition.test.ts'],
  },
  // Nothing is replaced or posted that is not proved.
  {
    what: 'a stranger’s token is posted',
    file: 'src/policy/state.ts',
    from: "if (checked?.kind === 'accepted' && !checked.rightIdentity) return false",
    to: '',
    tests: rule,
  },
  {
    what: 'an old proof replaces a good login, offline',
    file: 'src/policy/decide.ts',
    from: 'proof.atMs >= nowMs - justNowMs && ',
    to: '',
    tests: rule,
  },
  {
    what: 'a person is called while the access token works',
    file: 'src/policy/decide.ts',
    from: 'return isSpent && !better ?',
    to: 'return isSpent ?',
    tests: rule,
  },
  {
    what: 'an earlier login that works is given up',
    file: 'src/policy/decide.ts',
    from: 'return isSpent && !better ?',
    to: 'return !better ?',
    tests: rule,
  },
  {
    what: 'an earlier login put back is not noticed',
    file: 'src/policy/decide.ts',
    from: " || (state.file.kind === 'login' && state.file.past)",
    to: '',
    tests: rule,
  },
  {
    what: 'the token of an earlier login is posted before the later one',
    file: 'src/policy/fallback.ts',
    from: 'if (fromStore && (newer || isPast)) return fromStore',
    to: 'if (fromStore && newer) return fromStore',
    tests: rule,
  },
  {
    what: 'in sole custody an unsealed token is posted where the store is empty',
    file: 'src/policy/fallback.ts',
    from: "if (store.kind !== 'empty' && held?.refreshHash !== source) return null",
    to: 'if (held?.refreshHash !== source) return null',
    tests: rule,
  },
  {
    what: 'in sole custody an unsealed token is posted where the store holds an older one',
    file: 'src/policy/fallback.ts',
    from: "if (store.kind !== 'empty' && held?.refreshHash !== source) return null",
    to: "if (store.kind !== 'empty') return null",
    tests: rule,
  },
  {
    what: 'a spent token is posted',
    file: 'src/policy/state.ts',
    from: 'if (refreshHash === null || state.spent.includes(refreshHash)) return false',
    to: 'if (refreshHash === null) return false',
    tests: rule,
  },
  {
    what: 'one token under two names counts as two logins',
    file: 'src/login/lineage.ts',
    from: 'return mine.generation === theirs.generation || mine.id !== theirs.id',
    to: 'return mine.generation === theirs.generation',
    tests: ['test/login/lineage.test.ts'],
  },
  // Vault's token of another user.
  {
    what: 'the token of a user whose name ends alike is used',
    file: 'src/store/vault/token-auth.ts',
    from: 'named.endsWith(`$' + '{inDisplayName}$' + '{asNamed(each)}`)',
    to: 'named.endsWith(asNamed(each))',
    tests: vaultToken,
  },
  {
    what: 'a policy held through an identity is overlooked',
    file: 'src/store/vault/token-auth.ts',
    from: "...(names(data['identity_policies']) ?? [])",
    to: '',
    tests: vaultToken,
  },
  // Alerts.
  {
    what: 'a new message waits for the pause of an earlier one',
    file: 'src/alerts/condition.ts',
    from: 'fresh || due ?',
    to: 'due ?',
    tests: ['test/alerts/condition.test.ts'],
  },
  // Marks that somebody else could have put there.
  ...[
    ['a state folder that is a link is believed', '[ -L "$ca_state" ] || ! ', '! '],
    ['a state folder of another user is believed', '! [ -O "$ca_state" ] || ', ''],
    ['a mark that is a link is believed', '[ -L "$ca_state/fresh" ] || ', ''],
    ['a mark of another user is believed', '! [ -O "$ca_state/fresh" ] ||\n', '\n'],
    [
      'a login file of another user is believed',
      '|| ! [ -O "$ca_login/.credentials.json" ] ||',
      '||',
    ],
    ['marks of another login folder are believed', ' || ! [ -f "$ca_state/login$ca_login" ]', ''],
    [
      'marks of a clock that was ahead are believed',
      '! [ /dev/fd/3 -nt "$ca_state/seen" ] || ',
      '',
    ],
  ].map(([what, from, to]) => ({ what, file: 'bin/claude', from, to, tests: marks })),
  // What can't be saved is not asked for.
  {
    what: 'a token is posted whose successor has no place: an immutable file, a read-only mount',
    file: 'src/login/save-proof.ts',
    from: 'if (fixed !== null) throw fixed',
    to: '',
    tests: save,
  },
  {
    what: 'a token is posted although no lock can be made for saving',
    file: 'src/login/save-proof.ts',
    from: 'proveLocking(loginFile, nonce)\n    const',
    to: 'const',
    tests: save,
  },
  // Workers that are ended between request and answer.
  ...[
    ['the process 1 of another process space counts', ' || ! ca_sees_first', ''],
    [
      'a session that ends its processes is said to leave them',
      'ca_sessions_last\n        return',
      'return 0',
    ],
    [
      'what ends with the last session is said to last',
      'ca_manager_lasts\n        return',
      'return 0',
    ],
    ['a system of WSL is said to last', '[ -d /run/WSL ] || ', ''],
    ['a job of a build server is said to leave its processes', 'if [ -n "$ca_job" ] || ', 'if '],
  ].map(([what, from, to]) => ({ what, file: 'bin/gate.sh', from, to, tests: lasting })),
  // The admin's side: nobody is cut, switched on again or left out by mistake.
  ...[
    [
      'an admin is offboarded without a word',
      'whyAdmin !== null && !isForAdmin',
      'row === undefined',
    ],
    ['haste lets more than a cut', "stage === 'cut' && isNow", 'isNow'],
    ['who is listed still is offboarded', 'active === null || isUrgent', 'active !== undefined'],
    ['a login is revoked before the cut', 'if (!isCut(facts))', 'if (facts === null)'],
    [
      'a user whom nobody knows is offboarded',
      'if (isKnown(facts) || row !== null) return null',
      'return null',
    ],
  ].map(([what, from, to]) => ({
    what,
    file: 'src/offboard/refusal.ts',
    from,
    to,
    tests: offboard,
  })),
  ...[
    ['an admin is cut by a roster', 'isAdmin && cut?.length !== 0', 'isAdmin && cut === null'],
    [
      'who was cut is switched on again by a roster',
      'if (vault.isCutNoted)',
      'if (vault === null)',
    ],
    [
      'a second token is minted beside one that lives',
      "vault.tokenHere === 'alive' || vault.tokenHere === 'unknown'",
      "vault.tokenHere === 'dead'",
    ],
    [
      'a token is minted twice',
      'const mint = vault.isOnItsWay\n',
      'const mint = vault.isCutNoted\n',
    ],
    [
      'a token is minted for who has one elsewhere',
      '(vault.hasToken || vault.hasVersions)',
      'vault.isCutNoted',
    ],
  ].map(([what, from, to]) => ({ what, file: 'src/roster/plan.ts', from, to, tests: plan })),
  ...[
    [
      'a name in Vault that somebody still has is cut',
      '.filter(({ vaultName }) => !inUse.has(vaultName))',
      '',
    ],
    ['who has left gets a login', '!hasLeft(row, nowMs))\n', 'nowMs > 0)\n'],
  ].map(([what, from, to]) => ({
    what,
    file: 'src/roster/differences.ts',
    from,
    to,
    tests: differences,
  })),
  {
    what: 'a left without a day reads as not left',
    file: 'src/roster/roster-file.ts',
    from: 'key => said[key] === undefined && file.has([...here, key])',
    to: 'key => key === undefined',
    tests: rosterFile,
  },
  {
    what: 'who leaves is gone a day late',
    file: 'src/roster/roster-file.ts',
    from: 'T00:00:00Z`) <= nowMs',
    to: 'T24:00:00Z`) <= nowMs',
    tests: [...rosterFile, ...differences],
  },
  ...[
    [
      'a branch is deleted',
      "if (push.now === null) return [{ rule: 'rewrites', kind: 'deleted' }]",
      'if (push.now === null) return []',
    ],
    ['history is rewritten', 'if (!buildsOn(push))', "if (push.old === '')"],
    [
      'any number said allows a mass delete',
      'deletesSaid(commit.message) !== deletes',
      'deletes < 0 || deletesSaid(commit.message) === null',
    ],
    [
      'emptied files are not counted as deleted',
      'commit.deleted.length + commit.emptied.length',
      'commit.deleted.length',
    ],
    ['half of all files is few', 'deletes * 2 >= of', 'deletes > of'],
    [
      'a push option keeps CI away',
      'skips === null ? ciSkipOption(push.options)',
      'skips === null ? null',
    ],
    ['no reason is asked for', 'parents.length < 2 && (', 'parents.length > 2 && ('],
  ].map(([what, from, to]) => ({ what, file: 'src/changes/rule.ts', from, to, tests: guard })),
  {
    what: 'the subject once more is a reason',
    file: 'src/changes/message.ts',
    from: 'said.filter(line => plain(line) !== subject)',
    to: 'said',
    tests: messages,
  },
  ...[
    [
      'a record from the future counts',
      'if (record.at - nowMs > clockSkewMs) return wrongClock',
      '',
    ],
    [
      'a login that has ended is well',
      'endedAtMs !== null && endedAtMs <= nowMs',
      'endedAtMs === 0',
    ],
    ['a host that is silent is well', 'if (isOld && !isBackedUp &&', 'if (nowMs < 0 &&'],
    ['somebody else’s login is well', "if (record.identity === 'other')", 'if (nowMs < 0)'],
    [
      'what cannot be read is well',
      "if (typeof record === 'string') return { state: 'unknown', because: record, since: null }",
      "if (typeof record === 'string') return { state: 'ok', because: record, since: null }",
    ],
  ].map(([what, from, to]) => ({ what, file: 'src/fleet/finding.ts', from, to, tests: judge })),
  {
    what: 'who is not listed is no stranger',
    file: 'src/fleet/judge.ts',
    from: 'exempt ?? (isStranger ?',
    to: 'exempt ?? (isStranger === null ?',
    tests: judge,
  },
  {
    what: 'a record says more than its shape has',
    file: 'src/fleet/record.ts',
    from: 'JSON.stringify({ v: shapeVersion, ...said })',
    to: 'JSON.stringify({ v: shapeVersion, ...record })',
    tests: records,
  },
  ...[
    ['a base with a link out is shared', 'if (leadsOut(real, path, target))', 'if (depth < 0)'],
    ['a set-uid file is shared', '(stat.mode & 0o6000) !== 0', 'stat.mode < 0'],
    ['a file that others may write is shared', '(stat.mode & 0o002) !== 0', 'stat.mode < 0'],
  ].map(([what, from, to]) => ({ what, file: 'src/base/tree.ts', from, to, tests: base })),
]
