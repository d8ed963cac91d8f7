import type { Socket } from 'node:net';

interface Stranger {
  readonly socket: Socket;
  readonly deadline: NodeJS.Timeout;
}

/**
 * Bounds how many sockets the unproved may hold, and how long each. When the room is full the
 * oldest leaves: a peer needs a moment to get through, while an idle crowd only ages.
 */
export class Admission {
  readonly #limit: number;
  readonly #deadlineMs: number;
  readonly #strangers = new Map<string, Stranger>();

  constructor(limit: number, deadlineMs: number) {
    this.#limit = limit;
    this.#deadlineMs = deadlineMs;
  }

  /** Starts the clock of a socket that has just been accepted. */
  enter(socket: Socket): void {
    const key = keyOf(socket);
    const oldest = this.#strangers.values().next().value;
    if (this.#strangers.size >= this.#limit) oldest?.socket.destroy();
    const deadline = setTimeout(() => socket.destroy(), this.#deadlineMs).unref();
    this.#strangers.set(key, { socket, deadline });
    socket.once('close', () => this.#forget(key, socket));
  }

  /**
   * Stops the clock: the peer at the other end of this socket, or of the TLS on top of it, has
   * proved itself.
   */
  leave(socket: Socket): void {
    const key = keyOf(socket);
    const stranger = this.#strangers.get(key);
    if (stranger !== undefined) this.#forget(key, stranger.socket);
  }

  /** Sends everybody away; for when the daemon stops. */
  clear(): void {
    for (const { socket } of this.#strangers.values()) socket.destroy();
  }

  #forget(key: string, socket: Socket): void {
    const stranger = this.#strangers.get(key);
    if (stranger?.socket !== socket) return;
    clearTimeout(stranger.deadline);
    this.#strangers.delete(key);
  }
}

/** TLS and the TCP socket beneath it show the same far end, which is what joins the two. */
function keyOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
