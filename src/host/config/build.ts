// Reads, checks, merges and resolves the config files: what a launch skips as long as nothing changed.

import type { Person } from '../person.js'
import { checkConfigFile } from './check.js'
import { mergeConfig } from './merge.js'
import { invalidConfig, type Path, type Problem } from './problem.js'
import { resolveConfig } from './resolve.js'
import type { Config } from './resolved.js'
import { readRoster } from './roster.js'
import { type ConfigSource, configSource } from './source.js'
import { userPath } from './template.js'
import { emptyFile, readYamlFile } from './yaml-file.js'

/** `folder`: the login folder in use. `vaultToken`: the default place of the Vault token. */
export interface BuildInputs {
  system: ConfigSource
  user: ConfigSource
  person: Person
  folder: string
  vaultToken: string
}

/**
 * @returns the configuration, and the roster it depends on
 * @throws AuthError `config-invalid` with all problems; as `configSource` does
 */
export function buildConfig(inputs: BuildInputs): { config: Config; roster: ConfigSource | null } {
  const { person } = inputs
  const [systemFile, userFile] = [inputs.system, inputs.user].map(source =>
    source.exists ? readYamlFile(source.path) : emptyFile(source.path),
  ) as [ReturnType<typeof emptyFile>, ReturnType<typeof emptyFile>]
  const system = checkConfigFile(systemFile)
  const user = checkConfigFile(userFile)
  refuse([...system.problems, ...user.problems])

  const merged = mergeConfig(system.data, user.data)
  const problems: Problem[] = []
  const report = (path: Path, what: string): void => {
    const file = merged.isUsers(path) || !inputs.system.exists ? userFile : systemFile
    problems.push(file.problem(path, what))
  }

  let roster: ConfigSource | null = null
  let found: ReturnType<typeof readRoster> | null = null
  if (merged.data.roster) {
    roster = configSource('roster', userPath(merged.data.roster, person.home), person.uid)
    if (roster.exists) {
      found = readRoster(roster.path, person.user)
      problems.push(...found.problems)
    } else report(['roster'], `expected a roster, but there is no ${roster.path}`)
  }
  const config = resolveConfig({
    merged,
    system: system.data,
    systemPath: inputs.system.path,
    roster: roster && { file: roster.path, entry: found?.entry ?? null },
    userPath: inputs.user.path,
    person,
    folder: inputs.folder,
    vaultToken: inputs.vaultToken,
    report,
  })
  refuse(problems)
  return { config, roster }
}

function refuse(problems: Problem[]): void {
  if (problems.length > 0) throw invalidConfig(problems)
}
