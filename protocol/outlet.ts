import type { WebSocket } from 'ws';
import { abortable } from './abortable.ts';
import { encodeText, type TextFrame } from './frame.ts';

/** The speaking half of a connection: what is said goes out in order, and who brings blocks waits while too much is unsent. */
export class Outlet {
  readonly #socket: WebSocket;
  readonly #onSent: () => void;
  readonly #waiting = new Set<() => void>();
  readonly #unsentBytes: number;

  /** `unsentBytes` is the level above which blocks wait; `onSent` is told whenever something has left for the kernel. */
  constructor(socket: WebSocket, unsentBytes: number, onSent: () => void) {
    this.#socket = socket;
    this.#unsentBytes = unsentBytes;
    this.#onSent = onSent;
  }

  /** Bytes not yet handed to the kernel. */
  get unsent(): number {
    return this.#socket.bufferedAmount;
  }

  /** Says a text frame. On a closed socket it says nothing; whoever waits for an answer learns it from the connection's end. */
  say(frame: TextFrame): void {
    this.#send(encodeText(frame));
  }

  /** Sends a binary frame. MUST come after `room`. */
  sendBlock(frame: Buffer): void {
    this.#send(frame);
  }

  /** Waits until another block may be read and sent. Throws when `signal` aborts first. */
  async room(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.unsent > this.#unsentBytes) {
      await abortable<void>([signal], (resolve) => this.#waiting.add(resolve));
    }
  }

  #send(data: string | Buffer): void {
    // The callback's error is left alone: the socket's close event tells it once, for all.
    this.#socket.send(data, () => {
      for (const resolve of this.#waiting) resolve();
      this.#waiting.clear();
      this.#onSent();
    });
  }
}
