// Our hooks in other people's settings: every byte of theirs stays, whatever form the file has.

import fc from 'fast-check'
import { parse } from 'jsonc-parser'
import t from 'tap'
import type { HookCommand } from '../../src/install/desired-state.js'
import { hasHooks, withHooks, withoutHooks } from '../../src/install/edit.js'

const command = (event: string): HookCommand => ({
  type: 'command',
  command: `/opt/claude-auth/current/bin/claude-auth hook ${event}`,
  timeout: 130,
})
const hooks = { SessionStart: command('session-start'), SessionEnd: command('session-end') }

const forms: Record<string, string> = {
  'an empty object': '{}\n',
  'an object over two lines': '{\n}\n',
  'no hooks': '{\n  "model": "opus" // the large one\n}\n',
  'a trailing comma and comments': '{\n  /* mine */ "model": "opus", // why not\n}',
  'tabs and CRLF': '{\r\n\t"model": "opus",\r\n\t"hooks": {\r\n\t}\r\n}\r\n',
  'one line': '{"hooks":{"SessionStart":[{"hooks":[{"type":"command","command":"echo"}]}]},"z":1}',
  'own hooks in an own layout': `{
  "hooks": {
    "SessionStart": [ { "hooks": [ { "type": "command", "command": "echo hi" } ] } ], // mine
    "PreToolUse": [{"matcher": "Bash", "hooks": []}]
  },
  "last":   true
}
`,
  'an empty list of hooks': '{\n  "hooks": {"SessionStart": []}\n}\n',
  'a byte order mark': '\uFEFF{\n    "model": "opus"\n}\n',
}

for (const [name, text] of Object.entries(forms))
  t.test(name, async t => {
    const edited = withHooks(text, hooks)
    t.ok(hasHooks(edited, hooks))
    t.equal(withHooks(edited, hooks), edited, 'a second time changes nothing')
    t.same(
      parse(withoutHooks(edited, hooks, text).replace(/^\uFEFF/, '')),
      parse(text.replace(/^\uFEFF/, '')),
    )
    // What others wrote is there in its order, letter by letter, blanks and commas beside ours apart.
    let at = 0
    for (const word of text.match(/[^\s,{}[\]]+/g) ?? []) {
      at = edited.indexOf(word, at)
      t.ok(at >= 0, word)
      at += word.length
    }
    for (const line of text.split(/\r?\n/).filter(each => each.includes('echo hi')))
      t.ok(
        edited.includes(line.slice(0, line.indexOf('] }') + 3)),
        'a line of theirs is no other one',
      )
  })

t.test('what others add afterwards stays when ours go', async t => {
  const edited = withHooks('{\n  "model": "opus"\n}\n', hooks)
  const theirs = '{"hooks":[{"type":"command","command":"echo theirs"}]},\n      {'
  const added = edited.replace('"SessionStart": [\n      {', `"SessionStart": [\n      ${theirs}`)
  t.not(added, edited)
  const rest = withoutHooks(added, hooks, '{\n  "model": "opus"\n}\n')
  t.same(parse(rest), {
    model: 'opus',
    hooks: { SessionStart: [{ hooks: [{ type: 'command', command: 'echo theirs' }] }] },
  })
})

t.test('a hook that was put into our group keeps the group', async t => {
  const ours = {
    hooks: { SessionStart: [{ hooks: [hooks.SessionStart, { type: 'command', command: 'x' }] }] },
  }
  t.same(parse(withoutHooks(JSON.stringify(ours), hooks, null)), {
    hooks: { SessionStart: [{ hooks: [{ type: 'command', command: 'x' }] }] },
  })
})

t.test('the hooks of an older place are replaced, not doubled', async t => {
  const older = {
    SessionStart: {
      ...hooks.SessionStart,
      command: "'/home/a b/bin/claude-auth' hook session-start",
    },
  }
  const edited = withHooks(withHooks('{"model": "opus"}', older), hooks)
  t.notOk(edited.includes('/home/a b'))
  t.ok(hasHooks(edited, hooks))
})

t.test('text that is no settings is refused in words', async t => {
  for (const text of [
    'not json',
    '[]',
    '"text"',
    '{"hooks": 1}',
    '{"hooks": {"SessionStart": 1}}',
    '{"a": }',
  ])
    t.throws(() => withHooks(text, hooks), { message: /^(?:is|has) / }, text)
})

t.test('any settings come back as they were', async t => {
  const key = fc.constantFrom('model', 'env', 'a b', 'hooks2', '"quoted"')
  fc.assert(
    fc.property(
      fc.dictionary(key, fc.jsonValue()),
      fc.constantFrom(0, 2, '\t'),
      (settings, indent) => {
        const text = JSON.stringify(settings, null, indent)
        const edited = withHooks(text, hooks)
        t.same(JSON.parse(withoutHooks(edited, hooks, text)), JSON.parse(text))
      },
    ),
    { numRuns: 100 },
  )
})
