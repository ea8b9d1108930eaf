// What in a settings file of the client's makes it skip an entry, or refuse the whole file. Pure.

import { isObject, type JsonObject } from '../system/json.js'

/** An entry that newer clients skip; `path` leads to it from the top of the file. */
export interface SkippedEntry {
  path: readonly (string | number)[]
  /** To be read after the file and the line. */
  why: string
  /** What client 2.1.197 does then: ignores the whole file, `env` included, or does not start; null: as newer ones. */
  older: 'refuses-file' | 'refuses-start' | null
}

/**
 * The entries that the client skips in settings that are JSON: of hooks, in their order, and in managed settings the key
 * for which it would refuse a file of the user's; each seen with 2.1.197 and 2.1.332 (docs/client-contract.md).
 */
export function skippedEntries(settings: JsonObject, isManaged: boolean): SkippedEntry[] {
  const older = isManaged ? 'refuses-start' : 'refuses-file'
  const hooks = settings['hooks']
  const misfit = isManaged ? misfitIn(settings) : null
  const alone: SkippedEntry[] =
    misfit === null ? [] : [{ path: misfit.path, why: `has ${misfit.what}`, older: null }]
  if (hooks === undefined) return alone
  if (!isObject(hooks))
    return [...alone, { path: ['hooks'], why: 'has hooks that are no object', older: null }]
  const inHooks = Object.entries(hooks).flatMap(([event, groups]): SkippedEntry[] => {
    const path = ['hooks', event]
    if (!Array.isArray(groups))
      return [{ path, why: `has hooks of ${event} that are no list`, older: null }]
    return groups.flatMap((group: unknown, at): SkippedEntry[] => {
      const why = whySkipped(group, event)
      return why === null ? [] : [{ path: [...path, at], why, older }]
    })
  })
  return [...alone, ...inHooks]
}

function whySkipped(group: unknown, event: string): string | null {
  const entry = `has an entry of ${event}`
  if (!isObject(group)) return `${entry} that is no object`
  const hooks = group['hooks']
  if (hooks === undefined)
    return 'command' in group
      ? `${entry} without "hooks": [ ] around its command`
      : `${entry} without hooks`
  if (!Array.isArray(hooks)) return `${entry} whose hooks are no list`
  if (group['matcher'] !== undefined && typeof group['matcher'] !== 'string')
    return `${entry} whose matcher is no text`
  const [fault] = hooks.flatMap(hook => faultOf(hook) ?? [])
  return fault === undefined ? null : `${entry} with a hook ${fault}`
}

type Field = [isFit: (value: unknown) => boolean, otherwise: string]

const isText = (value: unknown) => typeof value === 'string'
const textField: Field = [isText, 'is no text']
const flagField: Field = [value => typeof value === 'boolean', 'is neither true nor false']

/** What may stand in a hook of any type. */
const commonFields: Record<string, Field> = {
  if: textField,
  statusMessage: textField,
  once: flagField,
}

/** The types that 2.1.197 and 2.1.332 know: the texts that each needs, and what else may stand in it. */
const hookTypes: Record<string, { needs: readonly string[]; fields: Record<string, Field> }> = {
  command: {
    needs: ['command'],
    fields: {
      async: flagField,
      asyncRewake: flagField,
      rewakeMessage: textField,
      shell: [
        value => value === 'bash' || value === 'powershell',
        'is neither bash nor powershell',
      ],
      args: [value => Array.isArray(value) && value.every(isText), 'are no list of texts'],
    },
  },
  prompt: { needs: ['prompt'], fields: { model: textField } },
  agent: { needs: ['prompt'], fields: { model: textField } },
  http: { needs: ['url'], fields: { headers: [isObject, 'are no object'] } },
  mcp_tool: { needs: ['server', 'tool'], fields: {} },
}

function faultOf(hook: unknown): string | null {
  if (!isObject(hook)) return 'that is no object'
  const { type, timeout } = hook
  if (typeof type !== 'string') return 'that has no type'
  const known = Object.hasOwn(hookTypes, type) ? hookTypes[type] : undefined
  if (known === undefined) return 'whose type is unknown'
  const missing = known.needs.find(key => !isText(hook[key]))
  if (missing !== undefined) return `that has no ${missing}`
  if (type === 'http' && !URL.canParse(String(hook['url']))) return 'whose url is none'
  if (timeout !== undefined && typeof timeout !== 'number') return 'whose timeout is no number'
  if (timeout !== undefined && timeout <= 0) return 'whose timeout is not above 0'
  for (const [key, [isFit, otherwise]] of Object.entries({ ...commonFields, ...known.fields }))
    if (hook[key] !== undefined && !isFit(hook[key])) return `whose ${key} ${otherwise}`
  return null
}

/** What client 2.1.197 does about an entry, as after `the client skips it`. */
export function olderWords(older: SkippedEntry['older']): string {
  if (older === null) return ''
  return older === 'refuses-file' ? '; 2.1.197 skips the whole file' : '; 2.1.197 does not start'
}

