// All logins of a site whose OpenBao is several nodes over TLS: a node that stands by is asked, another one leads meanwhile, the one
// that leads is killed in the middle of a page.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { lookPolicy, putRecords, tokenWith } from '../kit/fleet-site.js'
import { type OpenBaoCluster, openBaoCluster } from '../kit/openbao-cluster.js'
import { type Run, run } from '../kit/run.js'
import { figuresOf, scale } from './figures.js'

t.setTimeout(600_000)
const figures = figuresOf(t, '15 All logins of a site with several nodes')
const program = fileURLToPath(new URL('../../bin/claude-auth', import.meta.url))
const users = scale(40, 1_000)

type Look = (...args: string[]) => Promise<Run>

/** `claude-auth fleet` of who looks, by the node at `address`. */
function lookAt(t: Test, { bao }: OpenBaoCluster, address: string, token: string): Look {
  const home = mkdtempSync(join(tmpdir(), 'claude-auth-desk-'))
  t.teardown(() => rmSync(home, { recursive: true, force: true }))
  const [config, tokenFile] = [join(home, 'config.yaml'), join(home, 'token')]
  writeFileSync(tokenFile, token, { mode: 0o600 })
  const vault = `{address: '${address}', caCert: '${bao.caFile}', timeout: 10s}`
  writeFileSync(config, `vault: ${vault}\nfleet: {tokenFile: '${tokenFile}'}\n`, { mode: 0o600 })
  const env = { PATH: '/usr/bin:/bin', HOME: home, CLAUDE_AUTH_CONFIG: config }
  return (...args) =>
    run(process.execPath, [program, 'fleet', ...args], { cwd: '/', env, timeoutMs: 60_000 })
}

async function filled(t: Test, nodes: number) {
  const cluster = await openBaoCluster(t, { nodes })
  for (let at = 0; at < users; at++) {
    const user = `user${String(at).padStart(5, '0')}`
    await cluster.bao.put(user, { claude_login: 'secret' })
    await putRecords(cluster.bao, user, { ws1: {}, lap1: {} })
  }
  const token = await tokenWith(cluster.bao, lookPolicy())
  const leader = await cluster.leader()
  const standby = cluster.nodes.find(node => node !== leader)
  if (standby === undefined) throw new Error('no node stands by')
  return { cluster, token, leader, standby }
}

function seen({ stdout, stderr, code }: Run): number | string {
  try {
    const { counts } = JSON.parse(stdout) as { counts: Record<string, number> }
    const all = Object.values(counts).reduce((sum, each) => sum + each, 0)
    return code === 5 ? (stderr.trim().split('\n').length === 1 ? 'one line' : stderr) : all
  } catch {
    return stdout + stderr
  }
}

t.test('two nodes: each of them tells all, before and after another one leads', async t => {
  const { cluster, token, leader, standby } = await filled(t, 2)
  const looks = [leader, standby].map(node => lookAt(t, cluster, node.address, token))
  for (const [at, look] of looks.entries())
    figures.wanted(`users seen by node ${at + 1} of two`, seen(await look('--json')), users)
  await cluster.stepDown()
  for (const [at, look] of looks.entries())
    figures.wanted(
      `the same by node ${at + 1}, after the other one took the lead`,
      seen(await look('--json')),
      users,
    )
  await standby.seal()
  const [, sealed] = looks
  const found = await sealed?.('--json')
  figures.wanted('a sealed node: exit code', found?.code ?? -1, 5)
  t.match(found?.stderr, /Vault is sealed/)
})

t.test('three nodes: the one that leads is killed in the middle of looking', async t => {
  const { cluster, token, leader, standby } = await filled(t, 3)
  const look = lookAt(t, cluster, standby.address, token)
  const looking = look('--json')
  await leader.kill()
  const found = seen(await looking)
  figures.within(
    'users seen while the leader is killed',
    found,
    'all, or one line',
    found === users || found === 'one line',
  )
  await cluster.leader()
  figures.wanted('users seen once another one leads', seen(await look('--json')), users)
})
