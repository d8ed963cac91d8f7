import type { Socket } from 'node:net';

interface UnprovedSocket {
  readonly socket: Socket;
  readonly deadline: NodeJS.Timeout;
}

/**
 * Limits how many sockets unproved clients hold, and for how long. When all places are taken the
 * oldest socket is closed, because a real peer needs only a moment.
 */
export class Admission {
  readonly #limit: number;
  readonly #deadlineMs: number;
  readonly #strangers = new Map<string, UnprovedSocket>();

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

  /** Stops the clock of a socket, or of the TLS on top of it, whose peer has proved itself. */
  leave(socket: Socket): void {
    const key = keyOf(socket);
    const stranger = this.#strangers.get(key);
    if (stranger !== undefined) this.#forget(key, stranger.socket);
  }

  /** Closes every socket; called when the daemon stops. */
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
