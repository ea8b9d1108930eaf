// Makes what is released: for amd64 and arm64 a .deb, an .rpm and a .tar.gz, each with its own Node, and the npm package.
// usage: node scripts/package.mjs [FOLDER]   (where to put them; here, if not given)
//
// The same commit gives the same bytes. Times are those of SOURCE_DATE_EPOCH, else of the commit. All is written
// here, by no packager of the system: so it takes none, and none puts anything of its own in.

import './needs-node.cjs'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipped, tar, withFolders } from './archive.mjs'
import { fetchFromNpm, pinnedBytes } from './fetch-pinned.mjs'
import { runtimes } from './runtime-pins.mjs'
import { writeDeb } from './write-deb.mjs'
import { writeRpm } from './write-rpm.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const folder = resolve(process.argv[2] ?? '.')
const place = 'usr/lib/claude-auth'
const rpmArchitecture = { amd64: 'x86_64', arm64: 'aarch64' }
const timeS = Number(process.env.SOURCE_DATE_EPOCH || commitTimeS())
if (!Number.isInteger(timeS) || timeS < 0)
  refuse('SOURCE_DATE_EPOCH is no number of seconds since 1970')
const bringsNode = 'It brings the Node.js that it runs with.'

/** A package manager hands on the PATH of whoever called it. */
const rootPath =
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin && export PATH\n'
const afterInstallation =
  kind => `${rootPath}if ! /${place}/bin/claude-auth install --system --yes --package ${kind} </dev/null; then
  echo "claude-auth: unpacked, not set up yet; type: sudo claude-auth install --system" >&2
fi
exit 0
`
// The package can always be removed: what could not be handed back is named, and stays with a Node of its own.
const beforeRemoval =
  kind => `${rootPath}if ! /${place}/bin/claude-auth uninstall --system --yes --package ${kind} </dev/null; then
  echo "claude-auth: the package is removed; what is named above stays" >&2
fi
exit 0
`

const installScript = `#!/bin/sh
# Installs claude-auth with the Node that lies beside this file: for yourself, or with --system (as root) for all users.
# usage: ./install.sh [--system] [OPTION of claude-auth install]…
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd -P) || exit
if ! "$here/node" --version >/dev/null 2>&1; then
  echo "claude-auth: $here/node does not start here: it takes Linux with glibc 2.28 or newer, on the machine named by the file" >&2
  exit 126
fi
exec "$here/bin/claude-auth" install "$@"
`

const program = shippedFiles()
const targets = [
  { name: `claude-auth-${own.version}.tgz`, make: () => tarball('package', program) },
  ...Object.keys(runtimes).flatMap(architecture => {
    const files = withRuntime(architecture)
    return [
      {
        name: `claude-auth_${own.version}_${architecture}.deb`,
        make: async () => deb(architecture, await files),
      },
      {
        name: `claude-auth-${own.version}-1.${rpmArchitecture[architecture]}.rpm`,
        make: async () => rpm(architecture, await files),
      },
      {
        name: `claude-auth-${own.version}-linux-${architecture}.tar.gz`,
        make: async () =>
          tarball(`claude-auth-${own.version}`, [
            ...(await files),
            { path: 'install.sh', mode: 0o755, bytes: Buffer.from(installScript) },
          ]),
      },
    ]
  }),
]
mkdirSync(folder, { recursive: true })
for (const { name, make } of targets) {
  writeFileSync(join(folder, name), await make(), { mode: 0o644 })
  process.stdout.write(`${join(folder, name)}\n`)
}

