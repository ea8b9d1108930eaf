// A word comes out of a shell as it went in.

import { execFileSync } from 'node:child_process'
import t from 'tap'
import { quoted } from '../../src/system/trouble.js'

t.test('whatever is in it', async t => {
  t.equal(quoted('/home/a/f'), '/home/a/f', 'and a plain one stays as it is')
  for (const word of ['/home/a/f', "/it's here", '', '$HOME `id` "x"', '*', '~/a', 'a\nb', "''"])
    t.equal(execFileSync('/bin/sh', ['-c', `printf %s ${quoted(word)}`]).toString(), word, word)
})
