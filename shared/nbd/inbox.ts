import { connect, type Socket } from 'node:net';
import { Problem } from '../problem.ts';

/** Bytes taken from the socket at once; a Unix socket seldom holds more. */
const intakeBytes = 256 * 1024;

interface Want {
  readonly into: Buffer;
  filled: number;
  readonly resolve: () => void;
  readonly reject: (problem: Problem) => void;
}

/**
 * A Unix socket read by exact amounts, each into its own buffer; no more is taken from the socket
 * than is asked for. One `fill` at a time.
 */
export class Inbox {
  readonly #path: string;
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #want: Want | null = null;
  #failure: Problem | null = null;
  /** Hears why nothing more will come. */
  onFailure: (problem: Problem) => void = () => undefined;

  private constructor(path: string, ready: () => void) {
    this.#path = path;
    const onread = {
      buffer: Buffer.allocUnsafeSlow(intakeBytes),
      callback: (bytes: number, buffer: Uint8Array) => this.#take(bytes, buffer),
    };
    this.#socket = connect({ path, onread }, ready);
    this.#socket.on('error', (error) => this.fail(`cannot be reached: ${error.message}`, error));
    this.#socket.on('close', () => this.fail('closed the connection'));
    this.#socket.on('timeout', () => this.fail('does not answer'));
  }

  /** Connects to a socket. Throws E_NBD. */
  static async connect(path: string, signal: AbortSignal): Promise<Inbox> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const inbox = new Inbox(path, resolve);
    inbox.onFailure = reject;
    const abort = (): unknown => inbox.fail('was not waited for', signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', abort);
    }
    return inbox;
  }

  /** Why nothing more will come; null while something may. */
  get failure(): Problem | null {
    return this.#failure;
  }

  /** Fills the buffer with the next bytes. */
  fill(into: Buffer): Promise<void> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    if (into.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#want = { into, filled: 0, resolve, reject };
      this.#feed();
      if (this.#rest.length === 0) this.#socket.resume();
    });
  }

  /** Reads the next bytes into a buffer of their own. */
  async take(length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length);
    await this.fill(bytes);
    return bytes;
  }

  send(bytes: Buffer): void {
    if (this.#failure === null) this.#socket.write(bytes);
  }

  /** Fails when nothing at all comes for this long; 0 takes the limit away. */
  limit(idleMs: number): void {
    this.#socket.setTimeout(idleMs);
  }

  /** Ends the connection for a reason, once. Returns the problem it has ended with. */
  fail(why: string, cause?: unknown): Problem {
    if (this.#failure !== null) return this.#failure;
    const problem =
      cause instanceof Problem
        ? cause
        : new Problem('E_NBD', `The NBD server at ${this.#path} ${why}.`, { about: this.#path, cause });
    this.#failure = problem;
    this.#socket.destroy();
    const want = this.#want;
    this.#want = null;
    want?.reject(problem);
    this.onFailure(problem);
    return problem;
  }

  /** Says goodbye with these last bytes and waits until the socket is closed. */
  async end(last: Buffer): Promise<void> {
    if (this.#socket.closed) return;
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    this.#socket.write(last, () => this.fail('was left'));
    this.#socket.setTimeout(1_000, () => this.fail('was left'));
    await closed;
  }

  /** False pauses the socket until what it brought is used up: its buffer is ours until then. */
  #take(length: number, buffer: Uint8Array): boolean {
    this.#rest = Buffer.from(buffer.buffer, buffer.byteOffset, length);
    this.#feed();
    return this.#rest.length === 0 && this.#want !== null;
  }

  #feed(): void {
    const want = this.#want;
    if (want === null || this.#rest.length === 0) return;
    const taken = Math.min(this.#rest.length, want.into.length - want.filled);
    want.into.set(this.#rest.subarray(0, taken), want.filled);
    want.filled += taken;
    this.#rest = this.#rest.subarray(taken);
    if (want.filled < want.into.length) return;
    this.#want = null;
    want.resolve();
  }
}
