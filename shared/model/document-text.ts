import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { type Configurations, type DocumentPart, joinParts, parseConfigurations, parsePart } from './configurations.ts';
import { placesIn } from './json-places.ts';
import { factsOf, type Plural } from './kinds.ts';

/**
 * Bytes of a document's text that one turn of the event loop works on: it may be tens of MiB, and
 * nobody else is served meanwhile.
 */
const turnBytes = 256 * 1024;

/** Spaces before a member: none, on one line; or two, as in a file, which ends with a line feed. */
type Indent = 0 | 2;

const plurals: ReadonlySet<string> = new Set<Plural>(Object.values(factsOf).map(({ plural }) => plural));

/** The JSON text of an object of lists as `JSON.stringify` makes it, in pieces, with pauses. */
export async function* textOf(document: object, indent: Indent = 0): AsyncGenerator<string> {
  let piece = '';
  for (const fragment of fragmentsOf(document, indent)) {
    piece += fragment;
    if (piece.length < turnBytes) continue;
    yield piece;
    piece = '';
    await setImmediate();
  }
  yield indent === 0 ? piece : `${piece}\n`;
}

/** SHA-256 of a document's JSON on one line, hex: what `digestOfJson` says of it, with pauses. */
export async function digestOfDocument(document: object): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of textOf(document)) hash.update(piece);
  return hash.digest('hex');
}

/** Reads a document's text, with pauses. Throws as `JSON.parse` and `parseConfigurations` do. */
export async function readDocument(text: Buffer, about: string): Promise<Configurations> {
  try {
    const { head, parts } = await partsIn(text);
    return joinParts(parseConfigurations(head, about), parts);
  } catch {
    // What is wrong is told of the whole.
    return parseConfigurations(JSON.parse(text.toString()), about);
  }
}

/** What a document says beside its resources, and its resources in parts. */
async function partsIn(text: Buffer): Promise<{ head: Record<string, unknown>; parts: DocumentPart[] }> {
  const head: Record<string, unknown> = {};
  const parts: DocumentPart[] = [];
  let some: Record<string, unknown> = {};
  let bytes = 0;
  for (const { key, isInList, from, to } of placesIn(text)) {
    const value: unknown = JSON.parse(text.toString('utf8', from, to));
    if (!isInList) head[key] = value;
    // A list that is none of resources stays whole.
    else listIn(plurals.has(key) ? some : head, key).push(value);
    bytes += to - from;
    if (bytes < turnBytes) continue;
    parts.push(parsePart(some));
    some = {};
    bytes = 0;
    await setImmediate();
  }
  return { head, parts: [...parts, parsePart(some)] };
}

function listIn(lists: Record<string, unknown>, key: string): unknown[] {
  lists[key] ??= [];
  return lists[key] as unknown[];
}

function* fragmentsOf(document: object, indent: Indent): Generator<string> {
  const members = Object.entries(document).filter(([, value]) => value !== undefined);
  if (members.length === 0) return yield '{}';
  const colon = indent === 0 ? ':' : ': ';
  for (const [place, [key, value]] of members.entries()) {
    yield `${place === 0 ? '{' : ','}${newLine(indent, 1)}${JSON.stringify(key)}${colon}`;
    if (Array.isArray(value)) yield* listOf(value, indent);
    else yield jsonAt(value, indent, 1);
  }
  yield `${newLine(indent, 0)}}`;
}

function* listOf(values: readonly unknown[], indent: Indent): Generator<string> {
  if (values.length === 0) return yield '[]';
  for (const [place, value] of values.entries())
    yield `${place === 0 ? '[' : ','}${newLine(indent, 2)}${jsonAt(value, indent, 2)}`;
  yield `${newLine(indent, 1)}]`;
}

/** A value's JSON, as deep as it stands. A line feed in JSON is never part of a string. */
function jsonAt(value: unknown, indent: Indent, depth: number): string {
  const json = JSON.stringify(value, null, indent) ?? 'null';
  return indent === 0 ? json : json.replaceAll('\n', newLine(indent, depth));
}

function newLine(indent: Indent, depth: number): string {
  return indent === 0 ? '' : `\n${' '.repeat(indent * depth)}`;
}
