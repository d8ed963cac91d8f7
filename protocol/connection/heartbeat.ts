import type { WebSocket } from 'ws';

/** Watches over a link: pings, and counts the beats without a sign of life. */
export class Heartbeat {
  readonly #socket: WebSocket;
  readonly #silentBeats: number;
  readonly #onSilence: () => void;
  readonly #timer: NodeJS.Timeout;
  #heard = true;
  #silent = 0;
  #unsent = 0;

  /**
   * Begins at once; MUST be stopped. `onSilence` is called when `silentBeats` beats in a row
   * brought no sign of life.
   */
  constructor(socket: WebSocket, intervalMs: number, silentBeats: number, onSilence: () => void) {
    this.#socket = socket;
    this.#silentBeats = silentBeats;
    this.#onSilence = onSilence;
    this.#timer = setInterval(() => this.#beat(), intervalMs);
  }

  /** Says that something came from the peer. */
  heard(): void {
    this.#heard = true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /**
   * Counts beats, not seconds: after a pause of this process the peer's pongs may still be unread.
   * A shrinking queue is a sign of life too: our ping waits behind blocks that are acknowledged.
   */
  #beat(): void {
    const unsent = this.#socket.bufferedAmount;
    const shrinks = unsent > 0 && unsent < this.#unsent;
    this.#silent = this.#heard || shrinks ? 0 : this.#silent + 1;
    this.#heard = false;
    if (this.#silent >= this.#silentBeats) {
      this.#onSilence();
      return;
    }
    this.#socket.ping();
    this.#unsent = this.#socket.bufferedAmount;
  }
}
