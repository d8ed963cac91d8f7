import { type Document, isMap, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml';
import type { z } from 'zod';
import { readText } from './operator-file.ts';
import { Problem, type ProblemCode } from './problem.ts';

/** One complaint about a file. Line and column count from 1. */
interface Complaint {
  readonly line: number;
  readonly column: number;
  readonly says: string;
}

/** Longest YAML file that is read: a plan of some ten thousand servers. */
const longestBytes = 8 * 1024 * 1024;

/**
 * Reads YAML against a strict schema; the value is frozen and has every default. Throws a Problem
 * of the given code that lists every complaint as `file:line:column path: sentence`.
 */
export function parseYaml<T>(text: string, file: string, schema: z.ZodType<T>, code: ProblemCode = 'E_CONFIG'): T {
  if (text.length > longestBytes) throw new Problem(code, `${file} is longer than ${longestBytes} bytes.`, { about: file });
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, version: '1.2' });
  const syntax = [...document.errors, ...document.warnings].map((error) => at(lines, error.pos[0], oneLine(error.message)));
  if (syntax.length > 0) throw refused(code, file, syntax);
  const parsed = schema.safeParse(contentOf(document, code, file), { error: wording });
  if (parsed.success) return deepFreeze(parsed.data);
  throw refused(
    code,
    file,
    parsed.error.issues.flatMap((issue) => complaintsOf(issue, document, lines)),
  );
}

/** Reads a YAML file with `parseYaml`; a file that cannot be read is a Problem of the same code. */
export async function readYaml<T>(file: string, schema: z.ZodType<T>, code: ProblemCode = 'E_CONFIG'): Promise<T> {
  return parseYaml(await readText(file, code, absentHint(code)), file, schema, code);
}

function absentHint(code: ProblemCode): string | undefined {
  return code === 'E_CONFIG' ? 'Write one with the command `init`, or name another with `--config FILE`.' : undefined;
}

/** The complaint about a setting that is missing, whatever it should have been. */
export function wording(issue: z.core.$ZodRawIssue): string | undefined {
  return issue.code === 'invalid_type' && issue.input === undefined ? `is missing (${issue.expected})` : undefined;
}

/** The content as plain data; an empty file is an empty mapping, so that every default applies. */
function contentOf(document: Document.Parsed, code: ProblemCode, file: string): unknown {
  if (document.contents === null) return {};
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    throw new Problem(code, `${file} cannot be read: ${(error as Error).message}.`, { about: file, cause: error });
  }
}

function complaintsOf(issue: z.core.$ZodIssue, document: Document.Parsed, lines: LineCounter): Complaint[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const place = keyAt(document, issue.path, key) ?? nodeAt(document, issue.path);
      return at(lines, place, `${nameOf([...issue.path, key])}there is no such setting`);
    });
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The alternative that fits best is the one that was meant.
    const nearest = issue.errors.reduce((best, next) => (depth(next) > depth(best) ? next : best));
    return nearest.flatMap((inner) => complaintsOf({ ...inner, path: [...issue.path, ...inner.path] }, document, lines));
  }
  return [at(lines, nodeAt(document, issue.path), `${nameOf(issue.path)}${issue.message}`)];
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map((issue) => issue.path.length));
}

/** Where the value at a path begins; for one that is missing, where its nearest parent does. */
function nodeAt(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node = document.getIn(path.slice(0, length), true) as ParsedNode | undefined;
    if (node?.range) return node.range[0];
  }
  return 0;
}

function keyAt(document: Document.Parsed, path: readonly PropertyKey[], key: string): number | undefined {
  const map = path.length === 0 ? document.contents : document.getIn(path, true);
  if (!isMap(map)) return undefined;
  const pair = map.items.find((item) => String((item.key as { value?: unknown } | null)?.value) === key);
  return (pair?.key as Node | undefined)?.range?.[0];
}

function at(lines: LineCounter, offset: number, says: string): Complaint {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1), says };
}

function nameOf(path: readonly PropertyKey[]): string {
  return path.length === 0 ? '' : `${path.map(String).join('.')}: `;
}

function oneLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}

function refused(code: ProblemCode, file: string, complaints: readonly Complaint[]): Problem {
  const sorted = [...complaints].sort((a, b) => a.line - b.line || a.column - b.column);
  const listed = sorted.map(({ line, column, says }) => `${file}:${line}:${column} ${says}`);
  const head = listed.length === 1 ? '' : `${file} has ${listed.length} faults:\n`;
  return new Problem(code, head + listed.join('\n'), { about: `${file}:${sorted[0]?.line}:${sorted[0]?.column}` });
}

/** Freezes a value and everything in it. */
function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
