// Whether a value under a name such as `password` was made up for a sample: it is a name, an address, or of sample words.
//
// What a person chose as a real password may be of words, too; so next to digits only words that samples consist of count.

/** Of such words samples are made; a whole part of a value, or several in one. */
const sampleWords = new Set(
  [
    'password passw0rd passwd passphrase passcode pass pwd pw secret secrets token tokens api key keys apikey auth oauth',
    'authorization access refresh session bearer jwt credential credentials client server service user username users',
    'account email login admin root guest owner reader app site host web db database data json yaml string text value values',
    'variable var env environment config public private internal shared signing encryption encrypted hashed hash salt plain',
    'plaintext base random generated rotated unique static dynamic temporary temp tmp sample samples example examples fake',
    'mock dummy stub fixture sentinel canary bogus invalid valid expired revoked stale old new current initial default',
    'optional required real actual realistic fixed existing another other some any no none null undefined not never only',
    'test tests testing tester dev development demo local localhost stage staging prod production live sandbox',
    'super very strong secure weak long short min max least most char chars character characters bit bits byte bytes',
    'change changeme replace replaceme insert enter put set must be is at in on of to for from the and or with that this',
    'my your our his her me you we it here there now please todo foo bar baz qux quux hello world lorem ipsum acme hunter',
    'qwerty asdf sk pk rk ghp gho ghs ghu ghr pat glpat github gitlab xoxb hvs akia asia aiza sy proj ant tok postgres',
    'postgresql mysql mongo redis rabbitmq guestguest id ids a',
  ].flatMap(line => line.split(' ')),
)

/** Published by their owners as samples. */
const published =
  /wJalrXUtnFEMI|4242424242424242|JBSWY3DPEHPK3PXP|SflKxwRJSMeKKF2QT4|dozjgNryP4J3jVmNHl0w5N/

const placeholder =
  /example|placeholder|your[-_]?\d*[a-z]*|redacted|change[-_]?me|replace[-_]?me|dummy|<[a-z]|x{5}|-x{3,}$|0{8}|^\[.*\]$|^@\w+$/i
/** Something was left out here: three dots, or the one character for them (UTF-8 read byte by byte). */
const leftOut = /\.{3}|\u2026|\u00e2\u0080\u00a6/
/** Names where a value is to be had. */
const reference =
  /^(?:process\.env|import\.meta\.env|os\.environ|env|vars|secrets|config|settings|self|this)(?:\.\w+)+$/

/** So many letters or digits in the order of the alphabet, or backwards, are never there by chance. */
const longRun = 8
/** As few characters are never in the order of the alphabet by more than chance. */
const shortRun = 3

/** A longer one is judged by its beginning. */
const mostRead = 2_000
const longestWord = 40

/** Was `whole`, which stands where a secret would, made up? */
export function isMadeUp(whole: string): boolean {
  const value = whole.slice(0, mostRead)
  if (placeholder.test(value) || leftOut.test(value) || published.test(value)) return true
  if (reference.test(value)) return true
  const plain = value.replace(/[^A-Za-z0-9]/g, '')
  if (new Set(plain).size < Math.min(8, plain.length / 2)) return true
  const ofOneKind = [plain, plain.replace(/\d/g, ''), plain.replace(/\D/g, '')]
  if (ofOneKind.some(text => orderedRun(text) >= longRun)) return true
  if (isOfSampleWords(value)) return true
  const decoded = decodedText(value)
  return decoded !== null && (isName(decoded) || isOfSampleWords(decoded))
}

/** Is `value` what something is called: words, or an address or path of them? A passphrase of many words is none. */
export function isName(value: string): boolean {
  const place = /^(?:[a-z][a-z0-9+.-]*:\/\/|[~.]{1,2}\/|\/(?=[a-z]{3,}\/))/i.exec(value)?.[0]
  if (place !== undefined && !value.includes('@'))
    return value
      .slice(place.length)
      .split(/[/?&=#]/)
      .every(part => part.length < 16 || isWordsOnly(part) || isOfSampleWords(part))
  if (/\d/.test(value) || !isWordsOnly(value)) return false
  // `Orchestrator.StartAgentJob` has two.
  const words = value.includes('.') ? value.split('.') : wordsOf(value)
  return words.length < 4 || words.some(word => sampleWords.has(word.toLowerCase()))
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

/** Words of samples and what is in the order of the alphabet, and hardly anything beside: a quarter, and five characters, at most. */
function isOfSampleWords(value: string): boolean {
  const text = value.replace(/p[a@4]ssw[o0]rd/gi, '-password-')
  const rest = wordsOf(text).filter(word => !isOfSamples(word.toLowerCase()))
  return rest.join('').length <= Math.min(5, value.length / 4)
}

function isOfSamples(word: string): boolean {
  if (sampleWords.has(word)) return true
  if (word.length > longestWord) return false
  if (word.length >= shortRun && orderedRun(word) === word.length) return true
  if (/^(.)\1+$/.test(word)) return true
  // `testtoken`: words of three letters and more without a sign between them.
  for (let at = 3; at <= word.length - 3; at++)
    if (sampleWords.has(word.slice(0, at)) && isOfSamples(word.slice(at))) return true
  return false
}

/** The longest run in which each character comes after, or before, the one in front of it; 0 stands behind 9, too. */
function orderedRun(text: string): number {
  const order = text.toLowerCase()
  let most = 0
  for (const step of [1, -1]) {
    let run = 1
    for (let at = 1; at < order.length; at++) {
      run = isNext(order, at, step) ? run + 1 : 1
      most = Math.max(most, run)
    }
  }
  return most
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
