import type { WebSocket } from 'ws';
import { Problem } from '../../shared/problem.ts';
import type { Limits } from '../limits.ts';
import { CongestionWindow } from '../pacing/congestion-window.ts';
import type { Path } from '../pacing/path.ts';
import type { Throttle } from '../pacing/throttle.ts';
import { type DataFrame, encodeHeader, encodeText, type TextFrame } from './frame.ts';

/**
 * Bytes that the socket may hold on this side of the kernel: enough that the kernel never waits
 * for us.
 */
const socketBytes = 512 * 1024;

/** Bytes of the pings that are marks, and of those that are echoes. */
const markBytes = 4;
const echoBytes = 5;

/**
 * Longest wait for the throttle before it is asked again, for its limit may have changed:
 * milliseconds.
 */
const throttledMs = 100;

/** A data frame, or a part of one, on its way to the socket. */
export interface OutgoingFrame {
  readonly frame: DataFrame;
  /** Called once the socket does not need the payload any more. */
  readonly taken: () => void;
}

/** What a frame writer is made with. */
export interface FrameWriterOptions {
  readonly limits: Limits;
  /** Bounds what all writers together send; absent: nothing does. */
  readonly throttle?: Throttle | undefined;
  /** The path of the session that it writes for. */
  readonly path: Path;
  /** Gives the next data frame, when the line has room for one. */
  readonly next: (writer: FrameWriter) => OutgoingFrame | undefined;
  /** Called whenever the kernel has taken something, or the other side has confirmed something. */
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
  #path: Path;
  readonly #texts: string[] = [];
  #current: OutgoingFrame | undefined;
  /** Bytes of the present frame's payload that are sent; undefined before its header is. */
  #sentBytes: number | undefined;
  #textBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #heldBackMs = 0;

  constructor(socket: WebSocket, options: FrameWriterOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#path = options.path;
    this.#window = new CongestionWindow(options.limits, options.path);
  }

  /** Bytes that the kernel has not taken yet. */
  get unsent(): number {
    return this.#socket.bufferedAmount + this.backlogBytes;
  }

  /** Bytes of texts that wait for the end of a data frame. */
  get waitingTextBytes(): number {
    return this.#textBytes;
  }

  /** Bytes of the present data frame that wait for the line. */
  get backlogBytes(): number {
    return this.#current === undefined ? 0 : this.#current.frame.payload.length - (this.#sentBytes ?? 0);
  }

  /** What the line is like: its rate, and the bytes that are on their way or have arrived. */
  get window(): Pick<CongestionWindow, 'bytesPerSecond' | 'inFlightBytes' | 'arrivedBytes' | 'windowBytes'> {
    return this.#window;
  }

  /** Goes by the path of another session, whose lane this has become. */
  follow(path: Path): void {
    this.#path = path;
    this.#window.follow(path);
  }

  /** Sends a small ping that measures the path. */
  echo(): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const data = Buffer.alloc(echoBytes);
    data.writeUInt32BE(this.#path.echo(performance.now()), 1);
    this.#socket.ping(data);
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

  /** Hears a pong: if it answers a mark, the bytes before it have arrived. */
  hearPong(data: Buffer): void {
    if (data.length === echoBytes) this.#path.returned(data.readUInt32BE(1), performance.now());
    if (data.length === markBytes) this.#window.returned(data.readUInt32BE(0), performance.now());
    else return;
    this.pump();
    this.#options.onSent();
  }

  /** Forgets texts that are not sent yet. MUST be called when the connection is over. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#texts.length = 0;
  }

  /** Sends as much as may be sent now; whatever holds it up calls it again. */
  pump(): void {
    while (this.#hasRoom) {
      this.#current ??= this.#options.next(this);
      if (this.#current === undefined || this.#isHeldBack()) break;
      this.#sendFragment(this.#current);
    }
    if (this.#window.isDue(this.#current === undefined)) this.#mark();
  }

  get #hasRoom(): boolean {
    if (this.#timer !== undefined || this.#socket.readyState !== this.#socket.OPEN) return false;
    return this.#socket.bufferedAmount < socketBytes && this.#window.inFlightBytes < this.#window.windowBytes;
  }

  /** Whether the throttle holds it back; then it pumps again when that lets go. */
  #isHeldBack(): boolean {
    const delayMs = this.#options.throttle?.delayMs ?? 0;
    if (delayMs === 0) return false;
    const since = performance.now();
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#heldBackMs += performance.now() - since;
        this.pump();
      },
      Math.min(delayMs, throttledMs),
    );
    return true;
  }

  /** Sends a fragment of the present frame; the payload is not copied. */
  #sendFragment({ frame, taken }: OutgoingFrame): void {
    const { payload } = frame;
    if (this.#sentBytes === undefined) {
      this.#sentBytes = 0;
      this.#socket.send(encodeHeader(frame), { binary: true, fin: payload.length === 0 });
    }
    const fragment = payload.subarray(this.#sentBytes, this.#sentBytes + this.#window.fragmentBytes);
    this.#sentBytes += fragment.length;
    const last = this.#sentBytes === payload.length;
    if (fragment.length > 0) this.#send(fragment, last, last ? taken : undefined);
    this.#window.sent(fragment.length, performance.now());
    this.#options.throttle?.take(fragment.length);
    if (last) this.#endFrame();
    if (this.#window.isDue(false)) this.#mark();
  }

  #endFrame(): void {
    this.#current = undefined;
    this.#sentBytes = undefined;
    this.#textBytes = 0;
    for (const text of this.#texts.splice(0)) this.#send(text, true);
  }

  #mark(): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const data = Buffer.allocUnsafe(markBytes);
    // Where the kernel takes no more, TCP says how much is on its way, and not our window.
    const isHeld = this.#socket.bufferedAmount > socketBytes / 4;
    data.writeUInt32BE(this.#window.mark(performance.now(), isHeld) >>> 0);
    this.#socket.ping(data);
  }

  #send(data: string | Uint8Array, fin: boolean, taken?: () => void): void {
    // The callback's error is ignored: the socket's close event reports it once.
    this.#socket.send(data, { fin }, (error) => {
      if (!error) taken?.();
      this.pump();
      this.#options.onSent();
    });
  }
}
