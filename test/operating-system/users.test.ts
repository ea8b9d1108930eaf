// Who runs this process.

import { hostname, userInfo } from 'node:os'
import t from 'tap'
import { anyAccountNamed } from '../../src/offboard/host-facts.js'
import { askDirectory } from '../../src/system/user-directory.js'
import { accountsNamed, usersWithLogins, whoAmI } from '../../src/system/users.js'

t.test('the user is the one of the uid, whatever the environment says', async t => {
  const person = whoAmI({ USER: 'mallory', LOGNAME: 'mallory', HOME: '/home/alice' })
  t.equal(person.user, userInfo().username)
  t.equal(person.uid, process.geteuid?.())
  t.equal(person.home, '/home/alice')
})

t.test('a home that is not absolute is the password database’s', async t => {
  for (const HOME of [undefined, '', 'home/alice', '~'])
    t.equal(whoAmI({ HOME }).home, userInfo().homedir)
})

t.test('the host is its short name in lower case', async t => {
  const { host } = whoAmI({})
  t.equal(host, hostname().split('.')[0]?.toLowerCase())
  t.notMatch(host, /[.A-Z]/)
})

/** A directory that answers about so many names within the limit, and never about those of `silent`. */
function slowDirectory(most: number, silent: readonly string[] = []) {
  const asked: number[] = []
  const ask = (names: readonly string[]): string | null => {
    asked.push(names.length)
    if (names.length > most || names.some(name => silent.includes(name))) return null
    const known = names.filter(name => name !== 'unknown')
    return known.map(name => `${name}:x:1001:1001::/home/${name}:/bin/sh\n`).join('')
  }
  return { ask, asked }
}

const names = (count: number) => Array.from({ length: count }, (_, at) => `user${at}`)

t.test('a directory that is too slow for all names is asked about fewer', async t => {
  for (const most of [1, 7, 300]) {
    const { ask } = slowDirectory(most)
    const all = [...names(700), 'unknown']
    const { accounts, unanswered } = accountsNamed(all, ask)
    t.equal(unanswered, null)
    t.same(
      accounts.map(({ name }) => name),
      names(700),
      `${most} at once`,
    )
  }
})

t.test('no answer about one name is not an account that is not there', async t => {
  const all = names(600)
  const { ask } = slowDirectory(1000, ['user501'])
  t.match(accountsNamed(all, ask), { unanswered: 'user501' })
  const dead = slowDirectory(0)
  t.match(accountsNamed(all, dead.ask), { accounts: [], unanswered: 'user0' })
  t.ok(dead.asked.length < 6, 'a directory that is away is not asked about each')
  t.match(accountsNamed(['unknown'], slowDirectory(1).ask), { accounts: [], unanswered: null })
  t.throws(() => anyAccountNamed('alice', dead.ask), { code: 'no-directory' })
  t.equal(anyAccountNamed('unknown', slowDirectory(1).ask), null)
  t.match(anyAccountNamed('alice', slowDirectory(1).ask), { uid: 1001, home: '/home/alice' })
})

t.test('a directory that gives no answer is no list of all users', async t => {
  t.match(await usersWithLogins(), { isWhole: true })
  t.match(await usersWithLogins(() => null), { isWhole: false })
  // It lists nobody, as many do, and answers about each.
  t.match(await usersWithLogins(names => (names.length === 0 ? '' : askDirectory(names))), {
    isWhole: true,
  })
})
