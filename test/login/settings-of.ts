// Client settings made by hand, for tests of what is read from them.

import type { ClientSettings, SettingsSource } from '../../src/login/client-settings.js'

type Given = Partial<SettingsSource> & Pick<SettingsSource, 'scope'>

/** `given`: the strongest first. */
export function settingsOf(...given: Given[]): ClientSettings {
  const sources = given.map(source => ({
    file: `/${source.scope}.json`,
    env: {},
    apiKeyHelper: null,
    hooks: {},
    disableAllHooks: false,
    allowManagedHooksOnly: false,
    ...source,
  }))
  const env: Record<string, ClientSettings['env'][string]> = {}
  for (const { scope, file, env: own } of [...sources].reverse())
    for (const [name, value] of Object.entries(own)) env[name] = { value, file, scope }
  const helper = sources.find(source => source.apiKeyHelper)
  const apiKeyHelper = helper ? { file: helper.file } : null
  return { sources, env, apiKeyHelper, notes: [], skipped: [] }
}
