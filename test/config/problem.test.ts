// What a wrong configuration is called, and what opens it.

import t from 'tap'
import { invalidConfig } from '../../src/config/problem.js'

t.test('the hint opens the file at its line, as whoever may change it', async t => {
  const at = (file: string, line: number | null) =>
    invalidConfig([{ file, line, column: 1, key: 'mode', what: 'is odd' }]).hint
  t.equal(
    at('/home/alice/.config/claude-auth/config.yaml', 3),
    'vi +3 /home/alice/.config/claude-auth/config.yaml',
  )
  t.equal(at('/etc/claude-auth/config.yaml', 3), 'sudo vi +3 /etc/claude-auth/config.yaml')
  t.equal(at('/home/a b/config.yaml', 3), "vi +3 '/home/a b/config.yaml'")
  t.equal(at('/etc/claude-auth/config.yaml', null), 'sudo vi /etc/claude-auth/config.yaml')
})
