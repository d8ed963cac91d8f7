import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { commands, magics, optionReplies, options } from '../../../../shared/nbd/wire.ts';

/** A request as the server hears it. */
export interface Heard {
  readonly command: number;
  readonly cookie: bigint;
  readonly offset: number;
  readonly length: number;
}

/** How a small NBD server behaves; what is left out is right. */
export interface Behaviour {
  readonly size?: number | bigint;
  readonly hello?: Buffer;
  /** What is sent for an option instead of the right answer. */
  readonly option?: (option: number) => Buffer | undefined;
  readonly request?: (heard: Heard, socket: Socket) => void;
}

/** A 64-bit or 32-bit or 16-bit number as the wire has it. */
export const u64 = (value: bigint | number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
};
export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
export const u16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
};

/** A reply to an option. */
export function optionReply(option: number, type: number, data: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([u64(magics.optionReply), u32(option), u32(type), u32(data.length), data]);
}

/** One chunk of a structured reply. `length` may lie. */
export function chunk(cookie: bigint, type: number, data: Buffer, { done = true, length = data.length } = {}): Buffer {
  return Buffer.concat([u32(magics.structuredReply), u16(done ? 1 : 0), u16(type), u64(cookie), u32(length), data]);
}

/** An OFFSET_DATA chunk. */
export const dataChunk = (cookie: bigint, offset: number, bytes: Buffer, done = true): Buffer =>
  chunk(cookie, 1, Buffer.concat([u64(offset), bytes]), { done });

/** A BLOCK_STATUS chunk of the context with the number 7. */
export const statusChunk = (
  cookie: bigint,
  extents: readonly (readonly [length: number, flags: number])[],
  context = 7,
): Buffer => chunk(cookie, 5, Buffer.concat([u32(context), ...extents.flatMap(([length, flags]) => [u32(length), u32(flags)])]));

/** A folder for a socket, removed with the test. */
export async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nbd-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a small NBD server that may misbehave; returns its socket's path. */
export async function anNbdServer(behaviour: Behaviour = {}): Promise<string> {
  const path = join(await aFolder(), 'nbd');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket, behaviour);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return path;
}

function serve(socket: Socket, { size = 1024 * 1024, hello, option, request }: Behaviour): void {
  socket.write(hello ?? Buffer.concat([u64(magics.init), u64(magics.option), u16(3)]));
  let pending = Buffer.alloc(0);
  let transmitting = false;
  let flagged = false;
  const answer = (asked: number): Buffer => {
    const right: Record<number, Buffer> = {
      [options.setMetaContext]: optionReply(
        asked,
        optionReplies.metaContext,
        Buffer.concat([u32(7), Buffer.from('base:allocation')]),
      ),
      [options.go]: optionReply(asked, optionReplies.info, Buffer.concat([u16(0), u64(size), u16(1)])),
    };
    return option?.(asked) ?? Buffer.concat([right[asked] ?? Buffer.alloc(0), optionReply(asked, optionReplies.ack)]);
  };
  const step = (): number => {
    if (!flagged) {
      flagged = pending.length >= 4;
      return flagged ? 4 : 0;
    }
    if (transmitting) {
      if (pending.length < 28) return 0;
      const command = pending.readUInt16BE(6);
      const length = pending.readUInt32BE(24);
      const heard = { command, length, cookie: pending.readBigUInt64BE(8), offset: Number(pending.readBigUInt64BE(16)) };
      if (command === commands.disconnect) socket.end();
      else request?.(heard, socket);
      return 28;
    }
    if (pending.length < 16 || pending.length < 16 + pending.readUInt32BE(12)) return 0;
    const asked = pending.readUInt32BE(8);
    socket.write(answer(asked));
    transmitting = asked === options.go;
    return 16 + pending.readUInt32BE(12);
  };
  socket.on('data', (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    for (let used = step(); used > 0; used = step()) pending = pending.subarray(used);
  });
}
