// The client's settings files: their order, and what a bad one does.

import { join } from 'node:path'
import t from 'tap'
import { readClientSettings, settingsFolder } from '../../src/login/client-settings.js'

const settings = (env: Record<string, unknown>, more: Record<string, unknown> = {}) =>
  JSON.stringify({ env, ...more })

t.test('managed is before local, local before project, project before user', async t => {
  const folder = t.testdir({
    managed: {
      'managed-settings.json': settings({ M: 'base', D: 'base' }),
      'managed-settings.d': {
        '10-a.json': settings({ D: '10', A: 'managed' }),
        '20-b.json': settings({ D: '20' }),
        '.hidden.json': settings({ D: 'hidden' }),
        'notes.txt': 'no settings',
      },
    },
    project: {
      '.claude': {
        'settings.local.json': settings({ A: 'local', B: 'local' }),
        'settings.json': settings({ A: 'project', B: 'project', C: 'project' }),
      },
    },
    user: { 'settings.json': settings({ A: 'user', B: 'user', C: 'user', E: 'user', M: 'user' }) },
  })
  const found = await readClientSettings({
    folder: join(folder, 'user'),
    cwd: join(folder, 'project'),
    managedFolder: join(folder, 'managed'),
  })
  const values = Object.fromEntries(
    Object.entries(found.env).map(([name, { value, scope }]) => [name, `${value} ${scope}`]),
  )
  t.same(values, {
    A: 'managed managed',
    B: 'local local',
    C: 'project project',
    D: '20 managed',
    E: 'user user',
    M: 'base managed',
  })
  t.equal(found.env['D']?.file, join(folder, 'managed/managed-settings.d/20-b.json'))
  t.same(found.notes, [])
})

t.test('UTF-16 is read where the client reads it: little-endian, behind its mark', async t => {
  const text = JSON.stringify({ env: { A: 'ä' }, apiKeyHelper: '/x' }, null, 2)
  const little = Buffer.from(`\uFEFF${text.replaceAll('\n', '\r\n')}`, 'utf16le')
  const read = async (bytes: Buffer) => {
    const folder = t.testdir({ 'settings.json': bytes })
    return readClientSettings({ folder, cwd: '/nowhere', managedFolder: '/nowhere' })
  }
  const found = await read(little)
  t.same(found.notes, [])
  t.equal(found.env['A']?.value, 'ä')
  t.ok(found.apiKeyHelper)
  for (const bytes of [little.subarray(2), Buffer.from(little).swap16()])
    t.match((await read(bytes)).notes, [{ why: 'is not a JSON object' }])
})

t.test('of a file with a comment or a trailing comma nothing is read', async t => {
  const loose: [text: string, line: number][] = [
    ['\uFEFF{ // mine\n "env": {"A": 1},\n "apiKeyHelper": "/x"\n}', 1],
    ['{\n "env": {"A": 1}, /* why */\n "apiKeyHelper": "/x"\n}', 2],
    ['{\r\n "env": {"A": 1},\r\n "apiKeyHelper": "/x",\r\n}', 4],
    ['{"env": {"A": 1,\n}, "apiKeyHelper": "/x"}', 2],
    ['{"env": {"A": "//"},\n "x": [1,\n2,\n] }', 4],
  ]
  for (const [text, line] of loose) {
    const folder = t.testdir({ 'settings.json': text })
    const found = await readClientSettings({ folder, cwd: '/nowhere', managedFolder: '/nowhere' })
    const why = `has a comment or a trailing comma in line ${line}`
    t.same(found.notes, [{ file: join(folder, 'settings.json'), why }], text)
    t.same([found.env, found.apiKeyHelper, found.sources], [{}, null, []], text)
  }
})

t.test('a byte order mark and CRLF are read', async t => {
  const folder = t.testdir({
    'settings.json': '\uFEFF{\r\n "env": {"A": 1, "B": true, "C": null}}',
  })
  const found = await readClientSettings({ folder, cwd: '/nowhere', managedFolder: '/nowhere' })
  t.same([found.env['A']?.value, found.env['B']?.value, found.env['C']], ['1', 'true', undefined])
  t.same([found.notes, found.skipped], [[], []])
})

