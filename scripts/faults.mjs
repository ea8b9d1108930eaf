// Deliberate faults, each where a silent one would cost a login: what is changed in which file, and the tests that must notice.

const decide = ['test/policy/decide.test.ts', 'test/policy/decide.property.test.ts']
const rule = ['test/policy/fallback.test.ts', ...decide]
const held = ['test/login/tracked-login.test.ts']
const vaultToken = ['test/store/vault/vault-token-rule.test.ts']
const marks = ['test/bin/trusted-marks.test.ts']

/** `from` stands exactly once in `file`. */
export const faults = [
  // Clocks: what is dated in the future, or before what it follows.
  {
    what: 'a pause of a clock that was ahead holds for ever',
    file: 'src/policy/copies.ts',
    from: 'return nowMs < atMs && atMs - nowMs <= longestPauseMs',
    to: 'return nowMs < atMs',
    tests: rule,
  },
  {
    what: 'no pause is kept',
    file: 'src/policy/copies.ts',
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
    file: 'src/policy/copies.ts',
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
    file: 'src/policy/copies.ts',
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
]
