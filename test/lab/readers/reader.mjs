// A reader: reads login file and state so often, and until its stdin ends; then tells what it saw.
// usage: node reader.mjs LOGIN-FILE STATE-FILE READS

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const [loginFile, stateFile, reads] = process.argv.slice(2)
const sibling = JSON.stringify({ other: { accessToken: 'sibling', n: [1, 'two', null] } })
const sight = { reads: 0, torn: 0, tornState: 0, logins: {} }

let isOver = false
process.stdin.resume().on('end', () => {
  isOver = true
})
for (; sight.reads < Number(reads) || !isOver; sight.reads++) {
  const whole = parsed(loginFile)
  const login = whole?.claudeAiOauth
  if (login === undefined) sight.torn++
  else {
    const isSibling = JSON.stringify(whole.mcpOAuth) === sibling
    const seen = `${hashOf(login.accessToken)}:${hashOf(login.refreshToken)}:${isSibling}`
    sight.logins[seen] = (sight.logins[seen] ?? 0) + 1
  }
  if (parsed(stateFile)?.format !== 1) sight.tornState++
  // In bursts of twenty, so that a write falls among them, and so that the reading lasts.
  if (sight.reads % 20 === 19) await sleep(Math.random() * 400)
}
process.stdout.write(`${JSON.stringify(sight)}\n`)

function parsed(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

function hashOf(token) {
  return token ? createHash('sha256').update(token).digest('hex').slice(0, 16) : ''
}