t.test('an entry that the client skips is named with its line, and the rest counts', async t => {
  const hook = { type: 'command', command: 'x' }
  const refuses = 'refuses-file'
  const skipped: [hooks: unknown, line: number, why: RegExp, older: string | null][] = [
    [{ Stop: [{ hooks: [hook] }, hook] }, 15, /of Stop without "hooks"/, refuses],
    [{ Stop: [{ matcher: '*' }] }, 7, /of Stop without hooks/, refuses],
    [{ Stop: [{ hooks: hook }] }, 7, /whose hooks are no list/, refuses],
    [{ Stop: [{ hooks: [{ type: 'command' }] }] }, 7, /has no command/, refuses],
    [{ Stop: [{ hooks: [{ command: 'x' }] }] }, 7, /has no type/, refuses],
    [{ Stop: [{ hooks: [{ ...hook, timeout: '5' }] }] }, 7, /timeout is no number/, refuses],
    [{ Stop: [{ hooks: [{ ...hook, timeout: 0 }] }] }, 7, /timeout is not above 0/, refuses],
    [{ Stop: [{ hooks: [{ ...hook, timeout: null }] }] }, 7, /timeout is no number/, refuses],
    [{ Stop: [{ hooks: [{ ...hook, type: 'shell' }] }] }, 7, /type is unknown/, refuses],
    [{ Stop: [{ hooks: [hook, { type: 'prompt' }] }] }, 7, /has no prompt/, refuses],
    [{ Stop: [{ hooks: [{ type: 'http', url: 'here' }] }] }, 7, /url is none/, refuses],
    [{ Stop: [{ hooks: [{ ...hook, async: 'yes' }] }] }, 7, /async is neither/, refuses],
    [{ Stop: [{ hooks: [{ ...hook, once: 1 }] }] }, 7, /once is neither/, refuses],
    [{ Stop: [{ hooks: [{ ...hook, shell: 'fish' }] }] }, 7, /shell is neither bash/, refuses],
    [
      { Stop: [{ hooks: [{ ...hook, statusMessage: 5 }] }] },
      7,
      /statusMessage is no text/,
      refuses,
    ],
    [{ Stop: [{ hooks: [{ ...hook, args: 'x' }] }] }, 7, /args are no list of texts/, refuses],
    [{ Stop: [{ hooks: [hook, 'x'] }] }, 7, /hook that is no object/, refuses],
    [{ Stop: [{ matcher: 5, hooks: [hook] }] }, 7, /matcher is no text/, refuses],
    [{ Stop: [null] }, 7, /no object/, refuses],
    [{ Stop: ['x'] }, 7, /no object/, refuses],
    [{ Stop: hook }, 6, /of Stop that are no list/, null],
    [[], 5, /hooks that are no object/, null],
    [null, 5, /hooks that are no object/, null],
  ]
  for (const [hooks, line, why, older] of skipped) {
    const text = JSON.stringify({ env: { A: 'read' }, hooks }, null, 2)
    const folder = t.testdir({ 'settings.json': text })
    const found = await readClientSettings({ folder, cwd: '/nowhere', managedFolder: '/nowhere' })
    t.match(found.skipped, [{ file: join(folder, 'settings.json'), line, why, older }], text)
    t.equal(found.skipped.length, 1, text)
    t.equal(found.env['A']?.value, 'read', text)
  }
})

t.test('a key of another form than the client wants: nothing of the file counts', async t => {
  const misfits: [key: string, value: unknown, what: string][] = [
    ['cleanupPeriodDays', '30', 'is no number'],
    ['model', 5, 'is no text'],
    ['apiKeyHelper', null, 'is no text'],
    ['verbose', 'yes', 'is neither true nor false'],
    ['companyAnnouncements', 'x', 'is no list of texts'],
    ['companyAnnouncements', [5], 'is no list of texts'],
    ['statusLine', 'x', 'is no object'],
    ['enabledPlugins', [], 'is no object'],
    ['env', ['A=1'], 'is no object'],
    ['permissions', null, 'is no object'],
    ['sshConfigs', {}, 'is no list'],
  ]
  const inner: [key: string, value: unknown, what: string][] = [
    ['permissions', { allow: 'Bash' }, '"permissions.allow" that is no list'],
    ['statusLine', { type: 'command' }, '"statusLine" without a type and a command'],
  ]
  const told = [
    ...misfits.map(([key, value, what]) => [key, value, `"${key}" that ${what}`] as const),
    ...inner,
  ]
  for (const [key, value, what] of told) {
    const own = { other: 1, [key]: value, ...(key === 'env' ? {} : { env: { A: 'own' } }) }
    const folder = t.testdir({
      'settings.json': JSON.stringify(own, null, 2),
      managed: { 'managed-settings.json': settings({ B: 'managed' }) },
    })
    const where = { folder, cwd: '/nowhere', managedFolder: join(folder, 'managed') }
    const found = await readClientSettings(where)
    const line = key === 'permissions' && value !== null ? 4 : 3
    const why = `has a value of ${what} in line ${line}`
    t.same(found.notes, [{ file: join(folder, 'settings.json'), why }], why)
    t.same([found.env['A'], found.env['B']?.value], [undefined, 'managed'], why)
  }
})

