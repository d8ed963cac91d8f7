import type { RawData, WebSocket } from 'ws';
import { asProblem, Problem } from '../../shared/problem.ts';
import { type CloseCode, type Closed, closeReason, readClose, readError } from '../close.ts';
import type { Limits } from '../limits.ts';
import { Path } from '../pacing/path.ts';
import type { Throttle } from '../pacing/throttle.ts';
import { FrameWriter, type OutgoingFrame } from './frame-writer.ts';
import { Heartbeat } from './heartbeat.ts';

/** Who hears what a link receives. What `text` and `data` throw closes the link. */
export interface LinkListener {
  text(data: Buffer): void;
  data(fragments: readonly Buffer[]): void;
  /** The kernel has taken something, or the other side has confirmed something. */
  sent(): void;
  /** What the writer sends next; undefined where there is nothing for it. */
  next(writer: FrameWriter): OutgoingFrame | undefined;
  /** Whether too many notices wait on this side; nothing more is read then. */
  isBehind(): boolean;
  /** The reason that the other side gave in its goodbye. */
  goodbye(): string | undefined;
  refused(problem: Problem): void;
}

/** What a link is made with. */
export interface LinkOptions {
  readonly limits: Limits;
  readonly throttle?: Throttle | undefined;
  readonly listener: LinkListener;
}

/**
 * An open WebSocket with its writer and its heartbeat. It passes on what arrives, stops reading
 * while either side is behind, and ends once, whoever ends it.
 */
export class Link {
  /** Resolves when the link is over; never rejects. */
  readonly closed: Promise<Closed>;
  readonly writer: FrameWriter;
  /** The path that this link alone would go by. */
  readonly path: Path;
  readonly #socket: WebSocket;
  readonly #limits: Limits;
  readonly #listener: LinkListener;
  readonly #heartbeat: Heartbeat;
  readonly #over = new AbortController();
  readonly #end: (closed: Closed) => void;

  /** MUST be made in the turn in which the socket opened, or frames are lost. */
  constructor(socket: WebSocket, { limits, throttle, listener }: LinkOptions) {
    this.#socket = socket;
    this.#limits = limits;
    this.#listener = listener;
    this.path = new Path(limits);
    const onSent = (): void => this.#sent();
    const next = (writer: FrameWriter): OutgoingFrame | undefined => listener.next(writer);
    this.writer = new FrameWriter(socket, { limits, throttle, path: this.path, next, onSent });
    const silence = new Problem('E_PEER_LOST', `Nothing was heard for ${limits.silentHeartbeats} heartbeats.`);
    const onSilence = (): void => this.drop(4002, silence);
    this.#heartbeat = new Heartbeat(socket, limits.heartbeatMs, limits.silentHeartbeats, onSilence);
    const { promise, resolve } = Promise.withResolvers<Closed>();
    this.closed = promise;
    this.#end = resolve;
    this.#attach();
  }

  /** Aborts when the link is over. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  /**
   * Stops reading while too much waits: notices on this side, or answers that the other side does
   * not read. Goes on afterwards.
   */
  listen(): void {
    if (this.signal.aborted) return;
    // What waits for the line does not count: only what is read here, the pongs, lets it out.
    const { unsent, backlogBytes, waitingTextBytes } = this.writer;
    if (waitingTextBytes > this.#limits.unreadBytes) {
      this.drop(4002, new Problem('E_PEER_LOST', `Answers of ${waitingTextBytes} bytes were asked for and not read.`));
      return;
    }
    const isBehind = this.#listener.isBehind() || unsent - backlogBytes > this.#limits.unreadBytes;
    if (isBehind && !this.#socket.isPaused) this.#socket.pause();
    else if (!isBehind && this.#socket.isPaused) this.#socket.resume();
  }

  /** Ends the link because of `problem`, which a close frame says to the other side. */
  drop(code: CloseCode, problem: Problem): void {
    if (this.signal.aborted) return;
    this.#listener.refused(problem);
    this.#finish({ code, says: problem.message, problem });
    this.#shut(code, problem.message);
  }

  /** Ends the link in peace; resolves when the socket is gone. May be repeated. */
  async close(reason: string): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      if (this.#socket.readyState === this.#socket.CLOSED) resolve();
      else this.#socket.once('close', () => resolve());
    });
    if (!this.signal.aborted) {
      this.#finish({ code: 1000, says: reason });
      this.#shut(1000, reason);
    }
    await gone;
  }

  #attach(): void {
    // Joined, every frame would be 4 MiB of new memory and another copy, in the one thread that
    // must keep up with the line.
    this.#socket.binaryType = 'fragments';
    this.#socket.on('message', (data, isBinary) => this.#hear(data, isBinary));
    this.#socket.on('ping', () => this.#alive());
    this.#socket.on('pong', (data) => {
      this.writer.hearPong(data);
      this.#alive();
    });
    // An error without a listener would end the process; the close event that follows tells the
    // same with a code.
    this.#socket.on('error', (error) => this.drop(...readError(error)));
    this.#socket.on('close', (code, reason) => {
      this.#finish(readClose(code, this.#listener.goodbye() ?? reason.toString()));
    });
  }

  #hear(data: RawData, isBinary: boolean): void {
    if (this.signal.aborted) return;
    this.#alive();
    try {
      if (isBinary) this.#listener.data(data as Buffer[]);
      else this.#listener.text(data as Buffer);
    } catch (thrown) {
      const problem = asProblem(thrown);
      this.drop(closeCodeOf(problem), problem);
    }
  }

  #alive(): void {
    this.#heartbeat.heard();
    this.listen();
  }

  #sent(): void {
    this.#listener.sent();
    this.listen();
  }

  #shut(code: CloseCode, says: string): void {
    // A paused socket would never see the other's close frame.
    this.#socket.resume();
    this.#socket.close(code, closeReason(says));
    const cut = setTimeout(() => this.#socket.terminate(), this.#limits.closeMs);
    this.#socket.once('close', () => clearTimeout(cut));
  }

  #finish(closed: Closed): void {
    if (this.signal.aborted) return;
    this.#heartbeat.stop();
    this.writer.stop();
    this.#over.abort(closed.problem ?? new Problem('E_PEER_LOST', `The connection was closed: ${closed.says}`));
    this.#end(closed);
  }
}

/** What a frame that was refused closes the link with. */
function closeCodeOf({ code }: Problem): CloseCode {
  if (code === 'E_TOO_LARGE') return 1009;
  return code === 'E_MALFORMED' ? 1002 : 1011;
}
