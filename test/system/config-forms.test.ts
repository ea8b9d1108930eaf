// A configuration counts in whatever form YAML lets it be written: the shell asks the engine, once.

import { join } from 'node:path'
import t from 'tap'
import { hooked } from '../kit/hooked.js'

t.jobs = 2

const forms: Record<string, (mode: string, client: string) => string> = {
  plain: (mode, client) => `version: 1\nmode: ${mode}\nclient: ${client}\n`,
  JSON: (mode, client) => JSON.stringify({ version: 1, mode, client }),
  'quoted keys': (mode, client) => `"version": 1\n'mode': ${mode}\n"client": "${client}"\n`,
  'a space before the colon': (mode, client) => `version : 1\nmode : ${mode}\nclient : ${client}\n`,
  'an anchor': (mode, client) => `version: 1\nmode: &m ${mode}\nclient: &c ${client}\n`,
  'a folded scalar': (mode, client) => `version: 1\nmode: >-\n  ${mode}\nclient: >-\n  ${client}\n`,
  'scalars of a block, with the end of their line': (mode, client) =>
    `version: 1\nmode: >\n  ${mode}\nclient: |\n  ${client}\n`,
  'a merge of an anchor': (mode, client) =>
    `version: 1\nrenewal: {<<: &base {launchWait: 10s}}\n<<: {mode: ${mode}, client: ${client}}\n`,
  'a byte order mark and CRLF': (mode, client) =>
    `\uFEFFversion: 1\r\nmode: ${mode}\r\nclient: ${client}\r\n`,
  'a document start': (mode, client) => `---\nversion: 1\nmode: ${mode}\nclient: ${client}\n`,
  'flow style': (mode, client) => `{version: 1, mode: ${mode}, client: ${client}}\n`,
}

for (const [name, form] of Object.entries(forms))
  t.test(name, async t => {
    const box = await hooked(t, { login: 'expired' })
    const client = join(box.home.path, 'mine/claude-code')
    box.home.write(client, '#!/bin/sh\necho "mine: $*"\n', 0o755)

    box.home.write(box.home.configFile, form('off', client))
    const started = { code: 0, stdout: 'mine: x\n', stderr: '' }
    for (const _ of [1, 2]) t.match(await box.launch(['x']), started, 'off, and the client named')
    t.match(await box.launch(['--version']), { code: 0, stdout: 'mine: --version\n', stderr: '' })
    await box.settle()
    t.same(box.authority.requests, [], 'switched off, nothing is asked')
    t.same(box.nodeStarts(), [], 'and no check is started')

    box.home.write(box.home.configFile, form('observe', client))
    t.match(await box.launch(['x']), { code: 0, stdout: 'mine: x\n' })
    await box.settle()
    t.equal(box.nodeStarts().length, 1, 'a change of the file is noticed')
  })
