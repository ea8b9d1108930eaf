// From what is wanted and what stands there to the changes: what is kept, made once, taken back.

import t from 'tap'
import type { Desired } from '../../src/install/desired-state.js'
import { absent, digest, type PathState } from '../../src/install/inspect.js'
import type { Entry } from '../../src/install/manifest.js'
import { type Change, plan } from '../../src/install/reconcile.js'

const owner = { uid: 1000, gid: 1000 }
const file = (text: string, mode = 0o644): PathState => ({ kind: 'file', text, mode, ...owner })
const link = (target: string): PathState => ({ kind: 'link', target })
const settings: Desired = {
  path: '/h/settings.json',
  make: {
    kind: 'part',
    part: {
      in: 'settings',
      hooks: {
        SessionStart: { type: 'command', command: '/p/bin/claude-auth hook session-start' },
      },
    },
    whenAbsent:
      '{"hooks":{"SessionStart":[{"hooks":[{"type":"command","command":"/p/bin/claude-auth hook session-start"}]}]}}',
    mode: 0o600,
  },
}
const lines: Desired = {
  path: '/h/zshenv',
  make: { kind: 'part', part: { in: 'lines', lines: 'x\n' }, whenAbsent: 'x\n', mode: 0o644 },
}
const text: Desired = { path: '/h/profile', make: { kind: 'file', text: 'ours\n', mode: 0o644 } }
const wrapper: Desired = { path: '/h/claude', make: { kind: 'link', target: '/p/claude' } }
const folder: Desired = { path: '/h/d', make: { kind: 'folder', mode: 0o700 } }

/** A machine of a few paths, on which plans are carried out. */
function world(first: Record<string, PathState>) {
  const at = new Map(Object.entries(first))
  let entries: Entry[] = []
  const carry = (changes: Change[]) => {
    for (const { path, after } of changes) at.set(path, after)
  }
  return {
    at,
    look: (path: string) => at.get(path) ?? absent,
    entries: () => entries,
    make(wanted: Desired[], stopAfter = Number.POSITIVE_INFINITY) {
      const made = plan(wanted, ({ path }) => at.get(path) ?? absent, entries, owner)
      carry(made.changes.slice(0, stopAfter))
      const done = stopAfter >= made.changes.length
      const wantedPaths = wanted.map(({ path }) => path)
      entries = done
        ? made.entries
            .filter(({ path }) => wantedPaths.includes(path))
            .map(each => ({ ...each, after: each.after.slice(0, 1) }))
        : made.entries
      return made
    },
  }
}

const all = [folder, wrapper, lines, text, settings]
const before: Record<string, PathState> = {
  '/h/settings.json': file('{"model": "opus"}', 0o640),
  '/h/zshenv': file('mine=1\n'),
  '/h/claude': link('../share/versions/1'),
  '/h/profile': file('of somebody else\n'),
}
const same = (a: PathState, b: PathState) => digest(a) === digest(b)

t.test('a second run changes nothing, and undoing brings back every byte and mode', async t => {
  const box = world(before)
  t.equal(box.make(all).changes.length, 5)
  t.equal(box.make(all).changes.length, 0)
  box.make([])
  for (const [path, seen] of Object.entries(before)) t.same(box.look(path), seen, path)
  t.same(box.look('/h/d'), absent)
  t.same(box.entries(), [])
})

t.test('a file of ours that somebody changed stays when all is undone, and is named', async t => {
  const box = world({})
  box.make([text, wrapper])
  box.at.set('/h/profile', file('ours\nand mine\n'))
  t.same(box.make([]).notes, ['/h/profile was changed after it was installed, and stays'])
  t.same(box.look('/h/profile'), file('ours\nand mine\n'))
  t.same(box.look('/h/claude'), absent)
  const untouched = world({})
  untouched.make([text])
  t.same(untouched.make([]).notes, [])
})

t.test('stopped after any change, a second run completes, and undoing reverts', async t => {
  for (let stop = 0; stop <= 5; stop++) {
    for (const end of ['complete', 'revert']) {
      const box = world(before)
      box.make(all, stop)
      if (end === 'complete') box.make(all)
      box.make([])
      for (const [path, seen] of Object.entries(before))
        t.ok(same(box.look(path), seen), `${end} after ${stop}: ${path}`)
    }
  }
})

t.test(
  'stopped in the middle of a change of version, what was before the first one comes back',
  async t => {
    const next: Desired[] = [
      { path: '/h/claude', make: { kind: 'link', target: '/p2/claude' } },
      { path: '/h/profile', make: { kind: 'file', text: 'ours, newer\n', mode: 0o644 } },
    ]
    for (let stop = 0; stop <= 2; stop++)
      for (const again of [true, false]) {
        const box = world(before)
        box.make([wrapper, text])
        box.make(next, stop)
        if (again) box.make(next)
        box.make([])
        t.same(box.look('/h/claude'), before['/h/claude'])
        t.same(box.look('/h/profile'), before['/h/profile'])
      }
  },
)