t.test('what the client takes is no misfit', async t => {
  const fine = {
    cleanupPeriodDays: 30,
    model: '',
    verbose: false,
    companyAnnouncements: [],
    statusLine: { type: 'command', command: 'x' },
    permissions: { allow: ['Bash', 5], defaultMode: 'plan' },
    theme: 5,
    ours: null,
    env: { A: '1', B: null },
  }
  const folder = t.testdir({ 'settings.json': JSON.stringify(fine) })
  const found = await readClientSettings({ folder, cwd: '/nowhere', managedFolder: '/nowhere' })
  t.same([found.notes, found.skipped, found.env['A']?.value], [[], [], '1'])
})

t.test(
  'in managed settings such a key is skipped alone, and a faulty entry stops 2.1.197',
  async t => {
    const all = { model: 5, env: { A: 'managed' }, hooks: { Stop: [{ matcher: '*' }] } }
    const folder = t.testdir({ 'managed-settings.json': JSON.stringify(all, null, 2) })
    const found = await readClientSettings({ folder, cwd: '/nowhere', managedFolder: folder })
    t.same(found.notes, [])
    t.equal(found.env['A']?.value, 'managed')
    const file = join(folder, 'managed-settings.json')
    t.same(found.skipped, [
      { file, line: 2, why: 'has a value of "model" that is no text', older: null },
      { file, line: 8, why: 'has an entry of Stop without hooks', older: 'refuses-start' },
    ])
  },
)

t.test('a bad file is left out with a note, the others count', async t => {
  const bad: [text: string, why: string][] = [
    ['{"env": {', 'is not a JSON object'],
    ['[1]', 'is not a JSON object'],
    ['"text"', 'is not a JSON object'],
    [' '.repeat(1024 * 1024 + 1), 'is larger than 1 MiB'],
  ]
  for (const [text, why] of bad) {
    const folder = t.testdir({
      user: { 'settings.json': text },
      managed: { 'managed-settings.json': settings({ A: 'managed' }) },
    })
    const found = await readClientSettings({
      folder: join(folder, 'user'),
      cwd: '/nowhere',
      managedFolder: join(folder, 'managed'),
    })
    t.same(found.notes, [{ file: join(folder, 'user', 'settings.json'), why }])
    t.equal(found.env['A']?.value, 'managed')
  }
})

t.test('odd values of known keys are not there', async t => {
  const folder = t.testdir({
    'settings.json': '{"env": {"A": ["1"]}, "apiKeyHelper": " ", "other": 1}',
  })
  const found = await readClientSettings({ folder, cwd: '/nowhere', managedFolder: '/nowhere' })
  t.match(found, { env: {}, apiKeyHelper: null, notes: [] })
  t.equal(found.sources.length, 1)
})

t.test('started in the home, the user’s file is not a project’s', async t => {
  const home = t.testdir({ '.claude': { 'settings.json': settings({ A: '1' }) } })
  const folder = settingsFolder({}, home)
  const found = await readClientSettings({ folder, cwd: home, managedFolder: '/nowhere' })
  t.same(
    found.sources.map(source => source.scope),
    ['user'],
  )
})

t.test('the folder of the settings is CLAUDE_CONFIG_DIR, else ~/.claude', async t => {
  t.equal(settingsFolder({}, '/home/a'), '/home/a/.claude')
  t.equal(settingsFolder({ CLAUDE_CONFIG_DIR: '/cfg' }, '/home/a'), '/cfg')
})
