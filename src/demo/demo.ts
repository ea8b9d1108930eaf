// The guided demo as a program of its own: what `npm run demo` starts.

import { errorLines } from '../report/error-text.js'
import { guidedDemo } from './story.js'

try {
  process.exitCode = await guidedDemo(process.env, process.stdout)
} catch (error) {
  process.stderr.write(`${errorLines(error).join('\n')}\n`)
  process.exitCode = 1
}
