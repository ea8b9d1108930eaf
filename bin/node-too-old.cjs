// Says that this Node is too old, with the way to a newer one, and ends. Written so that old ones can read it.

const line = `claude-auth: it takes Node.js 20 or newer, this is ${process.version}`
const way =
  "https://nodejs.org/en/download, or claude-auth's .deb, .rpm or .tar.gz, which bring one"

// A launch or a hook waits for a verdict (gate.sh).
if (process.argv.indexOf('--gate-fd') >= 0) {
  process.stdout.write(`launch\n${line}; launching without a check: ${way}\n.\n`)
} else {
  process.stderr.write(`${line}: ${way}\n`)
}
process.exit(126)
