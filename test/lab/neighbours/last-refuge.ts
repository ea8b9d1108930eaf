// The last refuge of an answer, where the home takes none: a neighbour was there before, or comes while it is taken.

import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Test } from 'tap'
import { noOwnMachine, type OwnMachine, ownMachine } from '../../kit/own-machine.js'
import { type Figures, scale } from '../figures.js'

const source = fileURLToPath(new URL('../../..', import.meta.url))

/** Keeps an answer, or says how often it is found. */
const asOwner = `
import { fallbackAnswers, removeFallbackAnswers, writeFallbackAnswer } from './src/login/fallback-answer.ts'
const [what, seal] = process.argv.slice(2)
const path = '/home/alice/.claude/.claude-auth/answer'
if (what === 'keep') writeFallbackAnswer(path, Buffer.from('the only copy'), seal === 'sealed', String(process.pid))
else if (what === 'leave') removeFallbackAnswers(path, { isExpected: true })
else console.log(fallbackAnswers(path, { isExpected: true }).filter(each => each.toString() === 'the only copy').length)
`

/** As many would do it: a folder of a known name, made if need be. */
const naive = `
for ground in /var/tmp /dev/shm; do
  at=$ground/claude-auth-$(id -u); mkdir -m 700 -p "$at" 2>/dev/null
  (umask 077; printf "the only copy" >"$at/answer") 2>/dev/null && [ -O "$at/answer" ] && exit 0
done; exit 1`

/** What the neighbour does in each ground, \`$G\`; \`$U\` is the owner's number. */
const attacks: Record<string, string> = {
  'the known name, as a folder': 'mkdir -m 700 "$G/claude-auth-$U"',
  'the known name, open to all': 'mkdir -m 777 "$G/claude-auth-$U"; chmod 777 "$G/claude-auth-$U"',
  'the known name, as a file, a pipe and a loop':
    'case $G in /var/tmp) : >"$G/claude-auth-$U" ;; /dev/shm) mkfifo "$G/claude-auth-$U" ;; *) ln -s "claude-auth-$U" "$G/claude-auth-$U" ;; esac',
  'thousands of names of the same form':
    'mkdir -m 777 "$G/claude-auth-$U"; perl -e \'mkdir sprintf("%s/claude-auth-%06d", $ARGV[0], $_) for 1 .. 3000\' "$G"',
  'links of the same form, to their own folder':
    'mkdir -p -m 777 ~/caught; chmod 777 ~ ~/caught; ln -sfn ~/caught "$G/claude-auth-$U"; for each in aaaaaa bbbbbb cccccc; do ln -s ~/caught "$G/claude-auth-$each"; done',
  'all room in memory taken':
    'mkdir -m 700 "$G/claude-auth-$U"; [ "$G" != /dev/shm ] || head -c 64m /dev/zero >"$G/fill"',
  'whatever comes moved, linked and opened, at once':
    'mkdir -m 700 "$G/claude-auth-$U"; : >~/going; (while [ -e ~/going ]; do for each in "$G"/claude-auth-??????; do mv "$each" "$each.old"; ln -sfn ~/caught "$each"; chmod 777 "$each"; cat "$each"/* >>~/heard; ln "$each"/* ~/; rm -rf "$each"; done; done) >/dev/null 2>&1 &',
}

const grounds = '/var/tmp /dev/shm /tmp'

async function cleared(machine: OwnMachine): Promise<void> {
  await machine.sh(
    `rm -f /home/mallory/going; sleep 0.1; rm -rf /home/mallory/* /dev/shm/* /var/tmp/claude-auth-* /tmp/claude-auth-*; true`,
  )
}

export async function lastRefuge(t: Test, figures: Figures): Promise<void> {
  await t.test('the last refuge', { skip: noOwnMachine, buffered: true }, async t => {
    const machine = await ownMachine(t)
    await machine.addUser('alice')
    await machine.addUser('mallory')
    await machine.sh(
      'mount -t tmpfs -o mode=1777,size=8m shm /dev/shm; mount -t tmpfs -o mode=1777 tmp /tmp; mount -t tmpfs -o mode=1777 tmp /var/tmp',
    )
    await machine.sh('! test -e "/run/user/$(id -u alice)"')
    const { outputFiles } = await build({
      stdin: { contents: asOwner, resolveDir: source },
      ...{ bundle: true, format: 'esm', platform: 'node', write: false },
    })
    await machine.write('/opt/refuge.mjs', outputFiles[0]?.text ?? '')
    await machine.sh(`cp "$(readlink -f ${process.execPath})" /opt/node; chmod 755 /opt/node`)
    const owner = (words: string[]) =>
      machine.as('alice', '/opt/node', ['/opt/refuge.mjs', ...words])
    const U = (await machine.sh('id -u alice')).trim()
    for (const [name, attack] of Object.entries(attacks)) {
      const begin = () =>
        machine.as('mallory', 'sh', ['-c', `for G in ${grounds}; do\n${attack}\ndone`], {
          env: { U },
        })
      await cleared(machine)
      await begin()
      const wrong: string[] = []
      const rounds = scale(1, 5)
      for (const seal of ['sealed', 'plain'])
        for (let round = 0; round < rounds; round++) {
          const kept = await owner(['keep', seal])
          const found = (await owner(['look'])).stdout.trim()
          // What is not sealed has its place in memory alone; where that is full, it can only be said.
          const isFull = name.includes('all room') && seal === 'plain' && kept.code !== 0
          if (!isFull && (kept.code !== 0 || found !== '1'))
            wrong.push(`${seal}: ${found} ${kept.stderr}`)
          await owner(['leave'])
        }
      const heard = await machine.sh(
        'find /home/mallory /var/tmp /dev/shm /tmp -xdev -type f -name "*" -exec grep -ls "the only copy" {} +; true',
      )
      if (heard !== '') wrong.push(`found at ${heard}`)
      await cleared(machine)
      await begin()
      const naively = await machine.as('alice', 'timeout', ['5', 'sh', '-c', naive])
      // In a folder of the neighbour's, who can take it away or put another in its place, it is not kept.
      const place = '-type d -user alice -perm 700 -exec test -f {}/answer ";" -print'
      const safe = await machine.sh(
        `find /var/tmp /dev/shm -maxdepth 1 -name 'claude-auth-${U}' ${place}`,
      )
      await cleared(machine)
      figures.attack({
        kind: '11 The last refuge',
        attack: name,
        tried: 2 * rounds,
        succeeded: wrong,
        control: {
          against: 'a folder of a known name',
          succeeded: naively.code === 0 && safe !== '' ? 0 : 1,
          tried: 1,
        },
      })
    }
  })
}
