// Makes claude-auth_VERSION_all.deb of what the npm package holds: its scripts install for the machine and hand back.
// usage: node scripts/package.mjs [FOLDER]   (where to put it; here, if not given)

import './needs-node.cjs'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const target = resolve(process.argv[2] ?? '.', `claude-auth_${own.version}_all.deb`)
const payload = '/usr/lib/claude-auth'

/** dpkg hands on the PATH of whoever called it. */
const rootPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin && export PATH'

const control = `Package: claude-auth
Version: ${own.version}
Architecture: all
Maintainer: claude-auth maintainers <claude-auth@example.com>
Depends: nodejs (>= 20), util-linux
Section: utils
Priority: optional
Description: ${own.description}
 Node.js 20 or newer is needed. Where your system's is older, take one from
 https://nodejs.org/en/download or https://github.com/nodesource/distributions
`

// Before anything is unpacked: dpkg's own words would only be "unmet dependencies".
const preinst = `#!/bin/sh
set -e
${rootPath}
version=$(node --version 2>/dev/null || echo none)
major=\${version#v}
major=\${major%%.*}
case $major in *[!0-9]* | '') major=0 ;; esac
if [ "$major" -lt 20 ]; then
  echo "claude-auth: it takes Node.js 20 or newer; here is: $version" >&2
  echo "claude-auth: a newer one: https://nodejs.org/en/download or https://github.com/nodesource/distributions" >&2
  exit 1
fi
`

const postinst = `#!/bin/sh
set -e
${rootPath}
[ "$1" = configure ] || exit 0
if ! node ${payload}/bin/claude-auth install --system --yes; then
  echo "claude-auth: unpacked, not set up yet; type: sudo claude-auth install --system" >&2
fi
`

// An upgrade keeps all in place; the new version's postinst moves the link. The package can always be removed:
// what could not be handed back is named, and stays where it is.
const prerm = `#!/bin/sh
${rootPath}
[ "$1" = remove ] || exit 0
node ${payload}/bin/claude-auth uninstall --system --yes </dev/null ||
  echo "claude-auth: the package is removed; what is named above stays" >&2
exit 0
`

const work = mkdtempSync(join(tmpdir(), 'claude-auth-deb-'))
try {
  const tree = join(work, 'tree')
  const place = join(tree, payload)
  mkdirSync(place, { recursive: true })
  // What npm would ship is what is shipped.
  const packed = execFileSync(
    'npm',
    ['pack', '--silent', '--ignore-scripts', '--pack-destination', work],
    {
      cwd: root,
      encoding: 'utf8',
    },
  ).trim()
  execFileSync('tar', ['-xzf', join(work, packed), '-C', place, '--strip-components=1'])
  mkdirSync(join(tree, 'usr/bin'), { recursive: true })
  execFileSync('ln', [
    '-s',
    `..${payload.slice('/usr'.length)}/bin/claude-auth`,
    join(tree, 'usr/bin/claude-auth'),
  ])
  mkdirSync(join(tree, 'DEBIAN'))
  writeFileSync(join(tree, 'DEBIAN/control'), control)
  for (const [name, text] of Object.entries({ preinst, postinst, prerm })) {
    writeFileSync(join(tree, 'DEBIAN', name), text)
    chmodSync(join(tree, 'DEBIAN', name), 0o755)
  }
  execFileSync('chmod', ['-R', 'u=rwX,go=rX', tree])
  execFileSync('dpkg-deb', ['--build', '--root-owner-group', tree, target], {
    stdio: ['ignore', 2, 2],
  })
} finally {
  rmSync(work, { recursive: true, force: true })
}
process.stdout.write(`${target}\n`)
