// What the client says to a hook on stdin, nearly right: the hook ends well, does what was said, and nothing else.

import assert from 'node:assert/strict'
import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import type { Test } from 'tap'
import { run, settle } from '../../kit/run.js'
import { type Shell, shells, wrapperBox } from '../../kit/wrapper-box.js'
import { filesOf } from './marks.js'
import { mutated } from './mutate.js'

const program = fileURLToPath(new URL('../../../bin/claude-auth', import.meta.url))
const events = ['session-start', 'user-prompt-submit', 'stop-failure', 'session-end'] as const
const about = {
  session_id: '0b1e6c0a-0000-4000-8000-00000000abcd',
  transcript_path: '/home/alice/.claude/projects/x/0b1e6c0a.jsonl',
  cwd: '/home/alice/it\'s "here"',
}

/** As clients say it, and what resembles the two words that change something. */
const words = [
  { ...about, hook_event_name: 'SessionStart', source: 'startup' },
  { ...about, hook_event_name: 'UserPromptSubmit', prompt: '{"reason":"logout"}\n`exit 9`' },
  { ...about, hook_event_name: 'StopFailure', error: 'authentication_failed' },
  { ...about, hook_event_name: 'StopFailure', error: 'rate_limit' },
  { ...about, hook_event_name: 'SessionEnd', reason: 'logout' },
  { ...about, hook_event_name: 'SessionEnd', reason: 'prompt_input_exit' },
].flatMap(each => [JSON.stringify(each), JSON.stringify(each, null, 2)])

/** An event with its words, and a login that is known or has just changed. */
export const anyHook = fc.record({
  event: fc.constantFrom(...events),
  said: mutated(words),
  isKnown: fc.boolean(),
})

/** Calls of hooks, each on marks as they were at first; the engine behind them answers at once. */
export function hookWords(t: Test, shell: Shell) {
  const box = wrapperBox(t)
  const entry = join(box.root, 'bin/entry')
  cpSync(program, entry)
  box.engine(`printf 'launch\\nclaude-auth: a word\\n.\\n'`)
  const [command = '', ...before] = shells[shell]
  const mark = (name: string) => join(box.paths.state, name)
  return async ({
    event,
    said,
    isKnown,
  }: typeof anyHook extends fc.Arbitrary<infer T> ? T : never) => {
    for (const name of ['signed-out', 'doubted', 'answered']) rmSync(mark(name), { force: true })
    box.mark()
    if (!isKnown) box.age(box.paths.loginFile, -100)
    const login = readFileSync(box.paths.loginFile)
    const files = filesOf(box)
    const starts = box.engineStarts().length
    const ended = await run(command, [...before, entry, 'hook', event], {
      cwd: box.folder,
      env: { ...box.env, CLAUDE_CODE_SESSION_ID: 'a-session' },
      input: said as unknown as string,
      timeoutMs: 30_000,
    })
    assert.ok(await settle(box.home, 30_000), 'it goes on for ever')
    assert.equal(ended.code, 0, `ended with ${ended.code ?? ended.signal}: ${ended.stderr}`)
    assert.equal(ended.stderr, '')
    // The client takes what a hook says for JSON of its own.
    const told = ended.stdout === '' ? {} : JSON.parse(ended.stdout)
    assert.deepEqual(
      Object.keys(told).filter(key => key !== 'systemMessage'),
      [],
    )
    assert.ok(readFileSync(box.paths.loginFile).equals(login), 'the login file changed')
    assert.deepEqual(filesOf(box), files, 'a file was made')
    // Bytes are bytes to a shell: those that are no characters must not make it blind.
    const text = said
      .subarray(0, 65_536)
      .toString('latin1')
      .replace(/[\s\0]/g, '')
    const saysLogOut = event === 'session-end' && text.includes('"reason":"logout"')
    const saysFailed = event === 'stop-failure' && text.includes('"error":"authentication_failed"')
    assert.equal(existsSync(mark('signed-out')), saysLogOut, 'the mark of a log-out')
    assert.equal(existsSync(mark('doubted')), saysFailed, 'the mark of a doubt')
    for (const start of box.engineStarts().slice(starts))
      assert.match(
        start,
        /^ensure --for (session|hook|soon) --gate-fd 9 /,
        'other words for the engine',
      )
  }
}
