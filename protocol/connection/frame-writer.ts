import type { WebSocket } from 'ws';
import { giveBack } from '../../shared/disk/give-back.ts';
import { Problem } from '../../shared/problem.ts';
import type { Limits } from '../limits.ts';
import { CongestionWindow } from '../pacing/congestion-window.ts';
import type { Throttle } from '../pacing/throttle.ts';
import { type DataFrame, encodeHeader, encodeText, type TextFrame } from './frame.ts';

/**
 * Bytes that the socket may hold on this side of the kernel: enough that the kernel never waits for
 * us.
 */
const socketBytes = 512 * 1024;

/**
 * Longest wait for the throttle before it is asked again, for its limit may have changed:
 * milliseconds.
 */
const throttledMs = 100;

/** What a frame writer is made with. */
export interface FrameWriterOptions {
  readonly limits: Limits;
  /** Bounds what all writers together send; absent: nothing does. */
  readonly throttle?: Throttle | undefined;
  /** Called whenever the kernel has taken something. */
  readonly onSent: () => void;
}

/**
 * Writes the frames of a connection: texts at once, data in fragments, as `CongestionWindow`
 * allows. A text that meets a data frame half sent waits for its end, as RFC 6455 (5.4) demands.
 */
export class FrameWriter {
  readonly #socket: WebSocket;
  readonly #options: FrameWriterOptions;
  readonly #window: CongestionWindow;
  readonly #frames: { readonly header: Buffer; readonly payload: Uint8Array }[] = [];
  readonly #texts: string[] = [];
  /** Bytes of the first frame's payload that are sent; undefined before its header is. */
  #sentBytes: number | undefined;
  #backlog = 0;
  #textBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #heldBackMs = 0;

  constructor(socket: WebSocket, options: FrameWriterOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#window = new CongestionWindow(options.limits);
  }

  /** Bytes that the kernel has not taken yet. */
  get unsent(): number {
    return this.#socket.bufferedAmount + this.#backlog;
  }

  /** Bytes of texts that wait for the end of a data frame. */
  get waitingTextBytes(): number {
    return this.#textBytes;
  }

  /** Bytes of data frames that wait for the line. */
  get backlogBytes(): number {
    return this.#backlog;
  }

  /** What the line is like: its round trip and rate, and the bytes that have arrived over it. */
  get window(): Pick<CongestionWindow, 'rttMs' | 'bytesPerSecond' | 'arrivedBytes'> {
    return this.#window;
  }

  /**
   * How long the line carried something or was throttled: milliseconds, counted twice where it was
   * both.
   */
  get busyMs(): number {
    return this.#window.busyMs + this.#heldBackMs;
  }

  /**
   * Sends a text frame; throws E_TOO_LARGE for one that the other side would refuse. On a closed
   * socket it sends nothing: who waits gets the end of the connection.
   */
  say(frame: TextFrame): void {
    const text = encodeText(frame);
    const bytes = Buffer.byteLength(text);
    if (bytes > this.#options.limits.textBytes) {
      throw new Problem('E_TOO_LARGE', `A text frame of ${bytes} bytes is longer than ${this.#options.limits.textBytes}.`);
    }
    if (this.#sentBytes === undefined) this.#send(text, true);
    else {
      this.#texts.push(text);
      this.#textBytes += bytes;
    }
  }

  /**
   * Sends a data frame as the line allows; SHOULD come only while `backlogBytes` is small. The
   * payload is not copied and MUST NOT be used again: once it is sent, its memory is given back.
   */
  sendData(frame: DataFrame): void {
    const { payload } = frame;
    const isSmall = payload.length <= this.#options.limits.smallPullBytes;
    const behind = isSmall ? this.#frames.findIndex((one, place) => this.#isLonger(one.payload, place)) : -1;
    this.#frames.splice(behind < 0 ? this.#frames.length : behind, 0, { header: encodeHeader(frame), payload });
    this.#backlog += frame.payload.length;
    this.#pump();
  }

  /** Whether a waiting frame is longer than small ones are; the first may be half sent. */
  #isLonger(payload: Uint8Array, place: number): boolean {
    return payload.length > this.#options.limits.smallPullBytes && (place > 0 || this.#sentBytes === undefined);
  }

  /** Hears a pong: if it answers a mark, the bytes before it have arrived. */
  hearPong(data: Buffer): void {
    if (data.length !== 4) return;
    this.#window.returned(data.readUInt32BE(0), performance.now());
    this.#pump();
  }

  /** Forgets what is not sent yet. MUST be called when the connection is over. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#frames.length = 0;
    this.#texts.length = 0;
    this.#backlog = 0;
  }

  /** Sends as much as may be sent now; whatever holds it up calls it again. */
  #pump(): void {
    while (this.#frames.length > 0 && this.#mayGo()) this.#sendFragment();
    if (this.#window.isDue(this.#frames.length === 0)) this.#mark();
  }

  #mayGo(): boolean {
    if (this.#timer !== undefined || this.#socket.readyState !== this.#socket.OPEN) return false;
    if (this.#socket.bufferedAmount >= socketBytes || this.#window.inFlightBytes >= this.#window.windowBytes) return false;
    const delayMs = this.#options.throttle?.delayMs ?? 0;
    if (delayMs === 0) return true;
    const since = performance.now();
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#heldBackMs += performance.now() - since;
        this.#pump();
      },
      Math.min(delayMs, throttledMs),
    );
    return false;
  }

  #sendFragment(): void {
    const [frame] = this.#frames;
    if (frame === undefined) return;
    const { header, payload } = frame;
    if (this.#sentBytes === undefined) {
      this.#sentBytes = 0;
      this.#socket.send(header, { binary: true, fin: payload.length === 0 });
    }
    const fragment = payload.subarray(this.#sentBytes, this.#sentBytes + this.#window.fragmentBytes);
    this.#sentBytes += fragment.length;
    const last = this.#sentBytes === payload.length;
    if (fragment.length > 0) this.#send(fragment, last, last ? payload : undefined);
    this.#backlog -= fragment.length;
    this.#window.sent(fragment.length, performance.now());
    this.#options.throttle?.take(fragment.length);
    if (last) this.#endFrame();
    if (this.#window.isDue(false)) this.#mark();
  }

  #endFrame(): void {
    this.#frames.shift();
    this.#sentBytes = undefined;
    this.#textBytes = 0;
    for (const text of this.#texts.splice(0)) this.#send(text, true);
  }

  #mark(): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const data = Buffer.allocUnsafe(4);
    data.writeUInt32BE(this.#window.mark(performance.now()) >>> 0);
    this.#socket.ping(data);
  }

  /**
   * `whole` is the payload that ends with this: once the socket is done with it, its memory goes
   * back.
   */
  #send(data: string | Uint8Array, fin: boolean, whole?: Uint8Array): void {
    // The callback's error is ignored: the socket's close event reports it once.
    this.#socket.send(data, { fin }, (error) => {
      if (whole !== undefined && !error) giveBack(whole);
      this.#pump();
      this.#options.onSent();
    });
  }
}