t.test(
  'of a file that was edited since exactly ours go, also after another installation',
  async t => {
    for (const again of [false, true]) {
      const box = world(before)
      box.make(all)
      const edited = (path: string, change: (old: string) => string) => {
        const seen = box.look(path)
        if (seen.kind === 'file') box.at.set(path, { ...seen, text: change(seen.text) })
      }
      edited('/h/settings.json', old => old.replace('"opus"', '"haiku"'))
      edited('/h/zshenv', old => `${old}more=2\n`)
      edited('/h/profile', old => `${old}somebody's line\n`)
      box.at.set('/h/claude', link('/elsewhere/claude'))
      if (again) {
        const { changes } = box.make(all)
        t.same(
          changes.map(({ path }) => path),
          ['/h/claude', '/h/profile'],
        )
      }
      box.make([])
      t.match(box.look('/h/settings.json'), { text: '{"model": "haiku"}', mode: 0o640 })
      t.match(box.look('/h/zshenv'), { text: 'mine=1\nmore=2\n' })
      t.match(box.look('/h/claude'), { target: '/elsewhere/claude' })
      t.match(box.look('/h/profile'), { text: "ours\nsomebody's line\n" })
    }
  },
)

t.test('a file made for our part goes, unless somebody wrote more into it', async t => {
  for (const more of [false, true]) {
    const box = world({})
    box.make([settings])
    if (more) {
      const seen = box.look('/h/settings.json')
      if (seen.kind === 'file')
        box.at.set('/h/settings.json', {
          ...seen,
          text: seen.text.replace('{', '{"model": "opus", '),
        })
    }
    const { notes } = box.make([])
    const kept = '/h/settings.json was edited: only our entries go, and the rest stays'
    t.same(notes, more ? [kept] : [])
    if (more) t.match(box.look('/h/settings.json'), { kind: 'file', text: /"opus"/ })
    else t.same(box.look('/h/settings.json'), absent)
  }
})

t.test('what cannot be edited is refused before anything is changed', async t => {
  const bad: [string, PathState, RegExp][] = [
    ['not JSON', file('oops'), /is not JSON; nothing was changed/],
  ]
  for (const [name, seen, message] of bad) {
    const box = world({ ...before, '/h/settings.json': seen })
    t.throws(() => box.make(all), { code: 'usage', message }, name)
    t.same(box.entries(), [], name)
  }
  const inTheWay = world({ '/h/claude': file('a program') })
  t.throws(() => inTheWay.make([wrapper]), { code: 'usage', message: /is there already/ })
})

t.test('what can’t be changed stays, is named, and holds nothing up', async t => {
  const fixed = { ...file('{"model": "opus"}', 0o444), fixed: 'belongs to root' } as PathState
  const box = world({ '/h/settings.json': fixed })
  const made = box.make([settings, wrapper])
  t.same(made.notes, ['/h/settings.json belongs to root and stays as it is'])
  t.same(made.unmade, [settings])
  t.same(box.look('/h/settings.json'), fixed)
  t.same(box.look('/h/claude'), link('/p/claude'))
  t.equal(box.make([settings, wrapper]).changes.length, 0)

  const ours = world({})
  ours.make([settings])
  const now = { ...ours.look('/h/settings.json'), fixed: 'is immutable' } as PathState
  ours.at.set('/h/settings.json', now)
  t.same(ours.make([settings]).unmade, [], 'all is there')
  t.same(ours.make([]).notes, ['/h/settings.json is immutable and keeps what is ours'])
  t.same(ours.look('/h/settings.json'), now)
})

t.test('settings that no entry can be put into are left to a person', async t => {
  const bad: [PathState, string][] = [
    [file('{}', 0o444), 'is read-only'],
    [{ kind: 'folder', mode: 0o755, ...owner }, 'is a folder'],
    [{ kind: 'link', target: '/nowhere' }, 'is a link to nothing'],
    [{ kind: 'other', what: 'is no UTF-8 text' }, 'is no UTF-8 text'],
    [{ kind: 'file', text: '{}', mode: 0o644, uid: 7, gid: 7 }, 'belongs to user 7'],
    [{ kind: 'file', text: '{}', mode: 0o666, uid: 0, gid: 0 }, 'belongs to root'],
  ]
  for (const [seen, why] of bad) {
    const box = world({ '/h/settings.json': seen })
    const { notes, unmade } = box.make([settings, wrapper])
    t.same(notes, [`/h/settings.json ${why} and stays as it is`])
    t.same(unmade, [settings], why)
    t.same(box.look('/h/settings.json'), seen, why)
    t.same(box.look('/h/claude'), link('/p/claude'), why)
    box.make([])
    t.same(box.look('/h/settings.json'), seen, why)
    t.same(box.look('/h/claude'), absent, why)
  }
})

t.test('a link yields to what is there, where it says so', async t => {
  const yields: Desired = {
    path: '/h/claude',
    make: { kind: 'link', target: '/p/claude', yields: 'stays' },
  }
  const box = world({ '/h/claude': link('/usr/bin/real') })
  const { changes, notes } = box.make([yields])
  t.same(changes, [])
  t.same(notes, ['/h/claude stays'])
  const free = world({})
  t.equal(free.make([yields]).changes.length, 1)
  t.same(free.make([yields]).changes, [], 'ours is no stranger to the second run')
})

t.test('a strict folder gets its mode back', async t => {
  const strict: Desired = { path: '/h/d', make: { kind: 'folder', mode: 0o700, strict: true } }
  const box = world({ '/h/d': { kind: 'folder', mode: 0o755, ...owner } })
  box.make([strict])
  t.match(box.look('/h/d'), { mode: 0o700 })
  t.same(box.make([strict]).changes, [])
  box.make([])
  t.match(box.look('/h/d'), { mode: 0o755 })
})
