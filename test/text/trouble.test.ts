// The words of a trouble: made shorter step by step, and read back from what was kept.

import t from 'tap'
import { noteLine } from '../../src/engine/launch-words.js'
import { makeTrouble, type Trouble } from '../../src/system/trouble.js'
import { troubleForms, troubleIn, troubleText } from '../../src/text/trouble.js'

const command = 'claude-auth ensure --force'
const file = '/home/alice.of.the.long.name/.config/claude-auth/vault-token'
const place = 'secret/data/workstation/claude-users/alice'

const address = 'https://vault.example.com:8200'

/** A trouble, and the line in which it fits. */
const lines: [Trouble, string][] = [
  [makeTrouble('Vault is sealed', { place: '503' }), 'Vault is sealed (503)'],
  [
    makeTrouble('Vault did not answer in time', { place: `${address}: no answer in time` }),
    'Vault did not answer in time',
  ],
  [
    makeTrouble('Vault does not know the token', {
      place: file,
      advice: 'it has ended',
      command: `install ${file}`,
    }),
    'Vault does not know the token',
  ],
  [
    makeTrouble('the Vault token has no policy for this', {
      place,
      advice: 'ask the Vault administrator',
      command,
    }),
    'The Vault token has no policy for this',
  ],
  [
    makeTrouble("the answer is not Vault's", {
      place: `200 for ${place}`,
      advice: 'see vault.address',
      command,
    }),
    "The answer is not Vault's",
  ],
  [
    makeTrouble('Vault sends requests elsewhere', { place: '307', advice: 'it is not followed' }),
    'Vault sends requests elsewhere',
  ],
  [
    makeTrouble(`version 3 of the document was deleted`, { place }),
    'Version 3 of the document was deleted',
  ],
  [makeTrouble(`version 3 of ${place} was deleted in Vault`), 'Version 3 was deleted in Vault'],
  [
    makeTrouble(`${file} is readable by others`, { command: `chmod 600 ${file}` }),
    'vault-token is readable by others',
  ],
  [
    makeTrouble('the Vault token is a root token, which is never used', {
      place: file,
      command: 'x',
    }),
    'The Vault token is a root token',
  ],
  [
    makeTrouble("vault.caCert can't be read", {
      place: `${file}: ENOENT`,
      command: `ls -l ${file}`,
    }),
    "vault.caCert can't be read",
  ],
  [
    makeTrouble('the document in Vault holds no login that can be read'),
    'The document in Vault holds no login',
  ],
  [
    makeTrouble(`${file}/jwt is readable by others`, { command: 'chmod 600 x' }),
    'jwt is readable by others',
  ],
  [makeTrouble('the disk is full', { command: 'df /' }), 'The disk is full; type: df /'],
]

t.test('a line tells the cause in full, and what to type', async t => {
  for (const [trouble, words] of lines) {
    const line = noteLine({ say: 'attention', trouble }, 0)
    t.equal(line, `claude-auth: ${words}. See: claude-auth ensure`)
  }
})

t.test('every form is shorter than the one before, and none is empty', async t => {
  for (const [trouble] of lines) {
    const forms = troubleForms(trouble)
    t.equal(forms[0], troubleText(trouble))
    for (const [at, form] of forms.entries())
      t.ok(form !== '' && form.length <= (forms[at - 1] ?? form).length)
  }
  t.same(troubleForms(makeTrouble('(x)')), ['(x)', '(x)', '(x)', '(x)', '(x)'])
  t.same(troubleForms(makeTrouble('')).length, 1)
})

t.test('what was kept is read back: as a value, or as the text of an earlier version', async t => {
  for (const [trouble] of lines) {
    t.same(troubleIn(JSON.parse(JSON.stringify(trouble))), trouble)
    const old = troubleIn(troubleText(trouble))
    t.equal(old?.command, trouble.command)
    t.equal(old && troubleText(old), troubleText(trouble))
  }
  for (const nothing of [null, undefined, '', 7, [], {}, { cause: '' }, { cause: 7 }])
    t.equal(troubleIn(nothing), undefined)
  t.same(troubleIn({ cause: 'x', place: 7, command: {} }), makeTrouble('x'))
})

t.test('that Claude starts is said where there is room', async t => {
  const line = (trouble: Trouble) => noteLine({ say: 'own-trouble', trouble }, 0)
  t.equal(
    line(
      makeTrouble("Vault can't be reached", { place: 'https://vault.example.com: ECONNREFUSED' }),
    ),
    "claude-auth: Vault can't be reached; Claude starts. See: claude-auth ensure",
  )
  t.equal(
    line(
      makeTrouble('the Vault token has no policy for this', {
        place,
        advice: 'ask the Vault administrator',
        command,
      }),
    ),
    'claude-auth: The Vault token has no policy for this. See: claude-auth ensure',
  )
})
