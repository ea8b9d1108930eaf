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
  const { look, token } = await lookingDesk(t, bao, { address: relay.address })
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

  const said = [text, json, oneByOne].flatMap(({ stdout, stderr }) => [stdout, stderr])
  const files = [page, textfile, audit].map(file => readFileSync(file, 'utf8'))
  t.match(readdirSync(folder).sort(), ['audit.log', 'claude_auth.prom', 'index.html'])
  const secrets = [plantedSecret, token, slow.token, bao.rootToken]
  const hits = [...said, ...files].flatMap(each => secrets.filter(secret => each.includes(secret)))
  figures.wanted('secrets in output, page, metrics and audit log', hits.length, 0)
})
