import { ownsBuffer } from '../../shared/disk/owned.ts';
import type { Codec } from '../../shared/disk/zstd.ts';
import { Problem, type ProblemJson } from '../../shared/problem.ts';
import { limits } from '../limits.ts';
import type { ArrivedPieces, PackedPieces } from '../messages/packed.ts';
import { weigh } from './weigh.ts';

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

/**
 * Where the payload of a part lies in that of its frame: the offset, and the length of the whole.
 */
interface FramePart {
  readonly at: number;
  readonly of: number;
}

/** A data frame as it is sent: what answers the pull `id`, or a part of it. */
export interface DataFrame extends PackedPieces {
  readonly id: number;
  readonly part?: FramePart | undefined;
}

/** A data frame, or a part of one, as it arrived. */
export interface ArrivedFrame extends ArrivedPieces {
  readonly part?: FramePart | undefined;
}

/**
 * Largest request id: ids are unsigned 32-bit, because the header of a block has four bytes for
 * them. Zero is not an id.
 */
export const maxId = 0xffff_ffff;

/** Bytes of a binary frame before the payload: kind 1, codec 1, reserved 2, id 4, raw length 4. */
export const headerBytes = 12;

/** Bytes before the payload of a part: the same, then whole payload 4, offset in it 4. */
const partHeaderBytes = 20;

const kindData = 1;
const kindPart = 2;
const codecs: readonly Codec[] = ['none', 'zstd', 'zstd-after'];

/** Writes a text frame. */
export function encodeText(frame: TextFrame): string {
  return JSON.stringify(frame);
}

/**
 * Reads a text frame; throws E_MALFORMED where it is not one of the four shapes, E_TOO_LARGE where
 * it is too many values. Unknown keys are ignored.
 */
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

/**
 * Writes the header of a data frame; the payload follows it as it is, so that nobody has to copy
 * it. Numbers are big endian.
 */
export function encodeHeader({ id, codec, rawBytes, payload, part }: DataFrame): Buffer {
  if (rawBytes > limits.frameBytes || payload.length > rawBytes)
    throw new Problem('E_TOO_LARGE', `A frame of ${payload.length} bytes for ${rawBytes} is too long.`);
  const header = Buffer.alloc(part === undefined ? headerBytes : partHeaderBytes);
  header.writeUInt8(part === undefined ? kindData : kindPart, 0);
  header.writeUInt8(codecs.indexOf(codec), 1);
  header.writeUInt32BE(id, 4);
  header.writeUInt32BE(rawBytes, 8);
  if (part === undefined) return header;
  header.writeUInt32BE(part.of, headerBytes);
  header.writeUInt32BE(part.at, headerBytes + 4);
  return header;
}

/**
 * Reads a data frame, or a part of one, from its fragments, copying no payload that has memory of
 * its own. Digests are checked by whoever writes the blocks. Throws E_MALFORMED.
 */
export function decodeData(fragments: readonly Buffer[]): ArrivedFrame & { readonly id: number } {
  const [first = Buffer.alloc(0), ...others] = fragments;
  const isPart = first[0] === kindPart;
  const ownBytes = isPart ? partHeaderBytes : headerBytes;
  // Ours say the header in a fragment of its own; others may cut as they like.
  if (first.length !== ownBytes && others.length > 0) return decodeData([Buffer.concat(fragments)]);
  const frame = first.subarray(0, ownBytes);
  const rest = first.subarray(ownBytes);
  const payload = [rest, ...others].filter(({ length }) => length > 0).map(own);
  const length = payload.reduce((sum, part) => sum + part.length, 0);
  if (frame.length < ownBytes) throw malformed(`a binary frame of ${frame.length} bytes has no room for its header`);
  if (!isPart && frame.readUInt8(0) !== kindData) throw malformed(`binary frames of kind ${frame.readUInt8(0)} are not known`);
  const codec = codecs[frame.readUInt8(1)];
  if (codec === undefined) throw malformed(`codec ${frame.readUInt8(1)} is not known`);
  if (frame.readUInt16BE(2) !== 0) throw malformed('the reserved bytes of a binary frame are not zero');
  const id = frame.readUInt32BE(4);
  if (id === 0) throw malformed('a data frame names no pull');
  const rawBytes = frame.readUInt32BE(8);
  if (rawBytes > limits.frameBytes) throw malformed(`a data frame of ${rawBytes} bytes is too long`);
  const part = isPart ? readPart(frame, length) : undefined;
  const whole = part?.of ?? length;
  if (codec === 'none' ? whole !== rawBytes : whole > rawBytes)
    throw malformed(`a data frame says ${rawBytes} bytes and has ${whole}`);
  return part === undefined ? { id, codec, rawBytes, payload } : { id, codec, rawBytes, payload, part };
}

function readPart(frame: Buffer, length: number): FramePart {
  const of = frame.readUInt32BE(headerBytes);
  const at = frame.readUInt32BE(headerBytes + 4);
  if (length === 0 || at + length > of) throw malformed(`a part of ${length} bytes at ${at} does not lie in ${of}`);
  return { at, of };
}

/** Bytes in memory of their own, which can be moved to another thread. */
function own(bytes: Uint8Array): Uint8Array {
  return ownsBuffer(bytes) ? bytes : new Uint8Array(bytes);
}

function parse(text: string): Readonly<Record<string, unknown>> {
  const { values, depth } = weigh(text, { values: limits.jsonValues, depth: limits.jsonDepth });
  if (depth > limits.jsonDepth) throw malformed(`it is nested deeper than ${limits.jsonDepth} levels`);
  if (values > limits.jsonValues)
    throw new Problem('E_TOO_LARGE', `A text frame of more than ${limits.jsonValues} values is refused.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Problem('E_MALFORMED', 'A text frame is refused: it is not JSON.', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed('it is not an object');
  return value as Record<string, unknown>;
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
