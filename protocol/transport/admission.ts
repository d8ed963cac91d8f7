import type { Socket } from 'node:net';
import { Crowd } from './crowd.ts';

interface UnprovedSocket {
  readonly socket: Socket;
  readonly deadline: NodeJS.Timeout;
  crowd: Crowd;
}

/** How many sockets may wait at a listener, and for how long. */
export interface AdmissionLimits {
  readonly strangers: number;
  readonly secured: number;
  readonly strangerMs: number;
}

/**
 * Limits how many sockets unproved clients hold, and for how long. Those whose TLS is done are
 * counted apart, so that no number of idle connects puts one of them out.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #waiting: Crowd;
  readonly #secured: Crowd;
  readonly #strangers = new Map<string, UnprovedSocket>();

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
    this.#waiting = new Crowd(limits.strangers);
    this.#secured = new Crowd(limits.secured);
  }

  /** Starts the clock of a socket that has just been accepted. */
  enter(socket: Socket): void {
    const key = keyOf(socket);
    const deadline = setTimeout(() => socket.destroy(), this.#limits.strangerMs).unref();
    this.#strangers.set(key, { socket, deadline, crowd: this.#waiting });
    this.#waiting.add(socket);
    socket.once('close', () => this.#forget(key, socket));
  }

  /** TLS is done on top of this socket; its clock goes on. */
  secured(tls: Socket): void {
    const stranger = this.#strangers.get(keyOf(tls));
    if (stranger === undefined) return;
    this.#waiting.remove(stranger.socket);
    stranger.crowd = this.#secured;
    this.#secured.add(stranger.socket);
  }

  /** The TLS on top of this socket proved a pinned key: no stranger takes its place any more. */
  known(tls: Socket): void {
    const stranger = this.#strangers.get(keyOf(tls));
    stranger?.crowd.remove(stranger.socket);
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
    stranger.crowd.remove(socket);
    this.#strangers.delete(key);
  }
}

/** TLS and the TCP socket beneath it show the same far end, which is what joins the two. */
function keyOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
