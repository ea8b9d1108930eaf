// Reads, checks, merges and resolves the config files: the work that a launch skips while they are unchanged.

import { AuthError, quoted } from '../system/trouble.js'
import type { Person } from '../system/users.js'
import { isAdminKey, sectionOf } from './admin.js'
import { asMisfit, invalidConfig, type Misfit, type Path, type Problem } from './problem.js'
import { type Config, mergeConfig, resolveConfig } from './resolve.js'
import { type RosterEntry, readRoster } from './roster.js'
import { checkConfigFile } from './schema.js'
import { type ConfigSource, configSource } from './source.js'
import { userPath } from './template.js'
import { emptyFile, readYamlFile } from './yaml.js'

/** `folder`: the login folder in use. `vaultToken`: the default place of the Vault token. */
export interface BuildInputs {
  system: ConfigSource
  user: ConfigSource
  person: Person
  folder: string
  vaultToken: string
  /** An admin's command needs its sections whole; a login does not. */
  isForAdmin: boolean
}

/**
 * @returns the configuration, and the roster it depends on
 * @throws AuthError `config-invalid` with all problems of the configuration files. What does not fit this user, the
 * roster included, and what is wrong in the sections of an admin's commands is in `misfits`.
 */
export function buildConfig(inputs: BuildInputs): { config: Config; roster: ConfigSource | null } {
  const { person } = inputs
  const [systemFile, userFile] = [inputs.system, inputs.user].map(source =>
    source.exists ? readYamlFile(source.path) : emptyFile(source.path),
  ) as [ReturnType<typeof emptyFile>, ReturnType<typeof emptyFile>]
  const system = checkConfigFile(systemFile)
  const user = checkConfigFile(userFile)
  const problems = [...system.problems, ...user.problems]
  const misfits: Misfit[] = []
  const isApart = ({ key }: Problem) => !inputs.isForAdmin && isAdminKey(key)
  refuse(problems.filter(problem => !isApart(problem)))
  misfits.push(...problems.filter(isApart).map(asMisfit))

  const merged = mergeConfig(system.data, user.data)
  const at = (path: Path, what: string): Problem => {
    const file = merged.isUsers(path) || !inputs.system.exists ? userFile : systemFile
    return file.problem(path, what)
  }
  const misfit = (path: Path, what: string): void => {
    misfits.push(asMisfit(at(path, what)))
  }
  const roster =
    merged.data.roster === undefined ? null : rosterAt(merged.data.roster, inputs, misfit)
  misfits.push(...(roster?.misfits ?? []))
  const found: Problem[] = []
  const config = resolveConfig({
    merged,
    system: system.data,
    systemPath: inputs.system.path,
    roster: roster && { file: roster.path, entry: roster.entry },
    userPath: inputs.user.path,
    person,
    folder: inputs.folder,
    vaultToken: inputs.vaultToken,
    report: (path, what) => found.push(at(path, what)),
    misfit,
  })
  refuse(found.filter(problem => !isApart(problem)))
  misfits.push(...found.filter(isApart).map(asMisfit))
  // What stands for a section that is wrong is nothing that this user wrote.
  const wrong = new Set(user.problems.map(({ key }) => sectionOf(key)))
  const overruled = config.overruled.filter(key => !wrong.has(sectionOf(key)))
  return { config: { ...config, misfits, overruled }, roster: roster?.source ?? null }
}

/** What the roster says of this user. One that can't be read, or is not believed, says nothing. */
function rosterAt(
  text: string,
  { person }: BuildInputs,
  misfit: (path: Path, what: string) => void,
): { path: string; entry: RosterEntry | null; source: ConfigSource | null; misfits: Misfit[] } {
  const path = userPath(text, person.home)
  const nothing = { path, entry: null, source: null, misfits: [] }
  try {
    const source = configSource('roster', path, person.uid)
    if (source.exists) {
      const { entry, problems } = readRoster(path, person.user)
      return { path, entry, source, misfits: problems.map(asMisfit) }
    }
    misfit(['roster'], `expected a roster, but there is no ${path}`)
    return { ...nothing, source }
  } catch (error) {
    if (!(error instanceof AuthError)) throw error
    const { message: what, hint } = error
    return { ...nothing, misfits: [{ key: 'roster', what, hint: hint ?? `ls -l ${quoted(path)}` }] }
  }
}

function refuse(problems: Problem[]): void {
  if (problems.length > 0) throw invalidConfig(problems)
}
