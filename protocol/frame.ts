import { Problem, type ProblemJson } from '../shared/problem.ts';
import { limits } from './limits.ts';

/** A request as it travels. `id` is chosen by the side that asks, and names the answer. */
export interface RequestFrame {
  readonly id: number;
  readonly name: string;
  readonly params: unknown;
}

/** A notice as it travels. */
export interface NoticeFrame {
  readonly name: string;
  readonly params: unknown;
}

/** The answer to a request that succeeded. */
interface ResultFrame {
  readonly id: number;
  readonly result: unknown;
}

/** The answer to a request that failed. */
interface ProblemFrame {
  readonly id: number;
  readonly problem: ProblemJson;
}

/** What a text frame can be. */
export type TextFrame = RequestFrame | NoticeFrame | ResultFrame | ProblemFrame;

/** One block of a disk: where it belongs (bytes from the start), its SHA-256 in lower-case hex, and its bytes. */
export interface Block {
  readonly offset: number;
  readonly digest: string;
  readonly bytes: Buffer;
}

/** The block that answers one pull. */
export interface BlockFrame extends Block {
  readonly id: number;
}

/** Largest request id: ids are unsigned 32-bit, because the header of a block has four bytes for them. Zero is not an id. */
export const maxId = 0xffff_ffff;

/** Bytes of a binary frame before the block: kind 1, codec 1, reserved 2, id 4, offset 8, length 4, digest 32. */
export const headerBytes = 52;

const kindBlock = 1;
const codecNone = 0;

/** Writes a text frame. */
export function encodeText(frame: TextFrame): string {
  return JSON.stringify(frame);
}

/** Reads a text frame; throws E_MALFORMED where it is not one of the four shapes. Unknown keys are ignored. */
export function decodeText(text: string): TextFrame {
  const value = parse(text);
  const { id, name, params, result, problem } = value;
  if (id !== undefined && !isId(id)) throw malformed('its id is not an integer from 1 to 4294967295');
  if (typeof name === 'string' && result === undefined && problem === undefined) {
    return id === undefined ? { name, params } : { id, name, params };
  }
  if (id === undefined || name !== undefined) throw malformed('it is neither a request, a notice nor an answer');
  if (problem === undefined && result !== undefined) return { id, result };
  if (result === undefined && isProblem(problem)) return { id, problem };
  throw malformed('its answer is neither one result nor one problem');
}

/** Writes a binary frame: header and block in one buffer. Numbers are big endian. */
export function encodeBlock(frame: BlockFrame): Buffer {
  if (frame.bytes.length > limits.blockBytes)
    throw new Problem('E_TOO_LARGE', `A block of ${frame.bytes.length} bytes is too long.`);
  const header = Buffer.alloc(headerBytes);
  header.writeUInt8(kindBlock, 0);
  header.writeUInt8(codecNone, 1);
  header.writeUInt32BE(frame.id, 4);
  header.writeBigUInt64BE(BigInt(frame.offset), 8);
  header.writeUInt32BE(frame.bytes.length, 16);
  if (header.write(frame.digest, 20, 'hex') !== 32) throw new Problem('E_BUG', 'A digest must be 64 hex digits.');
  return Buffer.concat([header, frame.bytes]);
}

/**
 * Reads a binary frame; throws E_MALFORMED where header and length do not agree. The block is a view of the frame, not a copy.
 * The digest is not checked here: whoever writes the block checks it, off the hot path of every other message.
 */
export function decodeBlock(frame: Buffer): BlockFrame {
  if (frame.length < headerBytes) throw malformed(`a binary frame of ${frame.length} bytes has no room for its header`);
  const [kind, codec] = [frame.readUInt8(0), frame.readUInt8(1)];
  if (kind !== kindBlock) throw malformed(`binary frames of kind ${kind} are not known`);
  if (codec !== codecNone) throw malformed(`codec ${codec} is not known`);
  if (frame.readUInt16BE(2) !== 0) throw malformed('the reserved bytes of a binary frame are not zero');
  const id = frame.readUInt32BE(4);
  if (id === 0) throw malformed('a block names no pull');
  const offset = frame.readBigUInt64BE(8);
  if (offset > BigInt(Number.MAX_SAFE_INTEGER)) throw malformed('a block lies beyond 2^53 bytes');
  const length = frame.readUInt32BE(16);
  if (length > limits.blockBytes) throw malformed(`a block of ${length} bytes is too long`);
  if (length !== frame.length - headerBytes)
    throw malformed(`a block says ${length} bytes and has ${frame.length - headerBytes}`);
  return { id, offset: Number(offset), digest: frame.toString('hex', 20, headerBytes), bytes: frame.subarray(headerBytes) };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Problem('E_MALFORMED', 'A text frame is refused: it is not JSON.', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('it is not an object');
  if (isDeep(value)) throw malformed(`it is nested deeper than ${limits.jsonDepth} levels`);
  return value as Record<string, unknown>;
}

/** Whether a value is nested beyond the limit. An explicit stack: what is too deep must not exhaust ours. */
function isDeep(root: object): boolean {
  let level: object[] = [root];
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > limits.jsonDepth) return true;
    level = level.flatMap(
      (value) => Object.values(value).filter((child) => typeof child === 'object' && child !== null) as object[],
    );
  }
  return false;
}

function isId(id: unknown): id is number {
  return Number.isInteger(id) && (id as number) >= 1 && (id as number) <= maxId;
}

function isProblem(problem: unknown): problem is ProblemJson {
  if (typeof problem !== 'object' || problem === null) return false;
  const { code, says, hint, about } = problem as Record<string, unknown>;
  return [code, says, hint].every((part) => typeof part === 'string') && (about === undefined || typeof about === 'string');
}

function malformed(why: string): Problem {
  return new Problem('E_MALFORMED', `A frame is refused: ${why}.`);
}
