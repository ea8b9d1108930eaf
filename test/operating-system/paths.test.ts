// Where things are: the login folder as the client, the wrapper and we name it.

import t from 'tap'
import { loginFolder } from '../../src/system/paths.js'

t.test('the client’s variables name the login folder, slashes at its end aside', async t => {
  const cases: [Record<string, string>, string][] = [
    [{}, '/home/a/.claude'],
    [{ CLAUDE_CONFIG_DIR: '' }, '/home/a/.claude'],
    [{ CLAUDE_CONFIG_DIR: '/home/a/.claude/' }, '/home/a/.claude'],
    [{ CLAUDE_CONFIG_DIR: '/x//' }, '/x'],
    [{ CLAUDE_CONFIG_DIR: '/' }, '/'],
    [{ CLAUDE_CONFIG_DIR: '/x', CLAUDE_SECURESTORAGE_CONFIG_DIR: '' }, '/home/a/.claude'],
    [{ CLAUDE_CONFIG_DIR: '/x', CLAUDE_SECURESTORAGE_CONFIG_DIR: '/y/' }, '/y'],
  ]
  for (const [env, folder] of cases) t.equal(loginFolder(env, '/home/a'), folder)
})
