// Reads TAP 14 as it streams: prints each file's result and every failure in full, counts assertions by file.

const resultLine = /^( *)(not ok|ok) \d+(?: - (.*))?$/
const mostComments = 60
const fileFacts = /^ +(exitCode|signal|expired): (?!null|1$)/

/** Tokens of the stand-ins and of OpenBao: a comparison that fails shows both sides, and no token is for a log. */
const token = /\b(sk-ant-\w+-|hv[sbr]\.|s\.)[\w-]{12,}/g

/** `print` gets lines for a person, without tokens. `files()`: leaf assertions of each file; one that crashed has failed. */
export function makeReader(printLine) {
  const print = line => printLine(line.replace(token, '$1…'))
  const files = new Map()
  const nothing = { passed: 0, failed: 0, skipped: 0 }
  let counts = { ...nothing }
  /** Names of the subtests that are open, by their depth. */
  let open = []
  /** Where a diagnostic that is being printed ends, and which of its lines are wanted. */
  let diagnostic = null
  /** What the file has said beside its results: printed if it fails. */
  let comments = []

  function onLeaf(depth, isOk, name) {
    if (/ # (SKIP|TODO)\b/i.test(name)) {
      counts.skipped += 1
      print(`skipped: ${[...open.slice(0, depth), name].join(' > ')}`)
    } else if (isOk) {
      counts.passed += 1
    } else {
      counts.failed += 1
      print(`\nFAILED: ${[...open.slice(0, depth), name].join(' > ')}`)
      diagnostic = { end: `${'    '.repeat(depth)}  ...`, wanted: /./ }
    }
  }

  function onFile(isOk, name) {
    const isWell = isOk && !name.endsWith('# SKIP no tests found')
    print(`${isWell ? 'ok    ' : 'FAILED'} ${name.replace(/ # time=([\d.]+)ms/, ' ($1 ms)')}`)
    // It ended badly although no assertion failed: an exit code, a signal, no test.
    if (!isWell && counts.failed === 0) counts.failed += 1
    if (!isOk) {
      diagnostic = { end: '  ...', wanted: fileFacts }
      for (const comment of comments.slice(0, mostComments)) print(`  # ${comment}`)
    }
    comments = []
    files.set(name.split(' ')[0], counts)
    counts = { ...nothing }
  }

  function read(line) {
    if (diagnostic !== null) {
      if (line === diagnostic.end) diagnostic = null
      else if (diagnostic.wanted.test(line)) print(line)
      return
    }
    const subtest = /^( *)# Subtest: (.*)$/.exec(line)
    if (subtest) {
      open = [...open.slice(0, subtest[1].length / 4), subtest[2]]
      return
    }
    const comment = /^ *# (?!time=)(.+)$/.exec(line)
    if (comment) comments.push(comment[1])
    const result = resultLine.exec(line)
    if (result === null) return
    const [, indent, word, name = ''] = result
    const depth = indent.length / 4
    const closesSubtest = open.length > depth
    if (!closesSubtest) onLeaf(depth, word === 'ok', name)
    else if (depth === 0) onFile(word === 'ok', name)
    open = open.slice(0, depth)
  }

  return { read, files: () => files }
}
