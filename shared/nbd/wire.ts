/**
 * Numbers of the NBD protocol, as
 * https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md names them, without `NBD_`.
 */
export const magics = {
  /** NBDMAGIC */
  init: 0x4e42444d41474943n,
  /** IHAVEOPT */
  option: 0x49484156454f5054n,
  optionReply: 0x3e889045565a9n,
  request: 0x25609513,
  simpleReply: 0x67446698,
  structuredReply: 0x668e33ef,
} as const;

/** Handshake flags: the first two of the server (16 bits), which the client repeats (32 bits). */
export const handshakeFlags = { fixedNewstyle: 1, noZeroes: 2 } as const;

/** Options that a client haggles with. */
export const options = { abort: 2, go: 7, structuredReply: 8, setMetaContext: 10 } as const;

/** Types of replies to an option; those with the highest bit are refusals. */
export const optionReplies = { ack: 1, info: 3, metaContext: 4, refusal: 0x8000_0000 } as const;

/** Types of information in an INFO reply to GO. */
export const infos = { export: 0, blockSize: 3 } as const;

/** Commands of the transmission phase. */
export const commands = { read: 0, disconnect: 2, blockStatus: 7 } as const;

/** Flags and types of a structured reply's chunks; error types have the bit `error`. */
export const chunks = { done: 1, none: 0, offsetData: 1, offsetHole: 2, blockStatus: 5, error: 0x8000 } as const;

/** Flags of a `base:allocation` extent. */
export const allocation = { hole: 1, zero: 2 } as const;

/** What error numbers mean, in the protocol's names. */
export const errorNames: Readonly<Record<number, string>> = {
  1: 'EPERM',
  5: 'EIO',
  12: 'ENOMEM',
  22: 'EINVAL',
  28: 'ENOSPC',
  75: 'EOVERFLOW',
  95: 'ENOTSUP',
  108: 'ESHUTDOWN',
};

/** Most bytes asked for in one read: what every server accepts that states no other limit. */
export const readBytes = 32 * 1024 * 1024;

/** A command's 28 bytes. */
export function requestBytes(command: number, cookie: bigint, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt32BE(magics.request, 0);
  bytes.writeUInt16BE(command, 6);
  bytes.writeBigUInt64BE(cookie, 8);
  bytes.writeBigUInt64BE(BigInt(offset), 16);
  bytes.writeUInt32BE(length, 24);
  return bytes;
}

/** An option with its data. */
export function optionBytes(option: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(16);
  head.writeBigUInt64BE(magics.option, 0);
  head.writeUInt32BE(option, 8);
  head.writeUInt32BE(data.length, 12);
  return Buffer.concat([head, data]);
}