function commitTimeS() {
  try {
    const words = ['log', '-1', '--format=%ct']
    return execFileSync('git', words, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return refuse('there is no commit here to take the time from: set SOURCE_DATE_EPOCH')
  }
}

function refuse(what) {
  process.stderr.write(`claude-auth: ${what}\n`)
  process.exit(2)
}

/** What npm would ship is what is shipped, with the modes of a checkout by anybody. */
function shippedFiles() {
  const words = ['pack', '--dry-run', '--json', '--silent', '--ignore-scripts']
  const told = JSON.parse(execFileSync('npm', words, { cwd: root, encoding: 'utf8' }))
  // A list in npm up to version 11, later an object by name.
  const [{ files }] = Object.values(told)
  return files.map(({ path }) => {
    const isProgram = (statSync(join(root, path)).mode & 0o100) !== 0
    const bytes = path === 'package.json' ? shippedManifest() : readFileSync(join(root, path))
    return { path, mode: isProgram ? 0o755 : 0o644, bytes }
  })
}

/** Without what only a clone can do: npm warns of a `prepare`, which would build, at every installation. */
function shippedManifest() {
  const { scripts: _scripts, devDependencies: _tools, tap: _tap, ...shipped } = own
  return Buffer.from(`${JSON.stringify(shipped, null, 2)}\n`)
}

/** The program with the Node of one architecture, its licence, and its place in the bill of materials. */
async function withRuntime(architecture) {
  const pin = runtimes[architecture]
  const node = await fetchFromNpm(`runtime-${architecture}`, pin, ['package/LICENSE'])
  const licence = readFileSync(join(node, '../../LICENSE'), 'utf8')
  const source = `Node.js, as in ${pin.spec} of the npm registry (${pin.hash})`
  return [
    ...program.map(file => (file.path === 'sbom.json' ? withComponent(file, pin) : file)),
    { path: 'node', mode: 0o755, bytes: pinnedBytes(node, pin.fileHash) },
    { path: 'node-licence.txt', mode: 0o644, bytes: Buffer.from(`${source}\n\n${licence}`) },
  ]
}

function withComponent(file, { spec, hash }) {
  const bom = JSON.parse(file.bytes)
  const [name, version] = spec.split('@')
  const content = Buffer.from(hash.replace(/^sha512-/, ''), 'base64').toString('hex')
  bom.components.push({
    'bom-ref': spec,
    type: 'framework',
    name,
    version,
    scope: 'required',
    hashes: [{ alg: 'SHA-512', content }],
    licenses: [{ license: { name: 'MIT, and others: node-licence.txt' } }],
    purl: `pkg:npm/${spec}`,
  })
  bom.dependencies[0].dependsOn.push(spec)
  return { ...file, bytes: Buffer.from(`${JSON.stringify(bom, null, 2)}\n`) }
}

function tarball(top, files) {
  const entries = files.map(file => ({ ...file, path: `${top}/${file.path}` }))
  // npm makes the folders itself.
  const list = top === 'package' ? withFolders(entries, () => false) : withFolders(entries)
  return gzipped(tar(list, timeS))
}

function installedFiles(files, licences) {
  return [
    ...files.map(file => ({ ...file, path: `${place}/${file.path}` })),
    { path: 'usr/bin/claude-auth', target: '../lib/claude-auth/bin/claude-auth' },
    ...licences,
  ]
}

function deb(architecture, files) {
  const copyright = `${readFileSync(join(root, 'LICENSE'), 'utf8')}
What is bundled: /${place}/docs/licences.md. Node.js: /${place}/node-licence.txt.
`
  const inShell = (when, text) => `#!/bin/sh\n[ "$1" = ${when} ] || exit 0\n${text}`
  return writeDeb({
    fields: {
      Package: own.name,
      Version: own.version,
      Architecture: architecture,
      Maintainer: 'claude-auth maintainers <claude-auth@example.com>',
      Depends: 'libc6 (>= 2.28), libstdc++6 (>= 8), util-linux',
      Section: 'utils',
      Priority: 'optional',
      Description: `${own.description}\n ${bringsNode}`,
    },
    scripts: {
      postinst: inShell('configure', afterInstallation('deb')),
      // An upgrade keeps all in place; the new version's postinst moves the link.
      prerm: inShell('remove', beforeRemoval('deb')),
    },
    files: installedFiles(files, [
      {
        path: 'usr/share/doc/claude-auth/copyright',
        mode: 0o644,
        bytes: Buffer.from(copyright),
      },
    ]),
    timeS,
  })
}

function rpm(architecture, files) {
  return writeRpm({
    name: own.name,
    version: own.version,
    release: '1',
    architecture: rpmArchitecture[architecture],
    summary: own.description,
    description: `${own.description} ${bringsNode}`,
    license: 'MIT',
    requires: ['/usr/bin/flock', 'libc.so.6(GLIBC_2.28)(64bit)', 'libstdc++.so.6()(64bit)'],
    scripts: {
      // At `post` of an upgrade the files of the older version are still there, and would be taken for ours.
      posttrans: afterInstallation('rpm'),
      // In an upgrade the old version's runs last, with 1.
      preun: `[ "$1" = 0 ] || exit 0\n${beforeRemoval('rpm')}`,
    },
    files: installedFiles(files, []),
    ownsFolder: path => path.startsWith(place),
    timeS,
  })
}
