// The words of a trouble, made shorter step by step.

import t from 'tap'
import { noteLine } from '../../src/engine/launch-words.js'
import { troubleForms } from '../../src/text/trouble.js'

const ensure = '; type: claude-auth ensure --force'
const file = '/home/alice.of.the.long.name/.config/claude-auth/vault-token'
const place = 'secret/data/workstation/claude-users/alice'

/** A trouble, and the line in which it fits. */
const lines: [string, string][] = [
  ['Vault is sealed (503)', 'Vault is sealed (503)'],
  [
    'Vault did not answer in time (https://vault.example.com:8200: no answer in time)',
    'Vault did not answer in time',
  ],
  [
    `Vault does not know the token (${file}): it has ended; type: install ${file}`,
    'Vault does not know the token',
  ],
  [
    `the Vault token has no policy for this (${place}): ask who runs Vault${ensure}`,
    'The Vault token has no policy for this',
  ],
  [
    `the answer is not Vault's (200 for ${place}): see vault.address${ensure}`,
    "The answer is not Vault's",
  ],
  ['Vault sends requests elsewhere (307), which is not followed', 'Vault sends requests elsewhere'],
  [
    `the document is of a newer claude-auth (${place}): install that one${ensure}`,
    'The document is of a newer claude-auth',
  ],
  [`version 3 of the document was deleted (${place})`, 'Version 3 of the document was deleted'],
  [`version 3 of ${place} was deleted in Vault`, 'Version 3 was deleted in Vault'],
  [`${file} is readable by others; type: chmod 600 ${file}`, 'vault-token is readable by others'],
  [
    `the Vault token is a root token, which is never used (${file}); type: x`,
    'The Vault token is a root token',
  ],
  [
    `vault.caCert can't be read (${file}: ENOENT); type: ls -l ${file}`,
    "vault.caCert can't be read",
  ],
  ['the document in Vault holds no login that can be read', 'The document in Vault holds no login'],
  [`${file}/jwt is readable by others; type: chmod 600 x`, 'jwt is readable by others'],
  [`the disk is full; type: df /`, 'The disk is full; type: df /'],
]

t.test('a line tells the cause in full, and what to type', async t => {
  for (const [detail, words] of lines) {
    const line = noteLine({ say: 'attention', detail }, 0)
    t.equal(line, `claude-auth: ${words}. See: claude-auth ensure`)
  }
})

t.test('every form is shorter than the one before, and none is empty', async t => {
  for (const [detail] of lines) {
    const forms = troubleForms(detail)
    t.equal(forms[0], detail)
    for (const [at, form] of forms.entries())
      t.ok(form !== '' && form.length <= (forms[at - 1] ?? form).length)
  }
  t.same(troubleForms('(x)'), ['(x)', '(x)', '(x)', '(x)', '(x)'])
  t.same(troubleForms('').length, 1)
})

t.test('that Claude starts is said where there is room', async t => {
  const line = (detail: string) => noteLine({ say: 'own-trouble', detail }, 0)
  t.equal(
    line("Vault can't be reached (https://vault.example.com: ECONNREFUSED)"),
    "claude-auth: Vault can't be reached; Claude starts. See: claude-auth ensure",
  )
  t.equal(
    line(`the Vault token has no policy for this (${place}): ask who runs Vault${ensure}`),
    'claude-auth: The Vault token has no policy for this. See: claude-auth ensure',
  )
})
