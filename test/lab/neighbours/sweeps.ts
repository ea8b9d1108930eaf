// What deletes: wherever a variable or a link leads the sweeps and the uninstall, files of the person's stay.

import { linkSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import type { Figures } from '../figures.js'
import { lines, placesOf, type Street, skip, street } from './street.js'

interface Trap {
  /** Makes it; returns variables for the commands. \`mine\` are files that have to stay. */
  set(here: Street, mine: string[]): Record<string, string>
  /** What a program of the kind would do: sh, with \`$C\` the folder of kept code. */
  naive: string
}

const commands = [
  ...['ensure --force', 'status', 'doctor', 'uninstall --yes'],
  ...['uninstall --as-user hand-back', 'uninstall --as-user leftovers'],
]
const byAge = 'find -L "$C" -type f -mtime +30 -delete'
const whole = 'rm -rf "$C"/*'
const codeNames = (folder: string) => readdirSync(folder).filter(name => name.includes('.cjs-'))
const older = (name: string) => name.replace(/^(\w+)-[0-9a-f]{16}/, '$1-0123456789abcdef')

function own({ box }: Street, mine: string[], path: string, text = 'mine'): string {
  box.home.write(path, text)
  mine.push(path)
  return path
}

/** The folder where code is kept, with a name that an earlier version could have left. */
function cache(here: Street): { folder: string; name: string } {
  const folder = join(here.box.home.path, '.cache/claude-auth')
  const [name = 'none'] = codeNames(folder)
  return { folder, name: older(name) }
}

const traps: Record<string, Trap> = {
  'XDG_CACHE_HOME where the sealed store lies': {
    set: (here, mine) => {
      mine.push(...['key', 'default.jwe'].map(name => join(placesOf(here).D, name)))
      return { XDG_CACHE_HOME: dirname(placesOf(here).D) }
    },
    naive: byAge,
  },
  'XDG_CACHE_HOME where the configuration lies': {
    set: (here, mine) => {
      mine.push(here.box.home.configFile)
      own(here, mine, join(placesOf(here).C, 'notes.txt'))
      return { XDG_CACHE_HOME: dirname(placesOf(here).C) }
    },
    naive: byAge,
  },
  'a link from the kept code to a folder of the person’s': {
    set: (here, mine) => {
      const { folder, name } = cache(here)
      const to = join(here.box.home.path, 'work')
      own(here, mine, join(to, name))
      rmSync(folder, { recursive: true })
      symlinkSync(to, folder)
      return {}
    },
    naive: byAge,
  },
  'a second name of a file, like a name of ours': {
    set: (here, mine) => {
      const { folder, name } = cache(here)
      linkSync(own(here, mine, join(here.box.home.path, 'precious')), join(folder, name))
      mine.push(join(folder, name))
      return {}
    },
    naive: byAge,
  },
  'a file of the person’s with a name like ours': {
    set: (here, mine) => {
      const { folder, name } = cache(here)
      own(here, mine, join(folder, name), 'no code, for all that it is called so '.repeat(9))
      return {}
    },
    naive: byAge,
  },
  'links from our marks to folders of the person’s': {
    set: (here, mine) => {
      for (const name of ['client', 'login', 'config', 'aside']) {
        const to = join(here.box.home.path, `work-${name}`)
        own(here, mine, join(to, 'deep/file'))
        own(here, mine, join(to, 'file.tmp.01234567'))
        const at = join(placesOf(here).S, name)
        rmSync(at, { recursive: true, force: true })
        symlinkSync(to, at)
      }
      return {}
    },
    naive: 'rm -rf "$S"/client/* "$S"/aside/*',
  },
  'links with names of temporary files': {
    set: (here, mine) => {
      const file = own(here, mine, join(here.box.home.path, 'precious'))
      for (const name of ['state.json.tmp.01234567', 'answer.tmp.0123456789abcdef'])
        symlinkSync(file, join(placesOf(here).S, name))
      symlinkSync(file, join(placesOf(here).L, '.credentials.json.tmp.01234567'))
      return {}
    },
    naive: 'find -L "$S" -name "*.tmp.*" -exec sh -c \'rm -f "$(readlink -f "$1")"\' sh {} ";"',
  },
  'a file of the person’s beside the sealed store': {
    set: (here, mine) => {
      own(here, mine, join(placesOf(here).D, 'notes.txt'))
      own(here, mine, join(placesOf(here).D, 'clone/README'))
      return {}
    },
    naive: 'rm -rf "$D"',
  },
  'a folder of the person’s in the place of the kept code': {
    set: (here, mine) => {
      const to = join(here.box.home.path, 'sources')
      own(here, mine, join(to, 'claude-auth/main.ts'))
      own(here, mine, join(to, 'claude-auth/key'))
      return { XDG_CACHE_HOME: to, XDG_DATA_HOME: to, XDG_STATE_HOME: to, TMPDIR: to }
    },
    naive: whole,
  },
}

const remaining = (mine: string[]) =>
  `for each in ${mine.map(path => `'${path}'`).join(' ')}; do [ -e "$each" ] || echo "$each"; done`

async function aged(here: Street): Promise<void> {
  const script =
    'find "$H" -path "$H/program" -prune -o -type f -print0 | xargs -0 touch -h -d "40 days ago"'
  await here.box.run('sh', ['-c', script], { env: { H: here.box.home.path } })
}

export async function sweeps(t: Test, figures: Figures): Promise<void> {
  const tests = Object.entries(traps).map(([name, { set, naive }]) =>
    t.test(name, { skip, buffered: true }, async t => {
      const gone: string[] = []
      let naively = 0
      let files = 0
      for (const isNaive of [false, true]) {
        const here = await street(t, { login: 'valid', config: { custody: 'sole' } })
        const { box } = here
        t.match((await here.ensure(['--force'])).stdout, '"verdict":"ok"')
        const mine: string[] = []
        const env: Record<string, string> = { ...set(here, mine), ...placesOf(here) }
        await here.settleIn()
        await aged(here)
        const node = '"$H/tools/node" "$H/program/bin/claude-auth"'
        const C = `${env['XDG_CACHE_HOME'] ?? join(box.home.path, '.cache')}/claude-auth`
        if (isNaive) await here.owner(naive, { ...env, C })
        else
          for (const words of commands)
            await here.owner(`${node} ${words}`, { ...(box.env as Record<string, string>), ...env })
        // An uninstall hands the login back: then the store and its key have done their work.
        const kept = mine.filter(
          path => isNaive || !/(?:\/key|\.jwe)$/.test(path) || !path.startsWith(placesOf(here).D),
        )
        const missing = lines((await here.owner(remaining(kept))).stdout)
        if (isNaive) {
          naively = missing.length
          files = kept.length
        } else gone.push(...missing)
      }
      figures.attack({
        kind: '6 What deletes',
        attack: name,
        tried: commands.length,
        succeeded: gone,
        control: { against: 'a sweep by age or by place', succeeded: naively, tried: files },
      })
    }),
  )
  await Promise.all(tests)
}
