// Contract: which hooks run, when, with what, and what they can do; and which settings the client skips.

import { existsSync, readFileSync } from 'node:fs'
import { answerOf, type Place, type Statement } from './place.js'

/** A hook that adds a line to `log`, in the client's own form. */
function hook(at: Place, line = 'ran', log = 'log') {
  return { hooks: [{ type: 'command', command: `echo "${line}" >>'${at.path(log)}'` }] }
}

function logged(at: Place, log = 'log'): string[] {
  const file = at.path(log)
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
}

function saidOn(at: Place, event: string, ofStdin = 'cat'): Record<string, unknown> {
  return {
    hooks: {
      [event]: [{ hooks: [{ type: 'command', command: `${ofStdin} >'${at.path('stdin')}'` }] }],
    },
  }
}

const stdinOf = (at: Place) =>
  existsSync(at.path('stdin')) ? (JSON.parse(at.text('stdin')) as Record<string, unknown>) : null

const repairs = (when: string, first: 'none' | 'blank' | 'dead' | 'revoked'): Statement => ({
  when: `SessionStart repairs a login that is ${when}`,
  expected: 'answers',
  see: async start => {
    const at = await start({ login: first })
    at.home.write(at.path('good'), JSON.stringify({ claudeAiOauth: at.signIn() }))
    const command = `cp '${at.path('good')}' '${at.home.paths.loginFile}'`
    at.settings({ hooks: { SessionStart: [{ hooks: [{ type: 'command', command }] }] } })
    return answerOf(await at.ask())
  },
})

export const hooks: Statement[] = [
  {
    when: 'with `-p` these run',
    expected: 'SessionStart UserPromptSubmit SessionEnd',
    see: async start => {
      const at = await start()
      const events = ['SessionEnd', 'UserPromptSubmit', 'SessionStart', 'StopFailure']
      at.settings({ hooks: Object.fromEntries(events.map(event => [event, [hook(at, event)]])) })
      await at.ask()
      return logged(at).join(' ')
    },
  },
  {
    when: 'SessionStart of an expired login comes',
    expected: 'after the refresh',
    see: async start => {
      const at = await start({ login: 'expired' })
      at.settings({ hooks: { SessionStart: [hook(at)] } })
      let before: boolean | null = null
      at.onRequest(({ record }) => {
        if (record.endpoint === 'token') before ??= logged(at).length > 0
      })
      await at.ask()
      return before === null ? 'without a refresh' : `${before ? 'before' : 'after'} the refresh`
    },
  },
  repairs('missing', 'none'),
  repairs('blank', 'blank'),
  repairs('expired and dead', 'dead'),
  repairs('revoked', 'revoked'),
  {
    when: 'the stdin of SessionStart has',
    expected: 'session_id transcript_path cwd hook_event_name source',
    see: async start => {
      const at = await start()
      at.settings(saidOn(at, 'SessionStart'))
      await at.ask()
      const found = stdinOf(at) ?? {}
      const relied = ['session_id', 'transcript_path', 'cwd', 'hook_event_name', 'source']
      return relied.filter(name => typeof found[name] === 'string').join(' ')
    },
  },
  {
    when: 'the environment of a hook has',
    expected: 'CLAUDE_PROJECT_DIR CLAUDECODE CLAUDE_CODE_SESSION_ID',
    see: async start => {
      const at = await start()
      at.settings(saidOn(at, 'SessionStart', 'env'))
      await at.ask()
      const names = at
        .text('stdin')
        .split('\n')
        .map(line => line.replace(/=.*/, ''))
      return ['CLAUDE_PROJECT_DIR', 'CLAUDECODE', 'CLAUDE_CODE_SESSION_ID']
        .filter(name => names.includes(name))
        .join(' ')
    },
  },
  {
    when: 'StopFailure after a 401 says (best effort: one of three runs)',
    expected: 'authentication_failed',
    see: async start => {
      for (let turn = 0; turn < 3; turn++) {
        const at = await start({ login: 'long-lived' })
        at.authority.revokeAccess(at.login()?.accessToken ?? '')
        at.settings(saidOn(at, 'StopFailure'))
        await at.ask()
        const said = stdinOf(at)
        if (said !== null) return String(said['error'])
      }
      return 'nothing'
    },
  },
  {
    when: 'the reason that SessionEnd gives after `-p`',
    expected: 'other',
    see: async start => {
      const at = await start()
      at.settings(saidOn(at, 'SessionEnd'))
      await at.ask()
      return String(stdinOf(at)?.['reason'])
    },
  },
  {
    when: 'UserPromptSubmit says {"decision":"block"} in `-p`',
    expected: 'exit 0, no request to the model, the reason shown',
    see: async start => {
      const at = await start()
      const command = `echo '{"decision":"block","reason":"because of us"}'`
      at.settings({ hooks: { UserPromptSubmit: [{ hooks: [{ type: 'command', command }] }] } })
      const { code, stdout, stderr } = await at.ask()
      const asked = at.signedBy() === 'nothing' ? 'no request' : 'a request'
      const isShown = `${stdout}${stderr}`.includes('because of us')
      return `exit ${code}, ${asked} to the model, the reason ${isShown ? 'shown' : 'hidden'}`
    },
  },
  {
    when: 'env in a project’s settings reaches a hook of the user’s',
    expected: 'yes',
    see: async start => {
      const at = await start()
      at.settings({ hooks: { SessionStart: [hook(at, '$OF_THE_PROJECT')] } })
      at.settings({ env: { OF_THE_PROJECT: 'yes' } }, 'project/.claude/settings.json')
      await at.run('claude', ['-p', 'hi'], { cwd: at.path('project') })
      return logged(at).join(' ') || 'no'
    },
  },
]

