// Which profile of Anthropic's own tools would sign, as the clients find it (2.1.197 and 2.1.332 on loopback).

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { anthropicProfile, type ProfilePlace } from '../../src/login/credentials.js'

const federation = { authentication: { type: 'oidc_federation' } }
const ownSignIn = { authentication: { type: 'user_oauth' } }

interface Case {
  files: Record<string, unknown>
  place?: Partial<ProfilePlace>
  /** The profile's file in the home, and when it signs. */
  found: [file: string, signs: 'always' | 'no-login'] | null
}

const usual = '.config/anthropic'
const cases: Record<string, Case> = {
  'no profile': { files: {}, found: null },
  'a federation as the default': {
    files: { [`${usual}/configs/default.json`]: federation },
    found: [`${usual}/configs/default.json`, 'always'],
  },
  'one below XDG_CONFIG_HOME': {
    files: { 'xdg/anthropic/configs/default.json': federation },
    place: { configHome: 'xdg' },
    found: ['xdg/anthropic/configs/default.json', 'always'],
  },
  'one in the usual place, with XDG_CONFIG_HOME elsewhere': {
    files: { [`${usual}/configs/default.json`]: federation },
    place: { configHome: 'xdg' },
    found: null,
  },
  'one below ANTHROPIC_CONFIG_DIR': {
    files: { 'own/configs/default.json': federation },
    place: { folder: 'own', configHome: 'xdg' },
    found: ['own/configs/default.json', 'always'],
  },
  'the active one': {
    files: { [`${usual}/active_config`]: 'work\n', [`${usual}/configs/work.json`]: federation },
    found: [`${usual}/configs/work.json`, 'always'],
  },
  'one asked for by name': {
    files: { [`${usual}/active_config`]: 'no', [`${usual}/configs/work.json`]: federation },
    place: { name: 'work' },
    found: [`${usual}/configs/work.json`, 'always'],
  },
  'one asked for that is not there': {
    files: { [`${usual}/configs/default.json`]: federation },
    place: { name: 'work' },
    found: null,
  },
  'a sign-in of its own, as the default': {
    files: {
      [`${usual}/configs/default.json`]: ownSignIn,
      [`${usual}/credentials/default.json`]: {},
    },
    found: [`${usual}/configs/default.json`, 'no-login'],
  },
  'a sign-in of its own, asked for by name': {
    files: { [`${usual}/configs/work.json`]: ownSignIn, [`${usual}/credentials/work.json`]: {} },
    place: { name: 'work' },
    found: [`${usual}/configs/work.json`, 'always'],
  },
  'a sign-in of its own without credentials': {
    files: { [`${usual}/configs/default.json`]: ownSignIn },
    found: null,
  },
  'a broken one': { files: { [`${usual}/configs/default.json`]: '{' }, found: null },
  'a name that leads elsewhere': {
    files: { 'default.json': federation, [`${usual}/configs/x.json`]: federation },
    place: { name: '../../../default' },
    found: null,
  },
}

for (const [name, { files, place = {}, found }] of Object.entries(cases))
  t.test(`${name}: ${found?.[1] ?? 'none'}`, async t => {
    const home = mkdtempSync(join(tmpdir(), 'claude-auth-profile-'))
    t.teardown(() => rmSync(home, { recursive: true, force: true }))
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(home, file)), { recursive: true })
      writeFileSync(
        join(home, file),
        typeof content === 'string' ? content : JSON.stringify(content),
      )
    }
    const within = (folder: string | null | undefined) => (folder ? join(home, folder) : null)
    t.same(
      anthropicProfile({
        folder: within(place.folder),
        configHome: within(place.configHome),
        name: place.name ?? null,
        home,
      }),
      found && { file: join(home, found[0]), signs: found[1] },
    )
  })
