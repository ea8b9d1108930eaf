// Reads TAP 14 as it streams: prints each file's result and every failure in full, counts assertions.

const resultLine = /^( *)(not ok|ok) \d+(?: - (.*))?$/
const fileFacts = /^ +(exitCode|signal|expired): (?!null|1$)/

/** `print` gets lines for a person. `counts()` is about leaf assertions, and files that crashed. */
export function makeReader(print) {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  /** Names of the subtests that are open, by their depth. */
  let open = []
  let failedInFile = 0
  /** Where a diagnostic that is being printed ends, and which of its lines are wanted. */
  let diagnostic = null

  function onLeaf(depth, isOk, name) {
    if (/ # (SKIP|TODO)\b/i.test(name)) {
      counts.skipped += 1
      print(`skipped: ${[...open.slice(0, depth), name].join(' > ')}`)
    } else if (isOk) {
      counts.passed += 1
    } else {
      counts.failed += 1
      failedInFile += 1
      print(`\nFAILED: ${[...open.slice(0, depth), name].join(' > ')}`)
      diagnostic = { end: `${'    '.repeat(depth)}  ...`, wanted: /./ }
    }
  }

  function onFile(isOk, name) {
    const isEmpty = name.endsWith('# SKIP no tests found')
    print(
      `${isOk && !isEmpty ? 'ok    ' : 'FAILED'} ${name.replace(/ # time=([\d.]+)ms/, ' ($1 ms)')}`,
    )
    if (isOk && !isEmpty) return
    // It ended badly although no assertion failed: an exit code, a signal, no test.
    if (failedInFile === 0) counts.failed += 1
    if (!isOk) diagnostic = { end: '  ...', wanted: fileFacts }
  }

  function read(line) {
    if (diagnostic !== null) {
      if (line === diagnostic.end) diagnostic = null
      else if (diagnostic.wanted.test(line)) print(line)
      return
    }
    const subtest = /^( *)# Subtest: (.*)$/.exec(line)
    if (subtest) {
      const depth = subtest[1].length / 4
      if (depth === 0) failedInFile = 0
      open = [...open.slice(0, depth), subtest[2]]
      return
    }
    const result = resultLine.exec(line)
    if (result === null) return
    const [, indent, word, name = ''] = result
    const depth = indent.length / 4
    const closesSubtest = open.length > depth
    if (!closesSubtest) onLeaf(depth, word === 'ok', name)
    else if (depth === 0) onFile(word === 'ok', name)
    open = open.slice(0, depth)
  }

  return { read, counts: () => ({ ...counts }) }
}