interface Fault {
  when: string
  /** Of the text of settings with two hooks of SessionStart, the second is whole, one of another event, and `env`. */
  edit: (text: string) => string
  expected: Statement['expected']
}

const whole = 'all hooks run, env read'
const nothing = 'no hook runs, env not read'
const entry = 'all hooks but it run, env read'
const eventOnly = 'only hooks of other events run, env read'
const noHooks = 'no hook runs, env read'
/** Newer clients skip what is at fault; older ones the file. */
const orFile = (expected: string): Fault['expected'] => ({ new: expected, old: nothing })

const faults: Fault[] = [
  { when: 'plain JSON', edit: text => text, expected: whole },
  {
    when: 'a byte order mark and CRLF',
    edit: text => `\uFEFF${text.replaceAll('\n', '\r\n')}`,
    expected: whole,
  },
  { when: 'a comment', edit: text => `// ours\n${text}`, expected: nothing },
  { when: 'a trailing comma', edit: text => text.replace(/\n\}$/, ',\n}'), expected: nothing },
  ofFirst('a flat entry (no `hooks` array)', ({ hooks: [each] }) => each, orFile(entry)),
  ofFirst('a matcher without hooks', () => ({ matcher: '*' }), orFile(entry)),
  ofFirst('an entry that is text', () => 'echo one', orFile(entry)),
  ofFirst(
    'an entry whose hooks are no list',
    ({ hooks: [each] }) => ({ hooks: each }),
    orFile(entry),
  ),
  ofFirst('an entry whose matcher is no text', all => ({ ...all, matcher: 5 }), orFile(entry)),
  ofHook('a hook that is text', () => 'echo one', orFile(entry)),
  ofHook('a hook without a type', ({ command }) => ({ command }), orFile(entry)),
  ofHook('a hook of a type that does not exist', all => ({ ...all, type: 'magic' }), orFile(entry)),
  ofHook('a command hook without a command', () => ({ type: 'command' }), orFile(entry)),
  ofHook('a hook whose command is no text', all => ({ ...all, command: 1 }), orFile(entry)),
  ofHook('a hook whose timeout is no number', all => ({ ...all, timeout: 'x' }), orFile(entry)),
  ofEvents('an event that is one entry', ([first]) => first, eventOnly),
  ofEvents('an event that is null', () => null, eventOnly),
  ofHooks('hooks that are a list', []),
  ofHooks('hooks that are null', null),
  ofFirst(
    'an entry with a faulty hook beside a whole one',
    ({ hooks }) => ({ hooks: [{ type: 'command' }, ...hooks] }),
    orFile(whole),
  ),
  ofKey('a key that is not known', 'ours', 1, whole),
  ofKey('a model that is no text', 'model', 5, nothing),
  ofKey('permissions whose rules are no list', 'permissions', { allow: 'x' }, nothing),
  ofKey('a rule that is no text', 'permissions', { allow: [5] }, whole),
  ofKey('disableAllHooks that is text', 'disableAllHooks', 'yes', nothing),
  ofKey('cleanupPeriodDays that is text', 'cleanupPeriodDays', 'x', nothing),
  ofEnv('a variable that is null', { A: null }, whole),
  ofEnv('a variable that is an object', { A: {} }, whole),
]

function ofKey(when: string, key: string, value: unknown, expected: Fault['expected']): Fault {
  return { when, edit: text => changed(text, all => ({ ...all, [key]: value })), expected }
}

function ofEnv(when: string, more: object, expected: Fault['expected']): Fault {
  const edit = (text: string) => changed(text, all => ({ ...all, env: { ...all.env, ...more } }))
  return { when, edit, expected }
}

interface Whole {
  env: object
  hooks: Record<string, unknown>
}

interface Command {
  type: string
  command: string
}

function changed(text: string, change: (settings: Whole) => unknown): string {
  return JSON.stringify(change(JSON.parse(text)), null, 2)
}

function ofHooks(when: string, hooks: unknown): Fault {
  return { when, edit: text => changed(text, all => ({ ...all, hooks })), expected: noHooks }
}

function ofEvents(
  when: string,
  change: (entries: { hooks: Command[] }[]) => unknown,
  expected: Fault['expected'],
): Fault {
  const edit = (text: string) =>
    changed(text, all => {
      const SessionStart = change(all.hooks['SessionStart'] as { hooks: Command[] }[])
      return { ...all, hooks: { ...all.hooks, SessionStart } }
    })
  return { when, edit, expected }
}