/**
 * The form of the keys for which a value of another form makes 2.1.197 and 2.1.332 refuse the whole file, `env` and all
 * hooks included. Each was tried with both; other keys are left out, or skipped alone, by one of them.
 */
const keysByForm = {
  text: `
    apiKeyHelper proxyAuthHelper awsCredentialExport awsAuthRefresh gcpAuthRefresh model
    defaultShell prUrlTemplate parentSettingsBehavior otelHeadersHelper outputStyle language
    advisorModel agent autoUpdatesChannel minimumVersion requiredMinimumVersion
    requiredMaximumVersion plansDirectory tui totalTokensReminder autoMemoryDirectory
    disableAutoMode claudeMd pluginTrustMessage daemonColdStart`,
  boolean: `
    respectGitignore wslInheritsWindowsSettings includeCoAuthoredBy includeGitInstructions
    enforceAvailableModels enableAllProjectMcpServers disableClaudeAiConnectors disableBundledSkills
    disableAllHooks disableAgentView disableRemoteControl disableWorkflows disableArtifact
    enableArtifact enableWorkflows workflowKeywordTriggerEnabled disableSkillShellExecution
    respondToBashCommands allowManagedHooksOnly allowManagedPermissionRulesOnly
    allowManagedMcpServersOnly allowAllClaudeAiMcps disableSideloadFlags forceRemoteSettingsRefresh
    skipWebFetchPreflight spinnerTipsEnabled syntaxHighlightingDisabled terminalTitleFromRename
    alwaysThinkingEnabled fastMode fastModePerSessionOptIn promptSuggestionEnabled
    awaySummaryEnabled showClearContextOnPlanAccept channelsEnabled prefersReducedMotion
    doneMeansMerged autoMemoryEnabled autoDreamEnabled showThinkingSummaries
    skipDangerousModePermissionPrompt skipWorkflowUsageWarning verbose autoCompactEnabled
    precomputeCompactionEnabled switchModelsOnFlag autoScrollEnabled wheelScrollAccelerationEnabled
    fileCheckpointingEnabled showTurnDuration showMessageTimestamps terminalProgressBarEnabled
    todoFeatureEnabled remoteControlAtStartup isolatePeerMachines autoUploadSessions
    inputNeededNotifEnabled agentPushNotifEnabled`,
  number: `
    cleanupPeriodDays skillListingMaxDescChars skillListingBudgetFraction feedbackSurveyRate
    totalTokensReminderBudget`,
  texts: `
    fallbackModel availableModels allowedHttpHookUrls httpHookAllowedEnvVars
    pluginSuggestionMarketplaces companyAnnouncements claudeMdExcludes`,
  list: `
    allowedChannelPlugins sshConfigs strictKnownMarketplaces blockedMarketplaces`,
  object: `
    env permissions sandbox attribution worktree statusLine fileSuggestion breakReminder quietHours
    modelOverrides skillOverrides enabledPlugins spinnerVerbs pluginConfigs remote voice`,
} as const

type Form = keyof typeof keysByForm

const formWords: Record<Form, string> = {
  text: 'is no text',
  boolean: 'is neither true nor false',
  number: 'is no number',
  texts: 'is no list of texts',
  list: 'is no list',
  object: 'is no object',
}

const isOfForm: Record<Form, (value: unknown) => boolean> = {
  text: value => typeof value === 'string',
  boolean: value => typeof value === 'boolean',
  number: value => typeof value === 'number',
  texts: value => Array.isArray(value) && value.every(each => typeof each === 'string'),
  list: value => Array.isArray(value),
  object: isObject,
}

export interface Misfit {
  path: readonly string[]
  /** As after `has`. */
  what: string
}

/** The first key that makes the client refuse a whole unmanaged file; null: no such key is known. */
export function misfitIn(settings: JsonObject): Misfit | null {
  const [misfit] = Object.entries(settings).flatMap(([key, value]): Misfit[] => {
    const form = forms().get(key)
    if (form === undefined) return []
    if (!isOfForm[form](value))
      return [{ path: [key], what: `a value of "${key}" that ${formWords[form]}` }]
    return partMisfits(key, value)
  })
  return misfit ?? null
}

function forms(): Map<string, Form> {
  const pairs = Object.entries(keysByForm) as [Form, string][]
  return new Map(
    pairs.flatMap(([form, keys]) =>
      keys
        .trim()
        .split(/\s+/)
        .map(key => [key, form] as const),
    ),
  )
}

/** The same of what stands inside the keys that most people set. */
function partMisfits(key: string, value: unknown): Misfit[] {
  if (!isObject(value)) return []
  if (key === 'permissions')
    return ['allow', 'deny', 'ask', 'additionalDirectories'].flatMap(part =>
      value[part] === undefined || Array.isArray(value[part])
        ? []
        : [{ path: [key, part], what: `a value of "${key}.${part}" that is no list` }],
    )
  const isWhole = value['type'] === 'command' && typeof value['command'] === 'string'
  if (key === 'statusLine' && !isWhole)
    return [{ path: [key], what: `a value of "${key}" without a type and a command` }]
  return []
}
