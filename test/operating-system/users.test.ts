// Who runs this process.

import { hostname, userInfo } from 'node:os'
import t from 'tap'
import { whoAmI } from '../../src/system/users.js'

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
