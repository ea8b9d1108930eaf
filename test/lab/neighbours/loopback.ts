// A port on loopback that a neighbour takes while the server without TLS is away: no secret is sent there.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { openBao } from '../../kit/openbao.js'
import { vaultConfig } from '../../kit/vault-box.js'
import type { Wrapped } from '../../kit/wrapped.js'
import type { Figures } from '../figures.js'
import { ownerUid, type Street, skip, street } from './street.js'

/** Takes `$PORT` at `$AT` as soon as it is free, and writes down what it is sent. */
const taker = `
const { appendFileSync } = require('node:fs')
const { Y, PORT, AT } = process.env
const take = () => {
  const server = require('node:net').createServer(socket => {
    appendFileSync(Y + '/taken', '')
    socket.on('error', () => undefined)
    socket.on('data', data => appendFileSync(Y + '/heard', data))
  })
  server.on('error', () => setTimeout(take, 1))
  server.listen(Number(PORT), AT, () => {
    appendFileSync(Y + '/taken', '.')
  })
}
take()
`

/** The neighbour's server, until the yard says otherwise. */
async function taken(here: Street, port: number, at: string) {
  const script = join(here.yard, 'taker.cjs')
  writeFileSync(script, taker)
  const env = { PORT: String(port), AT: at }
  const run = here.neighbour(
    `${process.execPath} $Y/taker.cjs & while ! [ -e $Y/over ]; do sleep 0.1; done; kill $!`,
    { env },
  )
  const read = async (name: string) =>
    (await here.neighbour(`cat $Y/${name} 2>/dev/null; true`)).stdout
  return {
    isTaken: async () => {
      for (let tries = 0; tries < 200; tries++) {
        if ((await read('taken')).includes('.')) return
        await sleep(50)
      }
      throw new Error(`nobody took port ${port}`)
    },
    heard: () => read('heard'),
    over: async () => {
      await here.neighbour(': >$Y/over')
      await run
    },
  }
}

const portOf = (address: string) => Number(new URL(address).port)

async function vaultsPort(t: Test, at: string): Promise<string> {
  const bao = await openBao(t)
  const here = await street(t, {
    login: 'valid',
    config: {
      store: 'vault',
      custody: 'sole',
      vault: vaultConfig(bao, { timeout: '5s' }),
    },
  })
  const { box } = here
  writeToken(box, await bao.userToken(String(ownerUid)))
  await here.settleIn()
  t.match((await here.ensure(['--force'])).stdout, /"store":\{"kind":"vault","state":"current"/)
  await bao.stop()
  const neighbour = await taken(here, portOf(bao.address), at)
  await neighbour.isTaken()
  const ended = await here.ensure(['--force'])
  t.match(ended.stdout, /"store":\{"kind":"vault","state":"(?:denied|pending)"/)
  const doctor = await here.owner(
    `${join(box.home.tools, 'node')} $H/program/bin/claude-auth doctor --only vault-tls`,
    box.env as Record<string, string>,
  )
  t.match(doctor.stdout, /no token is sent/)
  const heard = await neighbour.heard()
  await neighbour.over()
  return heard
}

function writeToken({ home }: Wrapped, token: string) {
  home.write(join(home.path, '.config/claude-auth/vault-token'), `${token}\n`)
}

export async function loopback(t: Test, figures: Figures): Promise<void> {
  if (skip) return
  for (const at of ['127.0.0.1', '::'])
    t.test(`Vault's port, taken at ${at}`, { buffered: true }, async t => {
      figures.wanted(
        `bytes sent to a neighbour on Vault's port (${at})`,
        (await vaultsPort(t, at)).length,
        0,
      )
    })
}
