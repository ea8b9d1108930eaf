// Writes sbom.json (CycloneDX, what is needed at run time) and docs/licences.md from the lockfile; `--check` only compares.

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const read = name => readFileSync(join(root, name), 'utf8')
// A line that names a holder, not one of the text's own sentences about holders.
const copyrightLine = /^[#\s]*Copyright (?!notice|holders).*$/gm
const own = JSON.parse(read('package.json'))

// The lockfile is all that is read, so this works offline; npm's own warnings are no part of it.
const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']
const stdio = ['ignore', 'pipe', 'ignore']
const bom = runTimeOnly(
  JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio })),
)

const licences = `# Licences of what is in the package

claude-auth itself is under the [MIT licence](../LICENSE). These packages are needed at run time; what is used of them
is part of \`dist/\`. The same list for programs, with hashes: \`sbom.json\` (CycloneDX). Both are written by \`npm run sbom\`.

| package | version | licence | copyright |
| --- | --- | --- | --- |
${bom.components.map(each => `| ${[nameOf(each), each.version, licenceOf(each), copyrightOf(each)].join(' | ')} |`).join('\n')}

## The texts

${texts().join('\n\n')}
`

if (!process.argv.includes('--check')) {
  writeFileSync(join(root, 'sbom.json'), `${JSON.stringify(bom, null, 2)}\n`)
  writeFileSync(join(root, 'docs/licences.md'), licences)
} else {
  const behind = [
    ...(essence(JSON.parse(read('sbom.json'))) === essence(bom) ? [] : ['sbom.json']),
    ...(read('docs/licences.md') === licences ? [] : ['docs/licences.md']),
  ]
  for (const name of behind) console.error(`${name} is behind: npm run sbom`)
  process.exitCode = behind.length > 0 ? 1 : 0
}

/** `--omit dev` of npm 11 also leaves out what a dev dependency needs too (valibot, yaml); the lockfile knows better. */
function runTimeOnly({
  serialNumber: _,
  metadata: { timestamp: __, tools: ___, ...metadata },
  ...full
}) {
  const needed = Object.entries(JSON.parse(read('package-lock.json')).packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
    .map(([path, { version }]) => `${path.split('node_modules/').pop()}@${version}`)
  const isNeeded = ref => needed.includes(ref) || ref === metadata.component['bom-ref']
  return {
    ...full,
    // npm takes the name of the folder; without time and random number the same lock gives the same file.
    metadata: { ...metadata, component: { ...metadata.component, name: own.name } },
    components: full.components
      .filter(each => isNeeded(each['bom-ref']))
      .map(({ scope: _, ...each }) => ({ ...each, scope: 'required' })),
    dependencies: full.dependencies
      .filter(({ ref }) => isNeeded(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isNeeded) })),
  }
}

/** What must agree, whichever npm wrote it. */
function essence({ metadata, components }) {
  const parts = ({ purl, hashes, licenses }) => ({ purl, hashes, licenses })
  const sorted = [...components].sort((a, b) => (a.purl < b.purl ? -1 : 1))
  return JSON.stringify([parts(metadata.component), ...sorted.map(parts)])
}

function nameOf({ group, name }) {
  return group ? `${group}/${name}` : name
}

function licenceOf(component) {
  const { licenses = [] } = component
  if (licenses.length === 0) return olderForm(component)
  return licenses
    .map(({ license, expression }) => expression ?? license.id ?? license.name)
    .join(', ')
}

/** A list in `license`, as packages had it before SPDX names. */
function olderForm(component) {
  const file = join('node_modules', nameOf(component), 'package.json')
  const { license } = existsSync(join(root, file)) ? JSON.parse(read(file)) : {}
  return Array.isArray(license) ? license.map(({ type }) => type).join(' or ') : 'see its own text'
}

function copyrightOf(component) {
  const lines = textOf(component)?.match(copyrightLine) ?? []
  return (
    lines
      .map(line => line.replace(/^[#\s]+/, '').replaceAll('|', '/'))
      .slice(0, 3)
      .join('; ') || '(none named)'
  )
}

function textOf(component) {
  const folder = join(root, 'node_modules', nameOf(component))
  if (!existsSync(folder)) return null
  const name = readdirSync(folder).find(each => /^licen[cs]e/i.test(each))
  return name === undefined ? null : readFileSync(join(folder, name), 'utf8')
}

/** One text for each licence; the copyright lines are in the table. */
function texts() {
  const byLicence = new Map()
  for (const each of bom.components) {
    const text = textOf(each)?.replace(copyrightLine, '').trim()
    if (text && !byLicence.has(licenceOf(each))) byLicence.set(licenceOf(each), text)
  }
  return [...byLicence].sort().map(([name, text]) => `### ${name}\n\n\`\`\`text\n${text}\n\`\`\``)
}
