import type { Problem } from '../problem.ts';
import type { Inbox } from './inbox.ts';
import { handshakeFlags, infos, magics, optionBytes, optionReplies, options } from './wire.ts';

/**
 * Most bytes of an answer to an option; the longest are names and descriptions of at most 4096
 * bytes.
 */
const optionReplyBytes = 16 * 1024;
/** Most answers to one option. */
const optionReplyCount = 64;

/** What the server agreed to. */
export interface Agreement {
  /** Bytes of the disk. */
  readonly size: number;
  /**
   * The number under which the server reports a metadata context; a context that it does not have
   * is missing.
   */
  readonly contexts: ReadonlyMap<string, number>;
}

/**
 * Haggles with a server that speaks fixed newstyle and ends in its transmission phase: structured
 * replies, contexts, GO. Throws E_NBD.
 */
export async function shakeHands(inbox: Inbox, exportName: string, contexts: readonly string[]): Promise<Agreement> {
  const hello = await inbox.take(18);
  if (hello.readBigUInt64BE(0) !== magics.init || hello.readBigUInt64BE(8) !== magics.option)
    throw inbox.fail('does not speak the NBD protocol');
  const flags = hello.readUInt16BE(16);
  if ((flags & handshakeFlags.fixedNewstyle) === 0) throw inbox.fail('speaks only the oldest form of the NBD protocol');
  const ours = Buffer.alloc(4);
  ours.writeUInt32BE(flags & (handshakeFlags.fixedNewstyle | handshakeFlags.noZeroes));
  inbox.send(ours);
  await ask(inbox, options.structuredReply, Buffer.alloc(0), () => undefined);
  const agreed = new Map<string, number>();
  const name = lengthed(exportName);
  const queries = [name, uint32(contexts.length), ...contexts.map(lengthed)];
  if (contexts.length > 0)
    await ask(inbox, options.setMetaContext, Buffer.concat(queries), (type, data) => {
      if (type !== optionReplies.metaContext || data.length < 4) throw inbox.fail('answers a question for contexts wrongly');
      const context = data.toString('utf8', 4);
      if (!contexts.includes(context)) throw inbox.fail('names a context that was not asked for');
      agreed.set(context, data.readUInt32BE(0));
    });
  let size: number | undefined;
  await ask(inbox, options.go, Buffer.concat([name, Buffer.alloc(2)]), (type, data) => {
    if (type !== optionReplies.info || data.length < 2) throw inbox.fail('answers GO wrongly');
    if (data.readUInt16BE(0) === infos.export) size = sizeIn(inbox, data);
  });
  if (size === undefined) throw inbox.fail(`does not report the size of export "${exportName}"`);
  return { size, contexts: agreed };
}

/** Sends an option and hears every answer before its acknowledgement. */
async function ask(inbox: Inbox, option: number, data: Buffer, hear: (type: number, data: Buffer) => void): Promise<void> {
  inbox.send(optionBytes(option, data));
  for (let count = 0; count < optionReplyCount; count++) {
    const head = await inbox.take(20);
    if (head.readBigUInt64BE(0) !== magics.optionReply || head.readUInt32BE(8) !== option)
      throw inbox.fail('answers another question than was asked');
    const type = head.readUInt32BE(12);
    const length = head.readUInt32BE(16);
    if (length > optionReplyBytes) throw inbox.fail(`answers with ${length} bytes where ${optionReplyBytes} are allowed`);
    const said = await inbox.take(length);
    if (type >= optionReplies.refusal) throw refused(inbox, option, type, said);
    if (type === optionReplies.ack) return;
    hear(type, said);
  }
  throw inbox.fail('answers without end');
}

/**
 * What a refused option means: without structured replies no zeros are reported, and without GO
 * nothing is read.
 */
function refused(inbox: Inbox, option: number, type: number, said: Buffer): Problem {
  const what =
    option === options.go ? 'the export' : option === options.structuredReply ? 'structured replies' : 'metadata contexts';
  const why = said.toString('utf8').replaceAll(/[^\x20-\x7e]/g, '?') || `error ${type - optionReplies.refusal}`;
  return inbox.fail(`refuses ${what}: ${why}`);
}

function sizeIn(inbox: Inbox, info: Buffer): number {
  const size = info.length < 12 ? -1n : info.readBigUInt64BE(2);
  if (size < 0n || size > BigInt(Number.MAX_SAFE_INTEGER)) throw inbox.fail('reports an impossible size');
  return Number(size);
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function lengthed(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([uint32(bytes.length), bytes]);
}
