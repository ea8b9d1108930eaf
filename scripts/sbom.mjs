// Writes sbom.json (CycloneDX) and docs/licences.md: the packages of which the build put code into dist/. `--check` only compares.

import './needs-node.cjs'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runtimes } from './runtime-pins.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const read = name => readFileSync(join(root, name), 'utf8')
// A line that names a holder, not one of the text's own sentences about holders.
const copyrightLine = /^[#\s]*Copyright (?!notice|holders)(?:.*:(?:\n.+)+|.*)$/gm
const own = JSON.parse(read('package.json'))
const lock = JSON.parse(read('package-lock.json')).packages

/** What the bundler says it took code from: `{folder, name, version, license, hash}`, sorted by name. */
const bundled = read('dist/.built')
  .split('\n')
  .filter(folder => folder !== '')
  .map(packageIn)
  .sort((a, b) => (a.ref < b.ref ? -1 : 1))

const bom = `${JSON.stringify(bill(), null, 2)}\n`
const licences = `# Licences of what is in the package

claude-auth itself is under the [MIT licence](../LICENSE). Code of these packages is part of \`dist/\`, as the bundler
reports it. The same list for programs, with hashes: \`sbom.json\` (CycloneDX). Both are written by \`npm run sbom\`.

| package | version | licence | copyright |
| --- | --- | --- | --- |
${bundled.map(each => `| ${[each.name, each.version, each.license, copyrightOf(each)].join(' | ')} |`).join('\n')}

The \`.deb\`, \`.rpm\` and \`.tar.gz\` also bring a Node.js; the npm package does not. Its licence, with those of all that
it includes, is the file \`node-licence.txt\` beside it.

| architecture | package | version | licence | copyright |
| --- | --- | --- | --- | --- |
${Object.entries(runtimes)
  .map(([architecture, { spec }]) => {
    const [name, version] = spec.split('@')
    return `| ${architecture} | ${name} | ${version} | MIT, and others | Copyright Node.js contributors |`
  })
  .join('\n')}

## The texts

${texts().join('\n\n')}
`

if (!process.argv.includes('--check')) {
  writeFileSync(join(root, 'sbom.json'), bom)
  writeFileSync(join(root, 'docs/licences.md'), licences)
} else {
  const behind = [
    ...(read('sbom.json') === bom ? [] : ['sbom.json']),
    ...(read('docs/licences.md') === licences ? [] : ['docs/licences.md']),
  ]
  for (const name of behind) console.error(`${name} is behind: npm run sbom`)
  process.exitCode = behind.length > 0 ? 1 : 0
}

function packageIn(folder) {
  const { version, integrity } = lock[folder]
  const { license, licenses } = JSON.parse(read(join(folder, 'package.json')))
  const name = folder.split('node_modules/').at(-1)
  // A list, as packages had it before SPDX names.
  const older = [licenses ?? license ?? []].flat().map(each => each.type ?? each)
  return {
    folder,
    name,
    version,
    ref: `${name}@${version}`,
    license: older.join(' or ') || 'see its own text',
    hash: integrity,
  }
}

/** Without time and random number: the same build gives the same file. */
function bill() {
  const itself = `${own.name}@${own.version}`
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      component: {
        'bom-ref': itself,
        type: 'application',
        name: own.name,
        version: own.version,
        description: own.description,
        purl: `pkg:npm/${itself}`,
        licenses: [{ license: { id: own.license } }],
      },
    },
    components: bundled.map(({ ref, name, version, license, hash }) => ({
      'bom-ref': ref,
      type: 'library',
      name,
      version,
      scope: 'required',
      hashes: [{ alg: 'SHA-512', content: hex(hash) }],
      licenses: [{ license: / /.test(license) ? { name: license } : { id: license } }],
      purl: `pkg:npm/${ref.replace(/^@/, '%40')}`,
    })),
    dependencies: [{ ref: itself, dependsOn: bundled.map(({ ref }) => ref) }],
  }
}

function hex(integrity) {
  return Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex')
}

function copyrightOf(each) {
  const lines = textOf(each)?.match(copyrightLine) ?? []
  return (
    lines
      .map(line =>
        line
          .replace(/^[#\s]+/, '')
          .replaceAll('|', '/')
          .replaceAll('\n', ' '),
      )
      .slice(0, 3)
      .join('; ') || '(none named)'
  )
}

function textOf({ folder }) {
  if (!existsSync(join(root, folder))) return null
  const name = readdirSync(join(root, folder)).find(each => /^licen[cs]e/i.test(each))
  return name === undefined ? null : read(join(folder, name))
}

/** One text for each licence; the copyright lines are in the table. */
function texts() {
  const byLicence = new Map()
  for (const each of bundled) {
    const text = textOf(each)?.replace(copyrightLine, '').trim()
    if (text && !byLicence.has(each.license)) byLicence.set(each.license, text)
  }
  return [...byLicence].sort().map(([name, text]) => `### ${name}\n\n\`\`\`text\n${text}\n\`\`\``)
}
