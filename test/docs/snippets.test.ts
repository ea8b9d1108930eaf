// Every command line and every configuration in the docs is one that this program takes.

import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { readFlags } from '../../src/cli/command.js'
import { commandNamed, commandTable } from '../../src/cli/commands.js'
import { house } from '../config/house.js'
import { wordsOf } from '../kit/command-line.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const pages = [
  ...readdirSync(`${root}/docs`)
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
  'README.md',
  'SECURITY.md',
]
const textOf = (page: string) => readFileSync(`${root}/${page}`, 'utf8')

/** The text of the fenced blocks of a language, whatever stands behind it. */
function blocks(text: string, language: string): string[] {
  return [...text.matchAll(/^```(\w+)[^\n]*\n([\s\S]*?)^```/gm)]
    .filter(([, name]) => name === language)
    .map(([, , block = '']) => block)
}

/** The command lines: in shell blocks, and in code within a sentence. */
function commandLines(text: string): string[] {
  const inBlocks = blocks(text, 'sh').flatMap(block => block.split('\n'))
  const inSentences = [...text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)]
  return (
    [...inBlocks, ...inSentences.map(([, code = '']) => code)]
      .flatMap(line => [...line.matchAll(/(?:^|[\s$(;&|])(claude-auth [a-z].*)$/g)])
      .map(([, line = '']) => line.replace(/\)"?$| <\S+$/, ''))
      // A usage, with names in the place of values.
      .filter(line => !line.includes('[') && !/ (?:SHELL|EVENT)$/.test(line))
  )
}

t.test('each command line names a command and flags that exist', async t => {
  let count = 0
  for (const page of pages)
    for (const line of commandLines(textOf(page))) {
      const [, name = '', ...args] = wordsOf(line)
      const entry = commandNamed(name)
      t.not(entry, null, `${page}: ${line}`)
      // The bare name of a command speaks of it.
      if (entry !== null && args.length > 0 && args[0] !== '--help')
        t.doesNotThrow(() => readFlags(entry, args), `${page}: ${line}`)
      count++
    }
  t.ok(count > 40, `${count} lines`)
})

t.test('each configuration passes the check', async t => {
  let count = 0
  for (const page of pages)
    for (const block of blocks(textOf(page), 'yaml')) {
      // A roster, or a task of another program.
      if (/^(?:#.*\n)*(?:users:|- )/.test(block)) continue
      const at = house(t.testdir())
      const roster = at.writeSystem('users: {alice: {email: alice@example.com}}\n', 'roster.yaml')
      const whole = /^version:/m.test(block) ? block : `version: 1\n${block}`
      at.writeUser(whole.replace('/etc/claude-auth/roster.yaml', roster))
      await t.resolves(at.load(), `${page}: ${block}`)
      count++
    }
  t.ok(count >= 8, `${count} blocks`)
})

t.test('the daily commands stand in the page about daily use', async t => {
  const daily = commandTable.filter(({ group }) => group === 'daily')
  t.ok(daily.length >= 3, `${daily.length} commands`)
  for (const { name } of daily)
    t.match(textOf('docs/daily.md') + textOf('docs/runbook.md'), `claude-auth ${name}`, name)
})

t.test('links within the docs lead somewhere', async t => {
  const slug = (title: string) =>
    title
      .toLowerCase()
      .replaceAll(/[^a-z0-9 _-]/g, '')
      .replaceAll(' ', '-')
  const anchors = (page: string) =>
    [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => slug(title))
  let [files, titles] = [0, 0]
  for (const page of ['docs/daily.md', 'docs/faq.md', 'docs/comparison.md', 'docs/commands.md'])
    for (const [, target = '', anchor] of textOf(page).matchAll(
      /\]\(([\w./-]*\.md)?(?:#([\w-]+))?\)/g,
    )) {
      const file = target === '' || target === undefined ? page : `docs/${target}`
      t.ok(pages.includes(file) || file.startsWith('docs/../'), `${page}: ${file}`)
      files++
      if (anchor && pages.includes(file)) {
        t.ok(anchors(file).includes(anchor), `${page}: #${anchor}`)
        titles++
      }
    }
  t.ok(files >= 10 && titles >= 3, `${files} links, ${titles} to a heading`)
})

t.test('each test that the comparison names exists, by its file and title', async t => {
  const named = [...textOf('docs/comparison.md').matchAll(/`(test\/[^`]+\.ts)`(?: "([^"]+)")?/g)]
  t.ok(named.length > 20)
  for (const [, file = '', title] of named) t.match(textOf(file), title ?? /from 'tap'/, file)
})
