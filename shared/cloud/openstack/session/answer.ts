import { Problem } from '../../../problem.ts';
import type { Incoming } from './transport.ts';

/** An answer; `body` is parsed JSON, null where there is none, or the text of a tolerated error. */
export interface ApiAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** The call that is answered. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly mayBeGone?: boolean | undefined;
}

/**
 * Largest answer that is read into memory: bytes. A page holds some hundred records of a few
 * kilobytes.
 */
const longestAnswer = 64 * 1024 * 1024;

/** Why an answer that is longer than that was given up. */
const tooLong = { longestAnswer };

/** Whether an answer was given up for its length. */
export function isTooLong(error: unknown): boolean {
  return error instanceof Problem && error.cause === tooLong;
}

/** Reads a body as text; `failed` turns a broken stream into a problem. Throws E_CLOUD_REFUSED. */
export async function readText({ body }: Incoming, what: string, failed: (error: unknown) => Problem): Promise<string> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of body) {
      length += (piece as Buffer).length;
      // Not E_CLOUD, which would be sent for again.
      if (length > longestAnswer)
        throw new Problem('E_CLOUD_REFUSED', `${what}: the answer is longer than ${longestAnswer} bytes.`, { cause: tooLong });
      pieces.push(piece as Buffer);
    }
  } catch (error) {
    throw failed(error);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/**
 * Reads an answer of a service. What is not JSON comes from something else, such as a proxy: never
 * take it for a resource, or for its absence. Throws E_CLOUD and what a broken stream becomes.
 */
export async function readJson(incoming: Incoming, call: Asked, failed: (error: unknown) => Problem): Promise<ApiAnswer> {
  const { status, headers } = incoming;
  const what = `${call.method} ${call.path}`;
  const text = await readText(incoming, what, failed);
  const body = parsed(text);
  const believed = status >= 300 && !(status === 404 && call.mayBeGone === true);
  if (body === undefined && !believed) throw notJson(what, status, headers['content-type'], text);
  return { status, headers, body: body === undefined ? text : body };
}

/** The value of a JSON text; null where it is empty, undefined where it is not JSON. */
export function parsed(text: string): unknown {
  if (text.trim() === '') return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The problem of an answer that is cut off or was not made by an OpenStack service. */
export function notJson(what: string, status: number, type: string | undefined, text: string): Problem {
  const begins = text.slice(0, 60).replace(/\s+/g, ' ').trim();
  const says = `${what}: the answer (${status}, ${type ?? 'without a content type'}) is cut off or not JSON: ${begins}`;
  return new Problem('E_CLOUD', says);
}

/** The record under a key of an answer. Throws E_CLOUD: a record that is not there is not gone. */
export function partOf<T>(body: unknown, key: string, what: string): T {
  const found = typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[key] : undefined;
  if (typeof found !== 'object' || found === null) throw new Problem('E_CLOUD', `${what}: the answer has no ${key}.`);
  return found as T;
}

/** An answer that is a record itself, as Glance's are. Throws E_CLOUD where it is none. */
export function thingOf<T extends { readonly id: string }>(body: unknown, what: string): T {
  if (typeof body !== 'object' || body === null || typeof (body as { id?: unknown }).id !== 'string')
    throw new Problem('E_CLOUD', `${what}: the answer is not a record.`);
  return body as T;
}
