// Whether a value under a name such as `password` was made up for a sample: it is a name, an address, or of sample words.
//
// What a person chose as a real password may be of words, too; so next to digits only words that samples consist of count.

/** Words that say of a value that it is a sample, or what it stands for; a whole part of a value, or several in one. */
const sampleWords = wordSet(
  'password passw0rd passwd passphrase passcode pass pwd pw secret secrets token tokens api key keys apikey auth oauth',
  'authorization access refresh session bearer jwt credential credentials plaintext base random generated temporary temp',
  'tmp sample samples example examples fake mock dummy stub fixture sentinel canary bogus invalid valid expired revoked',
  'stale optional required actual realistic existing another none null undefined placeholder test tests testing tester',
  'dev development demo local localhost sandbox very strong secure weak long short min max least most char chars',
  'character characters bit bits byte bytes change changeme replace replaceme insert enter put set must be is at in on of',
  'to for from the and or with that this my your our his her me you we it here there now please todo foo bar baz qux quux',
  'hello world lorem ipsum acme hunter qwerty asdf sk pk rk ghp gho ghs ghu ghr pat glpat xoxb hvs akia asia aiza sy proj',
  'ant tok guestguest id ids a new old plain current initial default app user value text string ftp mypass',
)

/** Words that samples have, too, and real passwords as well: `ProductionAdmin!` is none. */
const weakWords = wordSet(
  'client server service username users account email login admin root guest owner reader site host web db',
  'database data json yaml values variable var env environment config public private internal shared',
  'signing encryption encrypted hashed hash salt rotated unique static dynamic real',
  'fixed other some any no not never only stage staging prod production live super github gitlab postgres postgresql mysql',
  'mongo redis rabbitmq',
)

/** Published by their owners as samples. */
const published =
  /wJalrXUtnFEMI|^AKIAIOSFODNN7EXAMPLE$|^AQoEXAMPLEH4aoAH0gNCAPy|4242424242424242|JBSWY3DPEHPK3PXP|SflKxwRJSMeKKF2QT4|dozjgNryP4J3jVmNHl0w5N|^QWxhZGRpbjpvcGVuIHNlc2FtZQ==$/

