// Connections to one server that outlive one request, for whoever sends many.

import type { ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import type { Keep, Line } from './connection.js'

export interface KeptLines {
  /** One that nobody uses, still open; null: a new one has to be opened. */
  take: (keep: Keep) => Extract<Line, { kind: 'open' }> | null
  /** Keeps the connection after a whole reply; false where the server has said that it ends. */
  give: (socket: Socket, request: ClientRequest) => boolean
}

/** None is open yet. One that waits for its next request keeps no process alive. */
export function keptLines(): KeptLines {
  const idle: Socket[] = []
  return {
    take: keep => {
      for (let socket = idle.pop(); socket !== undefined; socket = idle.pop()) {
        if (socket.destroyed || !socket.writable || socket.readableEnded) continue
        socket.ref()
        keep(socket)
        return { kind: 'open', socket }
      }
      return null
    },
    give: (socket, request) => {
      if (!request.shouldKeepAlive || socket.destroyed) return false
      // Node takes its parser off the socket only after the reply's end was told.
      socket.once('free', () => {
        socket.unref()
        idle.push(socket)
      })
      return true
    },
  }
}
