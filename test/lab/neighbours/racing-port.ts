// A port on loopback that a neighbour takes between a look at the kernel's tables and the connection, again and again.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Test } from 'tap'
import { send } from '../../../src/anthropic/http.js'
import { listenerAt } from '../../../src/anthropic/loopback.js'
import { directNetwork } from '../../kit/direct-network.js'
import { type Figures, scale } from '../figures.js'
import { neighbourUid, skip } from './street.js'

const secret = 'very-secret-token'

/**
 * Listens at an address and port for moments of about so many seconds, as often as it can, and says when it was sent the secret. Perl, since a new process of
 * Node's, or its event loop, would lose the race that this is about.
 */
const racer = String.raw`
use strict; use Socket; use Time::HiRes qw(sleep time); use Fcntl;
my ($at, $port, $holds, $reuse) = @ARGV; $| = 1; my $told = 0;
my $is6 = $at =~ /:/;
my $address = $is6 ? Socket::pack_sockaddr_in6($port, Socket::inet_pton(Socket::AF_INET6(), $at)) : sockaddr_in($port, inet_aton($at));
print "ready\n";
while (1) {
  socket(my $server, $is6 ? Socket::AF_INET6() : PF_INET, SOCK_STREAM, 0) or die;
  setsockopt($server, SOL_SOCKET, SO_REUSEADDR, 1);
  setsockopt($server, SOL_SOCKET, 15, 1) if $reuse;
  unless (bind($server, $address) && listen($server, 16)) { close $server; sleep 0.0002; next }
  print "bound\n" unless $told++;
  my $until = time + $holds * (0.5 + rand);
  while (time < $until) {
    my $in = ''; vec($in, fileno $server, 1) = 1;
    next unless select($in, undef, undef, $until - time > 0 ? $until - time : 0) > 0;
    accept(my $caller, $server) or next;
    my $all = ''; my $ready = ''; vec($ready, fileno $caller, 1) = 1;
    if (select($ready, undef, undef, 0.05) > 0) { sysread $caller, $all, 65536 }
    print "heard\n" if $all =~ /very-secret/;
    syswrite $caller, "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}" if length $all;
    close $caller;
  }
  close $server; sleep 0.0005 + rand 0.002;
}
`

interface Racer {
  /** How often it was sent the secret. */
  heard(): number
  hasBound(): boolean
}

async function race(t: Test, uid: number, words: string[]): Promise<Racer> {
  const change = uid === 0 ? [] : [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
  const child: ChildProcess = spawn('setpriv', [...change, 'perl', '-e', racer, ...words], {
    stdio: ['ignore', 'pipe', 'inherit'],
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
  })
  t.teardown(() => child.kill('SIGKILL'))
  let said = ''
  child.stdout?.on('data', data => (said += data))
  await once(child.stdout ?? child, 'data')
  return {
    heard: () => said.split('heard').length - 1,
    hasBound: () => said.includes('bound'),
  }
}

/** Looks, connects and sends, as a program would that takes the tables for a promise. */
function naively(host: string, port: number): Promise<void> {
  return new Promise(resolve => {
    if (listenerAt(host, port, 0).kind !== 'trusted') return resolve()
    const socket = connect({ host, port })
    socket.setTimeout(500, () => socket.destroy())
    socket.on('connect', () => socket.write(`POST / HTTP/1.1\r\n\r\n${secret}`))
    socket.on('error', () => undefined)
    socket.on('data', () => socket.destroy())
    socket.on('close', () => resolve())
  })
}

async function carefully(host: string, port: number): Promise<string> {
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/`
  const request = { method: 'POST', url, body: secret, timeoutMs: 500 } as const
  return (await send(directNetwork(), request)).kind
}

/** Where the neighbour binds while root's server at \`at\` comes and goes. */
const places: Record<string, { at: string; neighbour: string; words?: string[] }> = {
  'the very address': { at: '127.0.0.1', neighbour: '127.0.0.1' },
  'all addresses': { at: '127.0.0.1', neighbour: '0.0.0.0' },
  'all addresses of both families': { at: '127.0.0.1', neighbour: '::' },
  'the address as one of IPv6': { at: '127.0.0.1', neighbour: '::ffff:127.0.0.1' },
  'IPv6 loopback': { at: '::1', neighbour: '::1' },
  'the address, shared with SO_REUSEPORT': {
    at: '127.0.0.1',
    neighbour: '127.0.0.1',
    words: ['1'],
  },
}

export async function racingPort(t: Test, figures: Figures): Promise<void> {
  await t.test('a port that is taken in a race', { skip, buffered: true }, async t => {
    for (const [index, [name, { at, neighbour, words = [] }]] of Object.entries(places).entries()) {
      const port = 18_400 + (process.pid % 1000) + index
      const [, other] = await Promise.all([
        race(t, 0, [at, String(port), '0.02', ...words]),
        race(t, neighbourUid, [neighbour, String(port), '0.003', ...words]),
      ])
      const wanted = scale(index === 0 ? 200 : 40, index === 0 ? 1000 : 300)
      let served = 0
      let rounds = 0
      for (; rounds < wanted || (served === 0 && rounds < 5000); rounds++)
        if ((await carefully(at, port)) === 'reply') served += 1
      const heard = other.heard()
      t.ok(other.hasBound(), `${name}: the neighbour had the port`)
      t.ok(served > 0, `${name}: and so had root, who was sent it ${served} times`)
      const most = 5000
      let tried = 0
      while (tried < most && other.heard() === heard) {
        await naively(at, port)
        tried += 1
      }
      figures.attack({
        kind: '5 A server on loopback without TLS',
        attack: `${name}, bound between look and connection by another user`,
        tried: rounds,
        succeeded: heard > 0 ? [`${heard} times sent the token`] : [],
        control: {
          against: 'a look before the connection alone',
          succeeded: other.heard() - heard,
          tried,
        },
      })
    }
  })
}
