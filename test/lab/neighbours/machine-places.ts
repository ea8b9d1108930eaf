// Links and folders of somebody else's where an installation for the machine, or for an image, puts what all users run and believe.

import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { noOwnMachine, type OwnMachine, ownMachine } from '../../kit/own-machine.js'
import type { Figures } from '../figures.js'

const program = join(fileURLToPath(new URL('../../..', import.meta.url)), 'bin/claude-auth')

/** Puts it there; `reach` prints something where what root did arrived in `/home/mallory` or `/opt/host`. */
interface Attempt {
  plant: string
  words: string[]
  /** How many scripts put files there. */
  naive: string
  reach: string
}

const image = '/opt/image'
const toImage = ['install', '--system', '--yes', '--root', image]
const toMachine = ['install', '--system', '--yes']
const inHome = 'find /home/mallory/x -mindepth 1 | head -n 1'
const inHost = 'find /opt/host -mindepth 1 | head -n 1'
const isMallorys =
  'setpriv --reuid=mallory --regid=mallory --init-groups sh -c "mv /usr/local/lib/claude-auth /usr/local/lib/.aside && echo moved" 2>/dev/null'

const attempts: Record<string, Attempt> = {
  'the program’s folder, a link into a user’s home': {
    plant: 'ln -s /home/mallory/x /usr/local/lib/claude-auth',
    words: toMachine,
    naive: 'mkdir -p /usr/local/lib/claude-auth/bin',
    reach: inHome,
  },
  'the folder above it, a link into a user’s home': {
    plant: 'mv /usr/local/lib /usr/local/before; ln -s /home/mallory/x /usr/local/lib',
    words: toMachine,
    naive: 'mkdir -p /usr/local/lib/claude-auth/bin',
    reach: inHome,
  },
  'the folder above it, open to a group with a member': {
    plant: 'chgrp games /usr/local/lib; chmod 2775 /usr/local/lib',
    words: toMachine,
    naive: 'mkdir -p /usr/local/lib/claude-auth/bin',
    reach: isMallorys,
  },
  'the folder above it, a user’s own': {
    plant: 'chown mallory /usr/local/lib',
    words: toMachine,
    naive: 'mkdir -p /usr/local/lib/claude-auth/bin',
    reach: isMallorys,
  },
  'the configuration’s folder, a link into a user’s home': {
    plant: 'ln -s /home/mallory/x /etc/claude-auth',
    words: toMachine,
    naive: 'echo >/etc/claude-auth/config.yaml',
    reach: inHome,
  },
  'an image whose folders are absolute links': {
    plant: `mkdir -p ${image}/etc ${image}/usr/local; ln -s /opt/host ${image}/etc/claude-auth; ln -s /opt/host ${image}/usr/local/lib`,
    words: toImage,
    naive: `echo >${image}/etc/claude-auth/config.yaml`,
    reach: inHost,
  },
  'an image with a link upward': {
    plant: `mkdir -p ${image}/var; ln -s ../../../opt/host ${image}/var/lib`,
    words: toImage,
    naive: `mkdir -p ${image}/var/lib/claude-auth`,
    reach: inHost,
  },
  'an image with a link to what is not there yet': {
    plant: `mkdir -p ${image}/etc; ln -s /opt/host/new ${image}/etc/skel`,
    words: toImage,
    naive: `mkdir -p $(readlink ${image}/etc/skel)/.claude`,
    reach: inHost,
  },
  'an image whose record names a file outside': {
    plant: `${program} install --system --yes --root ${image} >/dev/null; echo kept >/opt/kept; sed -i 's#"path": "/etc/claude-auth/config.yaml"#"path": "/../../opt/kept"#' ${image}/var/lib/claude-auth/manifest.json`,
    words: ['uninstall', '--system', '--yes', '--root', image],
    naive: `rm ${image}/../../opt/kept`,
    reach: 'test -e /opt/kept || echo gone',
  },
}

async function machineWith(t: Test, { plant }: Attempt): Promise<OwnMachine> {
  const machine = await ownMachine(t)
  await machine.addUser('mallory')
  await machine.sh(
    'usermod -aG games mallory; install -d -o mallory /home/mallory/x; mkdir /opt/host',
  )
  await machine.sh(plant)
  return machine
}

export async function machinePlaces(t: Test, figures: Figures): Promise<void> {
  await t.test(
    'places that are somebody else’s',
    { skip: noOwnMachine, buffered: true },
    async t => {
      for (const [name, attempt] of Object.entries(attempts)) {
        await t.test(name, async t => {
          const machine = await machineWith(t, attempt)
          const ended = await machine.run(program, attempt.words)
          const reached = (await machine.sh(`${attempt.reach}; true`)).trim()
          t.equal(reached, '', ended.stderr)
          t.match(ended, { code: 1, stderr: /claude-auth: hint: / })
          const other = await machineWith(t, attempt)
          await other.sh(attempt.naive)
          const got = (await other.sh(`${attempt.reach}; true`)).trim()
          figures.attack({
            kind: '8 Places for all users',
            attack: name,
            tried: 1,
            succeeded: reached === '' ? [] : [reached],
            control: {
              against: 'who makes folders and files there',
              succeeded: got === '' ? 0 : 1,
              tried: 1,
            },
          })
        })
      }
      await t.test('a folder for a group that nobody is in is as good as root’s', async t => {
        const machine = await ownMachine(t)
        await machine.sh(
          'chgrp staff /usr/local /usr/local/lib /usr/local/bin; chmod 2775 /usr/local /usr/local/lib /usr/local/bin',
        )
        t.match(await machine.run(program, toMachine), { code: 0 })
      })
    },
  )
}
