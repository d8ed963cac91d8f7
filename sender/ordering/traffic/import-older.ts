import { Problem } from '../../../shared/problem.ts';
import { emptyMatrix, type FlowMatrix, sortedConversations } from './matrix.ts';

/** A server or a host of the older analyser's input, in its author's units. */
interface OlderMachine {
  readonly id: string;
  readonly cpu: number;
  readonly memory: number;
  readonly storage: number;
}

/** The older analyser's input: servers `VM0`…, hosts `PM0`…, and the matrix in kbit/s. */
export interface OlderInput {
  readonly servers: readonly OlderMachine[];
  readonly hosts: readonly OlderMachine[];
  readonly traffic: FlowMatrix;
}

/** Bytes of one unit of the older matrix (1 kbit/s), for the imported matrix covers one second. */
export const bytesPerOlderUnit = 125;

const mostServers = 2_000;
const number = String.raw`\s*(-?\d+(?:\.\d+)?)\s*`;

/**
 * Reads `VM(index, cpu, memory, storage)`, `PM(…)` and `flow_matrix = [[…], …]` in Python's syntax.
 * A symmetric matrix holds each pair twice and is read once. Throws E_TRAFFIC.
 */
export function importOlder(text: string, about = 'findLocation.py', at = new Date(0)): OlderInput {
  const source = text.replaceAll(/#.*$/gm, '');
  const servers = machines(source, 'VM', about);
  const hosts = machines(source, 'PM', about);
  const matrix = matrixOf(source, about);
  if (servers.length > 0 && servers.length !== matrix.length)
    throw invalid(about, `has ${servers.length} servers and a matrix of ${matrix.length} rows`);
  const symmetric = matrix.every((row, i) => row.every((value, j) => value === matrix[j]?.[i]));
  const until = new Date(at.getTime() + 1000).toISOString();
  const seen = { first_seen: at.toISOString(), last_seen: until };
  const conversations = matrix.flatMap((row, i) =>
    row.flatMap((value, j) => {
      if (i === j || value === 0 || (symmetric && j < i)) return [];
      const ends = { initiator: `VM${i}`, responder: `VM${j}`, protocol: 'tcp', port: 0 };
      const counts = {
        sent_bytes: Math.round(value * bytesPerOlderUnit),
        received_bytes: 0,
        sent_packets: 0,
        received_packets: 0,
      };
      return [{ ...ends, ...counts, ...seen }];
    }),
  );
  const sources = [{ name: about, from: at.toISOString(), until }];
  const named = matrix.map((_, i) => ({ id: `VM${i}`, cpu: 0, memory: 0, storage: 0 }));
  return {
    servers: servers.length > 0 ? servers : named,
    hosts,
    traffic: { ...emptyMatrix(at), sources, conversations: sortedConversations(conversations) },
  };
}

function machines(source: string, kind: 'VM' | 'PM', about: string): OlderMachine[] {
  const call = new RegExp(`\\b${kind}\\(${number},${number},${number},${number}\\)`, 'g');
  const found = [...source.matchAll(call)].map(([, index, cpu, memory, storage]) => ({
    id: `${kind}${index}`,
    cpu: Number(cpu),
    memory: Number(memory),
    storage: Number(storage),
  }));
  if (new Set(found.map(({ id }) => id)).size !== found.length) throw invalid(about, `has a ${kind} twice`);
  if (found.length > mostServers) throw invalid(about, `has more than ${mostServers} ${kind}s`);
  return found;
}

function matrixOf(source: string, about: string): number[][] {
  const begin = /\bflow_matrix\s*=\s*(?:\w+\.\w+\(\s*)?(\[)/.exec(source);
  const end = begin === null ? -1 : closingBracket(source, begin.index + begin[0].length - 1);
  if (begin === null || end < 0) throw invalid(about, 'has no flow_matrix = [[…], …]');
  const inner = source.slice(begin.index + begin[0].length, end);
  const rows = [...inner.matchAll(/\[([^[\]]*)\]/g)].map(([, cells = '']) =>
    cells
      .split(',')
      .map((cell) => cell.trim())
      .filter((cell) => cell !== '')
      .map(Number),
  );
  if (rows.length === 0) throw invalid(about, 'has an empty matrix');
  if (rows.length > mostServers) throw invalid(about, `has more than ${mostServers} rows`);
  for (const [index, row] of rows.entries()) {
    if (row.length !== rows.length) throw invalid(about, `has ${row.length} numbers in row ${index + 1} of ${rows.length}`);
    if (row.some((value) => !Number.isFinite(value) || value < 0 || value > 1e12))
      throw invalid(about, `has a negative or absurd number in row ${index + 1}`);
  }
  return rows;
}

/** The position of the bracket that closes the one at `start`; -1 where there is none. */
function closingBracket(source: string, start: number): number {
  let depth = 0;
  for (let at = start; at < source.length; at++) {
    if (source[at] === '[') depth++;
    if (source[at] === ']' && --depth === 0) return at;
  }
  return -1;
}

function invalid(about: string, what: string): Problem {
  return new Problem('E_TRAFFIC', `${about} ${what}.`, { about });
}
