// The client's settings files: their order, and what a bad one does.

import { join } from 'node:path'
import t from 'tap'
import { readClientSettings, settingsFolder } from '../../src/host/client-settings.js'

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

t.test('comments and trailing commas are let pass', async t => {
  const folder = t.testdir({
    'settings.json':
      '\uFEFF{ // mine\n "env": {"A": 1, "B": true, "C": null,},\n "apiKeyHelper": "/x",\n}',
  })
  const found = await readClientSettings({ folder, cwd: '/nowhere', managedFolder: '/nowhere' })
  t.equal(found.env['A']?.value, '1')
  t.equal(found.env['B']?.value, 'true')
  t.equal(found.env['C'], undefined)
  t.same(found.apiKeyHelper, { file: join(folder, 'settings.json') })
})

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
    'settings.json': '{"env": ["A=1"], "apiKeyHelper": " ", "other": 1}',
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
