// A session that reads the base on and on: in each look it enters the folder once and reads what is there. It prints how many
// looks it had, and every look that was not of one whole version.

import { closeSync, constants, openSync, readdirSync, readFileSync } from 'node:fs'

const [base = '', ms = '0'] = process.argv.slice(2)
const endMs = Date.now() + Number(ms)
let looks = 0
const faults: string[] = []
while (Date.now() < endMs) {
  looks++
  try {
    const folder = openSync(`${base}/skills`, constants.O_RDONLY | constants.O_DIRECTORY)
    const at = `/proc/self/fd/${folder}`
    const texts = readdirSync(at).map(name => readFileSync(`${at}/${name}`, 'utf8'))
    closeSync(folder)
    if (texts.length !== 40 || new Set(texts).size !== 1)
      faults.push(`${texts.length} files of ${new Set(texts).size} versions`)
  } catch (error) {
    faults.push(String(error))
  }
}
process.stdout.write(JSON.stringify({ looks, faults: faults.slice(0, 5) }))
