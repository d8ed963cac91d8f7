import { Problem } from '../problem.ts';
import { type Agreement, shakeHands } from './handshake.ts';
import { Inbox } from './inbox.ts';
import { claim, errorIn, isComplete, type PendingRead, type PendingStatus, type Status, statusesIn } from './pending.ts';
import { chunks, commands, magics, readBytes, requestBytes } from './wire.ts';

/** How long a server may take to shake hands: milliseconds. */
const handshakeMs = 15_000;
/**
 * How long nothing may come while something is asked for: milliseconds. A disk that fails is
 * retried by the kernel for a while.
 */
const idleMs = 120_000;
/** Most bytes of an error's chunk. */
const errorBytes = 8 * 1024;
/** Most bytes of a chunk of extents; QEMU sends at most 2^17 of 8 bytes. */
const statusBytes = 2 * 1024 * 1024;

/**
 * A read-only connection to an export of an NBD server; works in worker threads too. A request that
 * the server fails, fails alone; an answer nobody asked for ends all (E_NBD).
 */
export class NbdClient {
  /** Bytes of the disk. */
  readonly size: number;
  readonly #contexts: ReadonlyMap<string, number>;
  readonly #inbox: Inbox;
  readonly #pending = new Map<bigint, PendingRead | PendingStatus>();
  #cookie = 0n;

