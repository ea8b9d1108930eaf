// Files that others could have put there are not read, and doctor says which, and what to type.

import { chmodSync, copyFileSync, mkdirSync, renameSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { findsFault, healthy } from '../kit/doctor.js'
import type { Sandbox } from '../kit/sandbox.js'

/** A folder that all may write to, inside the home. */
function shared({ home }: Sandbox): string {
  const folder = join(home.path, 'shared')
  mkdirSync(folder)
  chmodSync(folder, 0o777)
  return folder
}

/** The file goes to the shared folder, and a link stands in its place. */
function linkAway(box: Sandbox, path: string): void {
  const away = join(shared(box), 'away')
  renameSync(path, away)
  symlinkSync(away, path)
}

/** Each makes one file unread, and gives the variables that name it. */
const cases: Record<string, (box: Sandbox) => Record<string, string>> = {
  'the client’s configuration': box => {
    linkAway(box, box.home.paths.clientConfig)
    return {}
  },
  'the client’s settings': box => {
    const path = join(box.home.path, '.claude/settings.json')
    box.home.write(path, '{"env":{}}')
    linkAway(box, path)
    return {}
  },
  'a profile of Anthropic’s tools': box => {
    const folder = shared(box)
    const profile = { authentication: { type: 'user_oauth' } }
    box.home.write(join(folder, 'configs/default.json'), JSON.stringify(profile))
    return { ANTHROPIC_CONFIG_DIR: folder }
  },
  'a profile in the home': box => {
    const folder = shared(box)
    const profile = { authentication: { type: 'user_oauth' } }
    box.home.write(join(folder, 'configs/default.json'), JSON.stringify(profile))
    mkdirSync(join(box.home.path, '.config'), { recursive: true })
    symlinkSync(folder, join(box.home.path, '.config/anthropic'))
    return {}
  },
  'a place for temporary files': box => ({ CLAUDE_CODE_TMPDIR: shared(box) }),
  'what such a profile signs with': box => {
    const folder = join(box.home.path, 'tools-of-anthropic')
    const credentials_path = join(shared(box), 'credentials.json')
    const profile = { authentication: { type: 'user_oauth', credentials_path } }
    box.home.write(join(folder, 'configs/default.json'), JSON.stringify(profile))
    box.home.write(credentials_path, '{}')
    return { ANTHROPIC_CONFIG_DIR: folder }
  },
  'a folder of authorities': box => ({ SSL_CERT_DIR: shared(box) }),
  'a certificate of one’s own': box => {
    const path = join(shared(box), 'own.pem')
    copyFileSync(box.proxy.caFile, path)
    return { CLAUDE_CODE_CLIENT_CERT: path, CLAUDE_CODE_CLIENT_KEY: path }
  },
}

for (const [name, put] of Object.entries(cases))
  t.test(name, async t => {
    const box = await healthy(t)
    const env = put(box)
    const found = await findsFault(t, box, 'unread-files', { fixable: true, more: { env } })
    t.match(found.message, /(is not read|does not count): .* is writable by others/)
    t.equal(found.hint, `chmod go-w ${join(box.home.path, 'shared')}`)
  })

t.test('the file of authorities that the environment names', async t => {
  const box = await healthy(t)
  const path = join(shared(box), 'extra.pem')
  copyFileSync(box.proxy.caFile, path)
  const more = { env: { NODE_EXTRA_CA_CERTS: path } }
  const found = await findsFault(t, box, 'network', { fixable: false, more })
  t.match(found.message, /NODE_EXTRA_CA_CERTS names .* is not read: .*shared is writable by others/)
  t.equal(found.hint, `chmod go-w ${join(box.home.path, 'shared')}`)
})
