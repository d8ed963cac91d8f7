import type { WebSocket } from 'ws';
import { Problem } from '../shared/problem.ts';
import { abortable } from './abortable.ts';
import { type DataFrame, encodeHeader, encodeText, type TextFrame } from './frame.ts';
import type { Limits } from './limits.ts';

/** The speaking half of a connection: what is said goes out in order, and who brings data waits while too much is unsent. */
export class Outlet {
  readonly #socket: WebSocket;
  readonly #onSent: () => void;
  readonly #waiting = new Set<() => void>();
  readonly #limits: Pick<Limits, 'textBytes' | 'unsentBytes'>;

  /** `onSent` is told whenever something has left for the kernel. */
  constructor(socket: WebSocket, limits: Pick<Limits, 'textBytes' | 'unsentBytes'>, onSent: () => void) {
    this.#socket = socket;
    this.#limits = limits;
    this.#onSent = onSent;
  }

  /** Bytes not yet handed to the kernel. */
  get unsent(): number {
    return this.#socket.bufferedAmount;
  }

  /**
   * Says a text frame; throws E_TOO_LARGE for one that the other side would close the connection over.
   * On a closed socket it says nothing; whoever waits for an answer learns it from the connection's end.
   */
  say(frame: TextFrame): void {
    const text = encodeText(frame);
    const bytes = Buffer.byteLength(text);
    if (bytes > this.#limits.textBytes) {
      throw new Problem('E_TOO_LARGE', `A text frame of ${bytes} bytes is longer than ${this.#limits.textBytes}.`);
    }
    this.#send(text);
  }

  /** Sends a binary frame. MUST come after `room`. */
  sendData(frame: DataFrame): void {
    this.#socket.send(encodeHeader(frame), { fin: false });
    this.#send(frame.payload);
  }

  /** Waits until another pull's bytes may be read and sent. Throws when `signal` aborts first. */
  async room(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.unsent > this.#limits.unsentBytes) {
      await abortable<void>([signal], (resolve) => this.#waiting.add(resolve));
    }
  }

  #send(data: string | Uint8Array): void {
    // The callback's error is left alone: the socket's close event tells it once, for all.
    this.#socket.send(data, () => {
      for (const resolve of this.#waiting) resolve();
      this.#waiting.clear();
      this.#onSent();
    });
  }
}