  private constructor(inbox: Inbox, { size, contexts }: Agreement) {
    this.size = size;
    this.#contexts = contexts;
    this.#inbox = inbox;
    inbox.onFailure = (problem) => {
      for (const each of this.#pending.values()) each.reject(problem);
      this.#pending.clear();
    };
    inbox.limit(0);
    void this.#listen();
  }

  /**
   * Connects to a socket and chooses an export and the metadata contexts to be reported. Throws
   * E_NBD.
   */
  static async connect(
    socket: string,
    exportName: string,
    signal: AbortSignal,
    contexts: readonly string[] = ['base:allocation'],
  ): Promise<NbdClient> {
    const inbox = await Inbox.connect(socket, signal);
    const abort = (): unknown => inbox.fail('was not waited for', signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const late = setTimeout(() => inbox.fail('does not shake hands'), handshakeMs);
    try {
      return new NbdClient(inbox, await shakeHands(inbox, exportName, contexts));
    } finally {
      clearTimeout(late);
      signal.removeEventListener('abort', abort);
    }
  }

  /** Whether the server has a metadata context. */
  has(context: string): boolean {
    return this.#contexts.has(context);
  }

  /**
   * Reads exactly `length` bytes at `offset` into the beginning of `into`, or of a new buffer, and
   * returns a view of them. Throws E_NBD.
   */
  async read(offset: number, length: number, into: Buffer = Buffer.allocUnsafe(length)): Promise<Buffer> {
    const whole = into.subarray(0, length);
    const parts: Promise<Buffer>[] = [];
    for (let done = 0; done < length; done += readBytes) {
      const part = whole.subarray(done, Math.min(done + readBytes, length));
      const asked = { into: part, offset: offset + done, length: part.length, got: [], failed: null };
      parts.push(new Promise((resolve, reject) => this.#ask({ kind: 'read', ...asked, resolve, reject })));
    }
    // All must have ended before the caller may use the buffer again.
    const ended = await Promise.allSettled(parts);
    const failed = ended.find((part) => part.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return whole;
  }

  /**
   * Asks for a context's flags of the bytes from `offset` on: at least one run, `length` bytes
   * (below 2^32) at most. Throws E_NBD.
   */
  status(context: string, offset: number, length: number): Promise<readonly Status[]> {
    const id = this.#contexts.get(context);
    if (id === undefined) return Promise.reject(new Problem('E_NBD', `The NBD server does not have ${context}.`));
    const asked = { context: id, offset, length, found: null, failed: null };
    return new Promise((resolve, reject) => this.#ask({ kind: 'status', ...asked, resolve, reject }));
  }

  /** Says goodbye. What is in flight fails. */
  close(): Promise<void> {
    return this.#inbox.end(requestBytes(commands.disconnect, 0n, 0, 0));
  }

  #ask(asked: PendingRead | PendingStatus): void {
    const { offset, length, kind, reject } = asked;
    if (this.#inbox.failure !== null) {
      reject(this.#inbox.failure);
      return;
    }
    if (!Number.isSafeInteger(offset) || offset < 0 || length <= 0 || length > 0xffff_ffff || offset + length > this.size) {
      reject(new Problem('E_BUG', `${length} bytes at ${offset} are asked of a disk of ${this.size}.`));
      return;
    }
    const cookie = ++this.#cookie;
    this.#pending.set(cookie, asked);
    this.#inbox.limit(idleMs);
    this.#inbox.send(requestBytes(kind === 'read' ? commands.read : commands.blockStatus, cookie, offset, length));
  }

  /** Hears replies until the connection ends. */
  async #listen(): Promise<void> {
    try {
      for (;;) await this.#hear();
    } catch (error) {
      this.#inbox.fail('answers in a way that is not understood', error);
    }
  }

  async #hear(): Promise<void> {
    const head = await this.#inbox.take(16);
    const magic = head.readUInt32BE(0);
    // Structured replies were agreed on; a simple one may still refuse what is no read.
    if (magic === magics.simpleReply) return this.#hearRefusal(head);
    if (magic !== magics.structuredReply) throw this.#inbox.fail('lost its thread');
    const flags = head.readUInt16BE(4);
    const type = head.readUInt16BE(6);
    const cookie = head.readBigUInt64BE(8);
    const asked = this.#pending.get(cookie);
    if (asked === undefined) throw this.#inbox.fail('answers what was not asked');
    const length = (await this.#inbox.take(4)).readUInt32BE(0);
    if ((type & chunks.error) !== 0) asked.failed = errorIn(await this.#payload(length, errorBytes));
    else if (type === chunks.none && length === 0 && (flags & chunks.done) !== 0) asked.failed ??= null;
    else if (asked.kind === 'read') await this.#hearData(asked, type, length);
    else await this.#hearStatus(asked, type, length);
    if ((flags & chunks.done) !== 0) this.#settle(cookie, asked);
  }

  async #hearData(asked: PendingRead, type: number, length: number): Promise<void> {
    if (length < 9 || (type !== chunks.offsetData && (type !== chunks.offsetHole || length !== 12)))
      throw this.#inbox.fail('answers a read with something else');
    const at = Number((await this.#inbox.take(8)).readBigUInt64BE(0)) - asked.offset;
    const bytes = type === chunks.offsetHole ? (await this.#inbox.take(4)).readUInt32BE(0) : length - 8;
    if (!claim(asked, at, bytes)) throw this.#inbox.fail('sends bytes that were not asked for');
    const place = asked.into.subarray(at, at + bytes);
    if (type === chunks.offsetHole) place.fill(0);
    else await this.#inbox.fill(place);
  }

  async #hearStatus(asked: PendingStatus, type: number, length: number): Promise<void> {
    if (type !== chunks.blockStatus) throw this.#inbox.fail('answers a question for extents with something else');
    const payload = await this.#payload(length, statusBytes);
    if (payload.length < 4) throw this.#inbox.fail('names no context');
    // Every agreed context is reported; one is wanted.
    if (payload.readUInt32BE(0) !== asked.context) return;
    const found = asked.found === null ? statusesIn(payload.subarray(4), asked.length) : null;
    if (found === null) throw this.#inbox.fail('reports impossible extents');
    asked.found = found;
  }

  #hearRefusal(head: Buffer): void {
    const error = head.readUInt32BE(4);
    const cookie = head.readBigUInt64BE(8);
    const asked = this.#pending.get(cookie);
    if (asked?.kind !== 'status' || error === 0) throw this.#inbox.fail('answers in a form that was not agreed on');
    const number = Buffer.alloc(6);
    number.writeUInt32BE(error);
    asked.failed = errorIn(number);
    this.#settle(cookie, asked);
  }

  #settle(cookie: bigint, asked: PendingRead | PendingStatus): void {
    const whole = asked.failed !== null || (asked.kind === 'read' ? isComplete(asked) : asked.found !== null);
    if (!whole) throw this.#inbox.fail('ends an answer before it is whole');
    this.#pending.delete(cookie);
    if (this.#pending.size === 0) this.#inbox.limit(0);
    if (asked.failed !== null)
      asked.reject(new Problem('E_NBD', `The NBD server cannot read ${asked.length} bytes at ${asked.offset}: ${asked.failed}.`));
    else if (asked.kind === 'read') asked.resolve(asked.into);
    else asked.resolve(asked.found ?? []);
  }

  #payload(length: number, most: number): Promise<Buffer> {
    if (length > most) throw this.#inbox.fail(`answers with ${length} bytes where ${most} are allowed`);
    return this.#inbox.take(length);
  }
}