/** What marks a sample. It speaks for itself only: what stands beside it is judged without it. */
const marks =
  /examples?|placeholder|your|redacted|change[-_]?me|replace[-_]?me|dummy|not[-_]?an?[-_]?real|0?1234567890?abc[a-z]*|([x0*#-])\1{4,}|-x{3,}$/gi
/** Something was left out here: three dots, or the one character for them (UTF-8 read byte by byte). */
const leftOut = /\.{3,}|\u2026|\u00e2\u0080\u00a6/
/** Names where a value is to be had, and names in the brackets of a placeholder. */
const reference =
  /^(?:(?:process\.env|import\.meta\.env|os\.environ|env|vars|secrets|config|settings|self|this)\.([\w.]+)|@(\w+)|\$\{?(\w+)\}?|\[([^[\]]*)\]|<([^<>]*)>?|\{+([^{}]*)\}+|%(\w+)%)$/
const inShell = /^\$\([a-z]/

/** So few characters beside a mark are no secret. */
const little = 9
/** As many may stand in front of what was left out: less than any token has. */
const beginning = 19
/** As many may stand behind it: masks show the last four. */
const ending = 6
/** As few characters are never in the order of the alphabet by more than chance. */
const shortRun = 3

/** A longer one is judged by its beginning. */
const mostRead = 2_000
const longestWord = 40

/** Was `whole`, which stands where a secret would, made up? */
export function isMadeUp(whole: string): boolean {
  const value = whole.slice(0, mostRead)
  if (published.test(value) || inShell.test(value)) return true
  const name = reference
    .exec(value)
    ?.slice(1)
    .find(group => group !== undefined)
  if (name?.split('.').every(isIdentifier)) return true
  if (leftOut.test(value)) return isLeftOut(value.split(leftOut))
  const plain = value.replace(/[^A-Za-z0-9]/g, '')
  const judged = isMostly(plain, value) ? plain : value
  if (new Set(judged).size < Math.min(8, judged.length / 2)) return true
  if (isOrdered(plain) || isOfSampleWords(value)) return true
  const beside = value.replace(marks, '-')
  if (beside !== value && (unknownIn(beside).length <= little || isIdentifier(beside))) return true
  const decoded = decodedText(value)
  return decoded !== null && isSampleLogin(decoded)
}

/** Signs are part of what a person or a generator chose where they are more than a third. */
function isMostly(plain: string, value: string): boolean {
  return plain.length >= (value.length * 2) / 3
}

/** Is the password of `user:password` made up? Without a user the whole is judged, without a password the user. */
function isSampleLogin(text: string): boolean {
  const [, user, password] = /^([^:]*):(.*)$/.exec(text) ?? ['', '', text]
  if (password === '') return user !== '' && isMadeUp(user ?? '')
  return password === user || isMadeUp(password ?? '')
}

/** Is what stands around a gap too little for a secret? Head and claims of a signed token are none without its end. */
function isLeftOut(pieces: readonly string[]): boolean {
  const isPublic = (piece: string) => piece.split('.').every(part => isJson(part) || part === '')
  return pieces.every(
    (piece, at) =>
      isPublic(piece) || piece.length <= (at === 0 ? beginning : ending) || isMadeUp(piece),
  )
}

function isJson(part: string): boolean {
  return (
    /^eyJ[\w-]*$/.test(part) &&
    /^\{"[\x20-\x7e]*$/.test(Buffer.from(part, 'base64url').toString('latin1').slice(0, -2))
  )
}

/**
 * Is `value` what something is called: words, or an address or path of them? A passphrase of many words is none.
 *
 * `isChosen`: it stands where a person would write a password. Then its last word has to say what it stands for.
 */
export function isName(value: string, isChosen: boolean): boolean {
  const place = /^(?:[a-z][a-z0-9+.-]*:\/\/|[~.]{1,2}\/|\/(?=[a-z]{3,}\/))/i.exec(value)?.[0]
  if (place !== undefined && !value.includes('@'))
    return value
      .slice(place.length)
      .split(/[/?&=#]/)
      .every(part => isShortPart(part) || isWordsOnly(part) || isOfSampleWords(part))
  // A token has letters of ASCII only.
  if (!isChosen && /^[^\x20-\x7e]+$/.test(value)) return true
  if (/\d/.test(value) || !isWordsOnly(value)) return false
  if (isChosen) return parts.test(value) && (kind.test(value) || trial.test(value))
  // `Orchestrator.StartAgentJob` has two.
  if (value.includes('.')) return value.split('.').length < 4 || wordsOf(value).some(isKnown)
  return wordsOf(value).some(isKnown)
}

/** Parts with signs between them, in the letters of a program's names. */
const parts = /^(?:[a-z][a-z]*(?:[-_.][a-z][a-zA-Z]*)+|[A-Z]+(?:[-_.][A-Z]+)+)$/

const kind =
  /(?:password|passwd|passphrase|pwd|secret|token|key|credential)s?(?:[-_.]?(?:name|ref|field|id|hash|value|here|input|file|path|env|var|label|type))?$/i

const trial = /^(?:test|fake|mock|dummy|sample|demo|invalid|wrong|not)[-_.]/i

function isKnown(word: string): boolean {
  return sampleWords.has(word.toLowerCase()) || weakWords.has(word.toLowerCase())
}

function isShortPart(part: string): boolean {
  const isMixed = /[a-z]/.test(part) && /[A-Z]/.test(part) && /\d.*\d/.test(part)
  return part.length < (isMixed ? 10 : 16)
}

/** Words as a program's names have them, with a number or two (`MEM0_API_KEY`). */
export function isIdentifier(text: string): boolean {
  if (isOfSampleWords(text)) return true
  return (text.match(/\d/g)?.length ?? 0) <= 3 && isWordsOnly(text.replace(/\d/g, ''))
}

/** Words that can be said, between them short ones that cannot. App passwords of four groups of four letters are none. */
function isWordsOnly(value: string): boolean {
  if (/^[a-z]{4}(?:-[a-z]{4}){3}$/.test(value)) return false
  const words = wordsOf(value)
  const sayable = words.filter(isSayable)
  const letters = words.join('').length
  return (
    letters >= words.length * 3 &&
    sayable.length * 2 >= words.length &&
    words.every(word => word.length < 4 || sayable.includes(word))
  )
}

function isSayable(word: string): boolean {
  if (sampleWords.has(word.toLowerCase())) return true
  return /^[A-Za-z]{2,15}$/.test(word) && /[aeiouy]/i.test(word) && !/[^aeiouy]{5}/i.test(word)
}

/** The runs of letters and of digits, names such as `refreshToken` in their parts. */
function wordsOf(value: string): string[] {
  return value.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+/g) ?? []
}

/**
 * Words of samples and what is in the order of the alphabet, nothing else. A number that is in no order may be one of the
 * words of `at-least-32-chars`; at the end of a password it is what a person added.
 */
function isOfSampleWords(value: string): boolean {
  const text = value
    .replace(/p[a@4]ssw[o0]rd/gi, '-password-')
    .replace(/s[e3]cr[e3]t/gi, '-secret-')
  const words = wordsOf(text).map(word => word.toLowerCase())
  const isSpoken = /^[a-z0-9]+(?:[-_. ][a-z0-9]+)+$/.test(value)
  const isWeak = (word: string) =>
    isSpoken
      ? weakWords.has(word) || /^\d{1,3}$/.test(word)
      : /^\d$/.test(word) || (!hasAdded.test(value) && weakWords.has(word))
  const others = words.filter(word => !isOfSamples(word))
  return isMostly(words.join(''), text) && words.length > others.length && others.every(isWeak)
}

/** What a person adds to a word so that it may be a password. */
const hasAdded = /[^A-Za-z_ .-]/

/** The characters of `value` that belong to no word of a sample. */
function unknownIn(value: string): string {
  return wordsOf(value)
    .filter(word => !isOfSamples(word.toLowerCase()) && !weakWords.has(word.toLowerCase()))
    .join('')
}

function isOfSamples(word: string): boolean {
  if (sampleWords.has(word)) return true
  if (word.length > longestWord) return false
  if (word.length >= shortRun && Math.max(runAt(word, 0, 1), runAt(word, 0, -1)) === word.length)
    return true
  if (/^(.)\1+$/.test(word)) return true
  // `testtoken`: words of three letters and more without a sign between them.
  for (let at = 3; at <= word.length - 3; at++)
    if (sampleWords.has(word.slice(0, at)) && isOfSamples(word.slice(at))) return true
  return false
}

/** Are the letters and the digits, each for themselves, in the order of the alphabet, but for a quarter at most? */
function isOrdered(plain: string): boolean {
  const kinds = [plain.replace(/\d/g, ''), plain.replace(/\D/g, '')]
  const inOrder = kinds.reduce((sum, text) => sum + orderedIn(text), 0)
  return plain.length >= 12 && plain.length - inOrder <= Math.min(little, plain.length / 4)
}

/** How many characters of `text` stand in runs of the alphabet, at least four long. */
function orderedIn(text: string): number {
  const order = text.toLowerCase()
  let sum = 0
  for (let at = 0; at < order.length; ) {
    const run = Math.max(runAt(order, at, 1), runAt(order, at, -1))
    if (run >= 4) sum += run
    at += run >= 4 ? run : 1
  }
  return sum
}

/** How many characters from `at` on come each after, or before, the one in front of it; 0 stands behind 9, too. */
function runAt(text: string, at: number, step: number): number {
  let run = 1
  while (at + run < text.length && isNext(text, at + run, step)) run++
  return run
}

function isNext(text: string, at: number, step: number): boolean {
  const [before, now] = [text.charAt(at - 1), text.charAt(at)]
  if (step === 1 ? before === '9' && now === '0' : before === '0' && now === '9') return true
  return (
    /^(?:[a-z]{2}|\d{2})$/.test(before + now) && now.charCodeAt(0) - before.charCodeAt(0) === step
  )
}

/** The text that `value` is in base64; null: none. */
function decodedText(value: string): string | null {
  if (!/^[A-Za-z0-9+/]{16,}={0,2}$/.test(value)) return null
  const text = Buffer.from(value, 'base64').toString('latin1')
  return /^[\x20-\x7e]+$/.test(text) ? text : null
}

function wordSet(...lines: string[]): ReadonlySet<string> {
  return new Set(lines.flatMap(line => line.split(' ')))
}
