// What is read from the getent of each C library. The stand-ins do as its source says, with `--` as well.

import t from 'tap'
import { askDirectory } from '../../src/system/user-directory.js'
import { accountsNamed, usersWithLogins } from '../../src/system/users.js'

const line = (name: string, uid: number) => `${name}:x:${uid}:${uid}::/home/${name}:/bin/sh`
const listed = [line('root', 0), line('toor', 0), line('alice', 70_001), line('bob', 70_002)]
const lineOf = (key: string) =>
  listed.find(each => each.startsWith(`${key}:`) || each.split(':')[2] === key)

function ended(code: number, lines: readonly string[]) {
  return { code, stdout: lines.map(each => `${each}\n`).join(''), isMissing: false }
}

const everyGetent = {
  glibc(words: readonly string[]) {
    const keys = words.filter(each => each !== '--')
    if (keys.length === 0) return ended(0, listed)
    const lines = keys.flatMap(key => lineOf(key) ?? [])
    return ended(lines.length === keys.length ? 0 : 2, lines)
  },
  /** musl-utils since 2016, from NetBSD: it ends at the first unknown key. */
  netbsd(keys: readonly string[]) {
    if (keys.length === 0) return ended(0, listed)
    const at = keys.findIndex(key => lineOf(key) === undefined)
    const found = at === -1 ? keys : keys.slice(0, at)
    return ended(
      at === -1 ? 0 : 2,
      found.flatMap(key => lineOf(key) ?? []),
    )
  },
  /** musl-utils before: a script that knows one key. */
  script([key]: readonly string[]) {
    if (key === undefined) return ended(0, listed)
    const found = lineOf(key)
    return found === undefined ? ended(2, []) : ended(0, [found])
  },
}

for (const [name, getent] of Object.entries(everyGetent)) {
  const ask = (keys: readonly string[]) => askDirectory(keys, getent)
  t.test(`${name}: without keys, all are listed`, async t => {
    t.equal(ask([]), `${listed.join('\n')}\n`)
    t.match(await usersWithLogins(ask), { isWhole: true })
  })

  t.test(`${name}: unknown names hide none of the others`, async t => {
    const named = (...names: string[]) => {
      const { accounts, unanswered } = accountsNamed(names, ask)
      t.equal(unanswered, null, names.join(' '))
      return accounts.map(each => each.name)
    }
    t.same(named('alice', 'bob'), ['alice', 'bob'])
    t.same(named('x', 'alice', 'y', 'z', 'bob', 'w'), ['alice', 'bob'])
    t.same(named('root', 'x', 'alice'), ['root', 'alice'])
    t.same(named('x', 'toor', 'root', 'y'), ['toor', 'root'])
    t.same(named('x', 'y'), [])
    t.same(named('bob'), ['bob'])
    t.equal(ask(['x']), '')
    t.equal(ask(['70009', '70002', '0']), `${line('bob', 70_002)}\n${line('root', 0)}\n`)
  })

  t.test(`${name}: what can be no name is asked nowhere`, async t => {
    const asked: string[] = []
    const noting = (keys: readonly string[]) => {
      asked.push(...keys)
      return getent(keys)
    }
    t.equal(askDirectory(['--service=files', '-s', '', 'bob'], noting), `${line('bob', 70_002)}\n`)
    t.same(asked, ['bob'])
    t.equal(askDirectory(['--help'], noting), '', 'and is not all users')
    t.same(asked, ['bob'])
  })
}

t.test('a listing that ends as if a key were unknown is none', async t => {
  t.equal(
    askDirectory([], () => ended(2, [])),
    null,
  )
  t.match(await usersWithLogins(keys => askDirectory(keys, () => ended(2, []))), {
    isWhole: false,
  })
})

t.test('a getent that was killed has said nothing', async t => {
  const killed = { code: null, stdout: `${line('alice', 70_001)}\n`, isMissing: false }
  for (const keys of [[], ['alice'], ['alice', 'bob']])
    t.equal(
      askDirectory(keys, () => killed),
      null,
    )
})

t.test('root of this machine is known by name and by number', async t => {
  t.match(accountsNamed(['no-such-user', 'root']), { accounts: [{ name: 'root', uid: 0 }] })
  t.match(askDirectory(['0']), /^root:/)
})