function ofFirst(
  when: string,
  change: (entry: { hooks: Command[] }) => unknown,
  expected: Fault['expected'],
): Fault {
  return ofEvents(when, ([first, ...rest]) => [first && change(first), ...rest], expected)
}

function ofHook(
  when: string,
  change: (hook: Command) => unknown,
  expected: Fault['expected'],
): Fault {
  const inEntry = ({ hooks: [each] }: { hooks: Command[] }) => ({ hooks: [each && change(each)] })
  return ofFirst(when, inEntry, expected)
}

const ranWords: Record<string, string> = {
  'one other two': 'all hooks run',
  'other two': 'all hooks but it run',
  other: 'only hooks of other events run',
  '': 'no hook runs',
}

export const settings: Statement[] = faults.map(({ when, edit, expected }) => ({
  when: `settings with ${when}`,
  expected,
  see: async start => {
    const at = await start()
    const env = { ANTHROPIC_AUTH_TOKEN: 'another-token' }
    const hooks = {
      SessionStart: [hook(at, 'one'), hook(at, 'two')],
      UserPromptSubmit: [hook(at, 'other')],
    }
    at.settings(edit(JSON.stringify({ env, hooks }, null, 2)))
    await at.ask()
    const ran = [...logged(at)].sort().join(' ')
    const isRead = at.signedBy() !== 'the login file'
    return `${ranWords[ran] ?? ran}, env ${isRead ? 'read' : 'not read'}`
  },
}))

/** An /etc of its own, with what stands in the home's folder `managed` as the client's managed settings. */
function ownEtc(at: Place): string {
  const layer = at.path('layer')
  return `mkdir '${layer}' && mount -t tmpfs layer '${layer}' && mkdir '${layer}/upper' '${layer}/work' &&
mount -t overlay etc -o 'lowerdir=/etc,upperdir=${layer}/upper,workdir=${layer}/work' /etc &&
mkdir -p /etc/claude-code && cp -r '${at.path('managed')}/.' /etc/claude-code/ || exit 99`
}

function managed(
  when: string,
  files: (at: Place) => Record<string, unknown>,
  expected: Statement['expected'],
  words = '',
): Statement {
  return {
    when,
    asRoot: true,
    expected,
    see: async start => {
      const at = await start()
      for (const [file, content] of Object.entries(files(at)))
        at.settings(content as string, file.startsWith('/') ? `managed${file}` : file)
      const before = `${ownEtc(at)}\n${words && `exec claude -p hi ${words}`}`
      const ended = await at.askAfter(before, true)
      // Hooks of one event run at the same time.
      return `${answerOf(ended)}, hooks: ${logged(at).sort().join(' ') || 'none'}`
    },
  }
}

const dropIn = '/managed-settings.d/50-ours.json'
const start = (at: Place, line: string) => ({ hooks: { SessionStart: [hook(at, line)] } })
const user = '.claude/settings.json'

export const managedSettings: Statement[] = [
  managed(
    'managed-settings.json and a drop-in',
    at => ({ '/managed-settings.json': start(at, 'file'), [dropIn]: start(at, 'drop-in') }),
    'answers, hooks: drop-in file',
  ),
  managed(
    'the same with the user’s disableAllHooks',
    at => ({
      [dropIn]: start(at, 'drop-in'),
      [user]: { ...start(at, 'user'), disableAllHooks: true },
    }),
    'answers, hooks: drop-in',
  ),
  managed(
    'the same with --setting-sources ""',
    at => ({ [dropIn]: start(at, 'drop-in'), [user]: start(at, 'user') }),
    'answers, hooks: drop-in',
    '--setting-sources ""',
  ),
  managed(
    'allowManagedHooksOnly',
    at => ({
      [dropIn]: { ...start(at, 'drop-in'), allowManagedHooksOnly: true },
      [user]: start(at, 'user'),
    }),
    'answers, hooks: drop-in',
  ),
  managed('a malformed drop-in', () => ({ [dropIn]: '{' }), 'fails (1), hooks: none'),
  managed(
    'a drop-in with a key of another form, beside a whole file',
    at => ({
      [dropIn]: { ...start(at, 'drop-in'), model: 5 },
      '/managed-settings.json': start(at, 'file'),
    }),
    'answers, hooks: drop-in file',
  ),
  managed(
    'a drop-in with a faulty entry of hooks',
    at => ({ [dropIn]: { hooks: { SessionStart: [{ matcher: '*' }, hook(at, 'drop-in')] } } }),
    { new: 'answers, hooks: drop-in', old: 'fails (1), hooks: none' },
  ),
  managed(
    'a drop-in with an event that is no list, beside a whole file',
    at => ({
      [dropIn]: {
        hooks: { SessionStart: hook(at, 'drop-in'), UserPromptSubmit: [hook(at, 'other')] },
      },
      '/managed-settings.json': start(at, 'file'),
    }),
    'answers, hooks: file other',
  ),
  managed(
    'a drop-in with a comment',
    at => ({ [dropIn]: `// ours\n${JSON.stringify(start(at, 'drop-in'))}` }),
    'fails (1), hooks: none',
  ),
]
