import type { WebSocket } from 'ws';
import { decodeText, encodeHeader } from '../../../protocol/connection/frame.ts';
import { limits } from '../../../protocol/limits.ts';
import { digestOf } from '../../../shared/disk/block-digest.ts';
import type { Dice } from '../../support/dice.ts';
import type { Offered } from '../../support/offered.ts';

/** What a request came to: its answer, or how the connection ended before it. */
export type End =
  | { readonly answer: Readonly<Record<string, unknown>> }
  | { readonly problem: { readonly code: string; readonly says: string } }
  | { readonly closed: number };

/** How a peer answers when it is asked for bytes of a disk. */
export type Manner = 'honest' | 'flips a bit' | 'too short' | 'nothing' | 'a problem' | 'silence';

/**
 * A paired sender that says what it likes, as often and in whatever order it likes, and that
 * answers a pull in any manner.
 */
export class HostilePeer {
  manner: Manner = 'honest';
  readonly #socket: WebSocket;
  readonly #dice: Dice;
  readonly #disks = new Map<number, Offered>();
  readonly #open = new Map<number, (end: End) => void>();
  #next = 1;

  constructor(socket: WebSocket, dice: Dice) {
    this.#socket = socket;
    this.#dice = dice;
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer, isBinary: boolean) => {
      if (!isBinary) this.#hear(data.toString());
    });
    socket.on('close', (code: number) => {
      for (const end of this.#open.values()) end({ closed: code });
      this.#open.clear();
    });
  }

  get isOpen(): boolean {
    return this.#socket.readyState === this.#socket.OPEN;
  }

  /** Greets as a sender does. */
  greet(): Promise<End> {
    return this.ask('session.hello', { role: 'sender', release: '0.0.0', features: [], name: 'the sender' });
  }

  /** Says a request; `id` may be one that is open already. */
  ask(name: string, params: unknown, id = this.#next): Promise<End> {
    this.#next = Math.max(this.#next, id) + 1;
    return new Promise((resolve) => {
      if (!this.isOpen) return resolve({ closed: 1006 });
      this.#open.get(id)?.({ closed: 0 });
      this.#open.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, name, params }));
    });
  }

  /** Sends anything. */
  say(frame: string | Buffer): void {
    if (this.isOpen) this.#socket.send(frame);
  }

  /** Notes what stands behind a handle that the receiver gave. */
  offered(handle: number, disk: Offered): void {
    this.#disks.set(handle, disk);
  }

  /** Goes away without a word. */
  leave(): void {
    this.#socket.terminate();
  }

  #hear(text: string): void {
    const frame = decodeText(text);
    if (!('id' in frame)) return;
    if ('name' in frame) {
      this.#answer(frame.id, frame.name, frame.params as Asked);
      return;
    }
    const end = this.#open.get(frame.id);
    this.#open.delete(frame.id);
    if ('problem' in frame) end?.({ problem: frame.problem });
    else end?.({ answer: frame.result as Record<string, unknown> });
  }

  #answer(id: number, name: string, params: Asked): void {
    const disk = this.#disks.get(params.handle);
    const manner = this.#dice.onceIn(3) ? this.manner : 'honest';
    if (manner === 'silence') return;
    if (disk === undefined || manner === 'a problem') {
      const problem = { code: 'E_NOT_FOUND', says: 'There is no such disk.', hint: 'None.' };
      this.say(JSON.stringify({ id, problem }));
      return;
    }
    if (name === 'disk.refine') void this.#refine(id, disk, params, manner);
    else void this.#pull(id, disk, params, manner);
  }

  async #refine(id: number, disk: Offered, { blocks = [] }: Asked, manner: Manner): Promise<void> {
    const pieces = Buffer.from(await disk.asker.refine(blocks));
    if (manner === 'flips a bit') pieces.writeUInt8(pieces.readUInt8(0) ^ 1, 0);
    const told = manner === 'too short' ? pieces.subarray(8) : pieces;
    this.say(JSON.stringify({ id, result: { pieces: manner === 'nothing' ? '' : told.toString('base64') } }));
  }

  async #pull(id: number, disk: Offered, { pieces = [] }: Asked, manner: Manner): Promise<void> {
    const { rawBytes, payload } = await disk.asker.pull(pieces);
    const bytes = Buffer.concat(payload as Buffer[]);
    if (manner === 'flips a bit' && bytes.length > 0) bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
    const sent = manner === 'too short' ? bytes.subarray(0, -1) : manner === 'nothing' ? Buffer.alloc(0) : bytes;
    const raw = Math.min(manner === 'too short' ? sent.length : rawBytes, limits.frameBytes);
    this.say(Buffer.concat([encodeHeader({ id, codec: 'none', rawBytes: raw, payload: sent }), sent]));
  }
}

/** What a receiver may ask for. */
interface Asked {
  readonly handle: number;
  readonly pieces?: readonly (readonly [number, number])[];
  readonly blocks?: readonly (readonly [number, number])[];
}

/** A digest of nothing that exists, for pages and roots that lie. */
export const aLie = (dice: Dice): Buffer => digestOf('sha256', Buffer.from(String(dice.below(1 << 30))));
