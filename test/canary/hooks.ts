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

interface Skipped {
  when: string
  /** Of the text of settings with two hooks; the second is whole. */
  edit: (text: string) => string
  expected: Statement['expected']
}

const both = 'both hooks run'
const none = 'none runs'
const second = 'the second runs'
const skipped: Skipped[] = [
  { when: 'plain JSON', edit: text => text, expected: both },
  {
    when: 'a byte order mark and CRLF',
    edit: text => `\uFEFF${text.replaceAll('\n', '\r\n')}`,
    expected: both,
  },
  { when: 'a comment', edit: text => `// ours\n${text}`, expected: none },
  { when: 'a trailing comma', edit: text => text.replace(/\n\}$/, ',\n}'), expected: none },
  {
    when: 'a flat entry (no `hooks` array)',
    edit: text => changed(text, ({ hooks: [each] }) => each),
    expected: { new: second, old: none },
  },
  {
    when: 'a matcher without hooks',
    edit: text => changed(text, () => ({ matcher: '*' })),
    expected: { new: second, old: none },
  },
]

/** The same faults, and what is left of the rest of the file. */
const besideFault: {
  when: string
  edit: (text: string) => string
  expected: Statement['expected']
}[] = [
  ...skipped.map(({ when, edit, expected }) => ({
    when,
    edit,
    expected: (typeof expected === 'string'
      ? expected === none
        ? 'not read'
        : 'read'
      : { new: 'read', old: 'not read' }) as Statement['expected'],
  })),
  {
    when: 'an event whose hooks are no list',
    edit: text => {
      const settings = JSON.parse(text)
      settings.hooks.SessionStart = settings.hooks.SessionStart[0]
      return JSON.stringify(settings)
    },
    expected: 'read',
  },
  {
    when: 'hooks that are no object',
    edit: text => JSON.stringify({ ...JSON.parse(text), hooks: [] }),
    expected: 'read',
  },
  {
    when: 'a hook whose command is no text',
    edit: text => changed(text, () => ({ hooks: [{ type: 'command', command: 1 }] })),
    expected: { new: 'read', old: 'not read' },
  },
]

function changed(text: string, change: (entry: { hooks: unknown[] }) => unknown): string {
  const settings = JSON.parse(text)
  const [first, ...rest] = settings.hooks.SessionStart
  settings.hooks.SessionStart = [change(first), ...rest]
  return JSON.stringify(settings, null, 2)
}

const ran = (lines: string[]) =>
  ({ '': none, 'one two': both, two: second, one: 'the first runs' })[
    [...lines].sort().join(' ')
  ] ?? lines.join(' ')

export const settings: Statement[] = [...hooksRun(), ...envRead()]

function envRead(): Statement[] {
  return besideFault.map(({ when, edit, expected }) => ({
    when: `env in settings with ${when}`,
    expected,
    see: async start => {
      const at = await start()
      const env = { ANTHROPIC_AUTH_TOKEN: 'another-token' }
      const entries = { env, hooks: { SessionStart: [hook(at, 'one'), hook(at, 'two')] } }
      at.settings(edit(JSON.stringify(entries, null, 2)))
      await at.ask()
      return at.signedBy() === 'the login file' ? 'not read' : 'read'
    },
  }))
}

function hooksRun(): Statement[] {
  return skipped.map(({ when, edit, expected }) => ({
    when: `settings with ${when}`,
    expected,
    see: async start => {
      const at = await start()
      const entries = { hooks: { SessionStart: [hook(at, 'one'), hook(at, 'two')] } }
      at.settings(edit(JSON.stringify(entries, null, 2)))
      await at.ask()
      return ran(logged(at))
    },
  }))
}

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
]
