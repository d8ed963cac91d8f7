import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a link does to the bytes that pass. */
export interface Weather {
  /** Milliseconds that every piece waits. */
  readonly delayMs?: number;
  /** Passes every piece in two halves, some milliseconds apart. */
  readonly halves?: boolean;
  /** Cuts the connection after so many bytes towards the receiver. */
  readonly cutAfterBytes?: number;
  /** Changes one bit of the byte at this place on the way to the receiver. */
  readonly corruptByte?: number;
}

/** A TCP link to a port of 127.0.0.1 that delays, cuts, splits and corrupts. */
export class LossyLink {
  /** The faults of connections from now on; `cutAfterBytes` and `corruptByte` happen once. */
  weather: Weather = {};
  /** Bytes that were passed towards the receiver. */
  forwarded = 0;
  /** Connections that were made. */
  connections = 0;
  /** Bytes that each of them passed towards the receiver, in their order. */
  readonly carried: number[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Opens a link to `port` on a port of its own. */
  static async open(port: number): Promise<LossyLink> {
    const server = createServer();
    const link = new LossyLink(server);
    server.on('connection', (near) => link.#join(near, connect(port, '127.0.0.1')));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Cuts every connection now. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near: Socket, far: Socket): void {
    const place = this.connections;
    this.connections += 1;
    this.carried.push(0);
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      // A broken connection shows at the other side as its end.
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    void this.#pass(near, far, place);
    void this.#pass(far, near, undefined);
  }

  /** `place`: of the connection, on the way towards the receiver. */
  async #pass(from: Socket, to: Socket, place: number | undefined): Promise<void> {
    let passed = 0;
    try {
      for await (const piece of from as AsyncIterable<Buffer>) {
        const { delayMs = 0, halves = false } = this.weather;
        if (delayMs > 0) await sleep(delayMs);
        if (place !== undefined && this.#strikes(piece, passed)) return void from.resetAndDestroy();
        passed += piece.length;
        if (place !== undefined) {
          this.forwarded += piece.length;
          this.carried[place] = passed;
        }
        const middle = halves ? Math.floor(piece.length / 2) : 0;
        if (middle > 0) {
          to.write(piece.subarray(0, middle));
          await sleep(2);
        }
        if (!to.write(piece.subarray(middle))) await Promise.race([once(to, 'drain'), once(to, 'close')]);
      }
    } catch {
      // The connection was cut; its other end is told by its own close.
    }
  }

  /** Whether the connection is cut at this piece; corrupts it where that is due. */
  #strikes(piece: Buffer, passed: number): boolean {
    const { cutAfterBytes, corruptByte, ...rest } = this.weather;
    const within = (place: number | undefined): place is number => place !== undefined && place < passed + piece.length;
    if (within(corruptByte)) {
      const at = Math.max(0, corruptByte - passed);
      piece[at] = (piece[at] ?? 0) ^ 1;
      this.weather = { ...rest, ...(cutAfterBytes === undefined ? {} : { cutAfterBytes }) };
    }
    if (!within(cutAfterBytes)) return false;
    this.weather = rest;
    return true;
  }
}
