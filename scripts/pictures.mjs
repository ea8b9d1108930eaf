// Makes docs/pictures/*.svg: terminal pictures from real runs in a throwaway home, with stand-in servers.
// usage: node scripts/pictures.mjs    (a client on PATH is used, else a small stand-in)

import './needs-node.cjs'
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { svgOf, widest } from './terminal-svg.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const hourMs = 3_600_000

/** Each picture: what is done first, and what is typed. */
const pictures = {
  healthy: {
    before: async stage => {
      stage.writeLogin(stage.authority.signIn({ user: stage.user, lifeMs: 8 * hourMs }))
      await stage.run('claude-auth', ['ensure'])
    },
    typed: ['claude -p "Are you there?"', 'claude-auth status'],
  },
  renewal: {
    before: async stage =>
      stage.writeLogin(stage.authority.signIn({ user: stage.user, lifeMs: -hourMs })),
    typed: ['claude -p "Are you there?"', 'claude-auth log -n 2', 'claude-auth log --last'],
  },
  'sign-in': {
    before: async stage => {
      const login = stage.authority.signIn({ user: stage.user, lifeMs: -hourMs })
      stage.writeLogin(login)
      stage.authority.endFamily(login.accessToken)
    },
    typed: ['claude -p "Are you there?"', 'claude-auth status'],
  },
  doctor: {
    before: async stage => {
      stage.writeLogin(stage.authority.signIn({ user: stage.user, lifeMs: 8 * hourMs }))
      // As the /etc/skel of most systems has it.
      writeFileSync(join(stage.home, '.profile'), 'PATH="$HOME/.local/bin:$PATH"\n')
      await stage.run('claude-auth', ['install', '--yes'])
      chmodSync(join(stage.home, '.claude/.credentials.json'), 0o644)
    },
    typed: ['claude-auth doctor --fix --yes'],
  },
}

const { setStage } = await stageModule()
mkdirSync(join(root, 'docs/pictures'), { recursive: true })
for (const [name, { before, typed }] of Object.entries(pictures)) {
  const stage = await setStage({ ...process.env, LANG: 'C.UTF-8' })
  try {
    await before(stage)
    const screens = []
    for (const line of typed)
      screens.push(`\u001b[32m$\u001b[39m \u001b[1m${line}\u001b[22m`, await shown(stage, line))
    const text = screens
      .join('\n')
      .replaceAll(stage.home, '~')
      .replaceAll(root, '/opt/claude-auth/')
    const secrets = stage.authority.secrets().filter(secret => text.includes(secret.slice(13, 33)))
    if (secrets.length > 0) throw new Error(`${name}: a token would be in the picture`)
    writeFileSync(join(root, `docs/pictures/${name}.svg`), svgOf(text, typed.join('; ')))
  } finally {
    await stage.close()
  }
}

/** What such a terminal shows; the servers live in this process, so it must not wait for the child. */
async function shown(stage, line) {
  const script = `stty cols ${widest}; ${line}`
  const { stdout } = await stage.run('script', ['-qfec', script, '/dev/null'])
  await stage.settle()
  const lines = stdout.replaceAll('\r\n', '\n').split('\n')
  // What was wiped from its line is not shown.
  return lines
    .map(line => (line.split('\r\u001b[K').at(-1) ?? '').replaceAll('\r', ''))
    .join('\n')
    .trimEnd()
}

async function stageModule() {
  const outfile = join(root, '.cache/pictures/stage.mjs')
  await build({
    absWorkingDir: root,
    entryPoints: ['src/demo/stage.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    // The stage looks for the program in the folder above its own.
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(join(root, 'dist/main.cjs')).href) },
  })
  const module = await import(pathToFileURL(outfile).href)
  rmSync(join(root, '.cache/pictures'), { recursive: true, force: true })
  return module
}
