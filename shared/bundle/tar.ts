import { type Pack, pack as packTar } from 'tar-stream';
import { spoilt } from './format.ts';

/** The unit of a tar, and the record that tapes read at once: bytes. */
const unit = 512;
const recordBytes = 20 * unit;

/** Writes plain entries, one after the other, and waits while the reader is slower. */
export class TarWriter {
  readonly #pack: Pack = packTar();
  readonly #at: Date;
  #bytes = 0;

  /** `at`: the time that every entry carries. */
  constructor(at: Date) {
    this.#at = at;
  }

  /** The bytes of the tar, for whoever reads it. Ends with `finish`, fails with `fail`. */
  async *bytes(): AsyncGenerator<Buffer> {
    for await (const bytes of this.#pack as AsyncIterable<Buffer>) {
      this.#bytes += bytes.length;
      yield bytes;
    }
    const over = this.#bytes % recordBytes;
    if (over > 0) yield Buffer.alloc(recordBytes - over);
  }

  /** Writes one entry; resolves when it is on its way. */
  async add(name: string, content: Buffer): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const header = { name, size: content.length, mode: 0o600, mtime: this.#at, type: 'file' as const };
      const entry = this.#pack.entry(header, (error) => (error ? reject(error) : resolve()));
      entry.on('error', reject);
      entry.end(content);
    });
  }

  finish(): void {
    this.#pack.finalize();
  }

  fail(error: Error): void {
    this.#pack.destroy(error);
  }
}

/** An entry of a tar before its bytes are read. */
export interface TarEntry {
  readonly name: string;
  readonly size: number;
}

/**
 * Reads a tar that a stranger may have made: plain files with short names, each of bounded size.
 * tar-stream's reader takes extended headers of any length into memory.
 */
export class TarReader {
  readonly #source: AsyncIterator<Buffer>;
  #pending: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /**
   * The next entry, whose bytes `content` MUST take before the one after it; null at the end.
   * Throws E_BUNDLE.
   */
  async next(): Promise<TarEntry | null> {
    const block = await this.#take(unit, 'where an entry must begin');
    if (block.every((byte) => byte === 0)) {
      await this.#mustEnd();
      return null;
    }
    return headerOf(block);
  }

  /** The bytes of an entry. Throws E_BUNDLE for more than `most`, before any of them is read. */
  async content({ name, size }: TarEntry, most: number): Promise<Buffer> {
    if (size > most) throw spoilt(`${name} has ${size} bytes; no more than ${most} belong there.`, name);
    const content = Buffer.from(await this.#take(size, `in ${name}`));
    const padding = await this.#take((unit - (size % unit)) % unit, `behind ${name}`);
    if (padding.some((byte) => byte !== 0)) throw spoilt(`${name} is followed by something that is hidden.`, name);
    return content;
  }

  /** Ends the source, wherever it is. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #mustEnd(): Promise<void> {
    for (;;) {
      const { done, value } = await this.#more();
      const rest = done ? this.#pending : value;
      this.#pending = Buffer.alloc(0);
      if (rest.some((byte) => byte !== 0)) throw spoilt('Something is hidden behind the end of the bundle.');
      if (done) return;
    }
  }

  async #more(): Promise<{ done: boolean; value: Buffer }> {
    if (this.#pending.length > 0) {
      const value = this.#pending;
      this.#pending = Buffer.alloc(0);
      return { done: false, value };
    }
    const next = await this.#source.next();
    if (next.done) return { done: true, value: Buffer.alloc(0) };
    return { done: false, value: next.value };
  }

  /** Exactly so many bytes. A view where they came in one piece. */
  async #take(length: number, where: string): Promise<Buffer> {
    const pieces: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const { done, value } = await this.#more();
      if (done) throw spoilt(`The bundle breaks off ${where}: ${missing} bytes are missing.`);
      const piece = value.subarray(0, missing);
      this.#pending = value.subarray(piece.length);
      pieces.push(piece);
      missing -= piece.length;
    }
    return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
  }
}

/**
 * Fields of a ustar header (POSIX.1-1988, 10.1.1; pax(1), "ustar Interchange Format"): offset and
 * length.
 */
const fields = {
  name: [0, 100],
  size: [124, 12],
  checksum: [148, 8],
  type: [156, 1],
  link: [157, 100],
  magic: [257, 6],
  prefix: [345, 155],
} as const;

function headerOf(block: Buffer): TarEntry {
  const raw = (field: keyof typeof fields): Buffer => block.subarray(fields[field][0], fields[field][0] + fields[field][1]);
  const text = (field: keyof typeof fields): string => raw(field).toString('latin1').split('\0', 1)[0] ?? '';
  const octal = (field: keyof typeof fields): number => {
    const digits = text(field).trim();
    if (!/^[0-7]+$/.test(digits)) throw spoilt(`An entry's ${field} is no number.`);
    return Number.parseInt(digits, 8);
  };
  if (!text('magic').startsWith('ustar')) throw spoilt('An entry has no right header: this is no tar, or one of an old kind.');
  const [from, length] = fields.checksum;
  const sum = block.reduce((total, byte, at) => total + (at >= from && at < from + length ? 0x20 : byte), 0);
  if (octal('checksum') !== sum) throw spoilt('An entry has no right header: this is no tar, or it is damaged.');
  const name = text('name');
  // The type of a plain file is 0, or nothing in archives of old.
  if (!['0', ''].includes(text('type')) || text('link') !== '')
    throw spoilt(`The entry ${shown(name)} is no plain file; a bundle holds nothing else.`);
  if (text('prefix') !== '' || raw('name')[99] !== 0) throw spoilt(`The entry ${shown(name)} has a name that is too long.`);
  return { name, size: octal('size') };
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 100));
}
