import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A place of the product that makes something durable. */
export interface Site {
  /** Relative to the tree. */
  readonly file: string;
  readonly line: number;
  /** Where it begins and ends in the file. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  /** The same without its effect. */
  readonly without: string;
}

const folders = ['protocol', 'receiver', 'sender', 'shared'];

/**
 * How something is made durable: fsync(2), fdatasync(2), a stream's flush, and what we call for
 * folders.
 */
const calls = /[\w.#]+\.(?:sync|datasync)\(|(?<!function )\b(?:syncFolder|syncTree)\(|\bflush: true/g;

/** Every such place below a tree, in order. */
export function sitesIn(tree: string): Site[] {
  return folders.flatMap((folder) =>
    readdirSync(join(tree, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .sort()
      .flatMap((name) => sitesOf(tree, join(folder, name))),
  );
}

function sitesOf(tree: string, file: string): Site[] {
  const source = readFileSync(join(tree, file), 'utf8');
  return [...source.matchAll(calls)].map(({ index, 0: start }) => {
    const isCall = start.endsWith('(');
    const to = isCall ? endOf(source, index + start.length) : index + start.length;
    const line = source.slice(0, index).split('\n').length;
    const text = source.slice(index, to);
    return { file, line, from: index, to, text, without: isCall ? 'Promise.resolve()' : 'flush: false' };
  });
}

/** Behind the bracket that closes the one before `from`. */
function endOf(source: string, from: number): number {
  let depth = 1;
  let at = from;
  for (; depth > 0; at += 1) {
    if (source[at] === '(') depth += 1;
    if (source[at] === ')') depth -= 1;
  }
  return at;
}
