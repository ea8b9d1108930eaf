// The words of a trouble made shorter, for a line that has little room: the cause stays, places and advice go.

/** A TLS failure, and the command that says what to set. */
export function tlsWords(what: string): string {
  return `${what}; type: claude-auth doctor --only network`
}

/**
 * `detail` (cause, aside in brackets, `: advice`, `; type: COMMAND`), then ever shorter forms of it;
 * the last has only the cause. All of it can be read in `claude-auth ensure`.
 */
export function troubleForms(detail: string): [string, ...string[]] {
  const whole = detail.trim().replace(/\.$/, '')
  const forms = []
  let form = whole
  for (const shorten of [withoutCommand, withoutAsides, withoutPlaces, causeOnly]) {
    form = shorten(form)
    if (form !== '') forms.push(form)
  }
  return [whole, ...forms]
}

function withoutCommand(words: string): string {
  return words.replace(/;\s*type: .*$/su, '')
}

function withoutAsides(words: string): string {
  return words.replace(/ \([^()]*\)/g, '')
}

/** A file at the begin keeps its name; elsewhere a place is left out together with its preposition. */
function withoutPlaces(words: string): string {
  return words
    .replace(/^\S+\/data\/\S+/, 'the document')
    .replace(/^\S*\/([^/\s]+)/, '$1')
    .replace(/ (?:(?:in|for|of|at|to|from) )?[^\s:,]*\/[^\s:,]+/g, '')
}

function causeOnly(words: string): string {
  return words.replace(/(?:: |, | that can ).*$/su, '')
}
