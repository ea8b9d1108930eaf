// All logins of a large site in a real OpenBao: what looking takes, and that no secret is in anything that comes of it.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { bareReads, fillSite, lookingDesk, plantedSecret } from '../kit/fleet-scale.js'
import { openBao } from '../kit/openbao.js'
import { vaultRelay } from '../kit/vault-relay.js'
import { figuresOf, scale } from './figures.js'

t.setTimeout(3_600_000)
const figures = figuresOf(t, '14 All logins of a site')
const users = scale(300, 10_000)

t.test('looking at all logins of a site', async t => {
  const folder = t.testdir()
  const audit = join(folder, 'audit.log')
  const config = `audit "file" "to-file" {\n  options { file_path = "${audit}" }\n}`
  const bao = await openBao(t, { config })
  await fillSite(bao, users)
  const relay = await vaultRelay(t, bao)
  const { home, look, token } = await lookingDesk(t, bao, { address: relay.address })
  const [page, textfile] = [join(folder, 'index.html'), join(folder, 'claude_auth.prom')]

  const text = await look('--page', page, '--textfile', textfile)
  figures.wanted('users with two hosts each', users, users)
  figures.within('requests', relay.asked.length, '25 at most', relay.asked.length <= 25)
  const json = await look('--json')
  const counts = JSON.parse(json.stdout).counts as Record<string, number>
  figures.wanted(
    'users that were seen',
    Object.values(counts).reduce((sum, each) => sum + each),
    users,
  )

  const slow = await lookingDesk(t, bao, { isDetailed: false })
  const before = await bareReads(bao, slow.token)
  const oneByOne = await slow.look('--json')
  const ratio = oneByOne.wallMs / ((before + (await bareReads(bao, slow.token))) / 2)
  figures.counted('without the detailed listing, times the bare reads', ratio.toFixed(2))
  const told = (line: string) => JSON.parse(line).users as object[]
  const [pages, reads] = [told(json.stdout), told(oneByOne.stdout)]
  const different = pages.filter((each, at) => JSON.stringify(each) !== JSON.stringify(reads[at]))
  figures.wanted('logins that the two ways tell differently', different.length, 0)

  // Every kind of secret that an admin's day has: a login, a token that came wrapped, one that is dead.
  const login = { accessToken: 'sk-ant-oat01-of-alice', refreshToken: 'sk-ant-ort01-of-alice' }
  await bao.put('alice', { claude_login: JSON.stringify({ claudeAiOauth: login }) })
  const wrapping = (
    await bao.bao(['token', 'create', '-wrap-ttl=60s', '-field=wrapping_token'])
  ).trim()
  const unwrapped = (await bao.bao(['unwrap', '-field=token', wrapping])).trim()
  const dead = await lookingDesk(t, bao)
  await bao.ask('POST', 'auth/token/revoke', { token: dead.token })
  const refused = await dead.look('--json')
  figures.wanted('a dead token: exit code', refused.code ?? -1, 5)
  const [fromHomes, again] = [await look('--from', 'homes'), await look()]

  const said = [text, json, oneByOne, refused, fromHomes, again].flatMap(run => [
    run.stdout,
    run.stderr,
  ])
  const files = [page, textfile, audit].map(file => readFileSync(file, 'utf8'))
  const left = [home, slow.home, dead.home].flatMap(textsIn)
  t.match(readdirSync(folder).sort(), ['audit.log', 'claude_auth.prom', 'index.html'])
  const tokens = [token, slow.token, dead.token, bao.rootToken, wrapping, unwrapped]
  const secrets = [plantedSecret, ...Object.values(login), ...tokens]
  t.ok(secrets.every(secret => secret.length > 20))
  const places = [...said, ...files, ...left]
  const hits = places.flatMap(each => secrets.filter(secret => each.includes(secret)))
  figures.counted('secrets searched for', `${secrets.length} in ${places.length} texts`)
  figures.wanted(
    'secrets in output, page, metrics, audit log and what a look leaves',
    hits.length,
    0,
  )
})

/** What stands in all files of a desk: its token file, which holds a secret, and the program excepted. */
function textsIn(home: string): string[] {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter(each => each.isFile() && each.name !== 'token')
    .map(each => join(each.parentPath, each.name))
    .filter(file => !file.startsWith(join(home, 'copy')))
    .map(file => readFileSync(file, 'utf8'))
}
