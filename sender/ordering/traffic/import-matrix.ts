import { z } from 'zod';
import { Problem } from '../../../shared/problem.ts';
import { FlowAggregator } from './flow-aggregator.ts';
import { type FlowMatrix, parseMatrix } from './matrix.ts';
import type { NamedServer } from './named-server.ts';

/** Largest file that is imported, in bytes. */
export const longestImportBytes = 64 * 1024 * 1024;

/** A row of a plain file. All but the two ends have defaults. */
const MatrixRow = z.object({
  initiator: z.string().min(1),
  responder: z.string().min(1),
  protocol: z.union([z.string(), z.number()]).default('tcp'),
  port: z.coerce.number().int().min(0).max(65535).default(0),
  sent_bytes: z.coerce.number().default(0),
  received_bytes: z.coerce.number().default(0),
  sent_packets: z.coerce.number().default(0),
  received_packets: z.coerce.number().default(0),
});

/** How a plain file is read: its names, its addresses, and the time it covers. */
export interface ImportContext {
  readonly servers: readonly NamedServer[];
  /** The owner of an address; absent where the file holds no addresses. */
  readonly resolve?: ((address: string) => string | null) | undefined;
  readonly from: Date;
  readonly until: Date;
  /** The file's name in errors and in the sources of the matrix. */
  readonly about: string;
}

/**
 * Reads a flow matrix that was made by hand: `traffic.json`, a JSON list of rows, or CSV with a
 * header. Bad rows are counted in `rejected`. Throws E_TRAFFIC for any other file.
 */
export function importMatrix(text: string, context: ImportContext): FlowMatrix {
  const { about } = context;
  if (text.length > longestImportBytes)
    throw new Problem('E_TRAFFIC', `${about} is longer than ${longestImportBytes} bytes.`, { about });
  const start = text.trimStart()[0];
  if (start !== '{' && start !== '[') return matrixOfRows(csvRows(text, about), context);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Problem('E_TRAFFIC', `${about} is not JSON: ${(error as Error).message}.`, { about, cause: error });
  }
  return Array.isArray(value) ? matrixOfRows(value, context) : parseMatrix(value, about);
}

function matrixOfRows(rows: readonly unknown[], context: ImportContext): FlowMatrix {
  const byName = new Map<string, string | null>();
  for (const { id, name } of context.servers) byName.set(name, byName.has(name) ? null : id);
  const ids = new Set(context.servers.map(({ id }) => id));
  const aggregator = new FlowAggregator((word) => {
    if (word === 'outside') return { is: 'outside' };
    if (ids.has(word)) return { is: 'server', id: word };
    const named = byName.get(word);
    if (named === null) return { is: 'ambiguous' };
    const id = named ?? context.resolve?.(word) ?? null;
    return id === null ? { is: 'unknown' } : id === 'outside' ? { is: 'outside' } : { is: 'server', id };
  }, context.about);
  for (const row of rows) {
    const parsed = MatrixRow.safeParse(row);
    if (!parsed.success) {
      aggregator.reject('malformed');
      continue;
    }
    const { initiator, responder, protocol, port, sent_bytes, received_bytes, sent_packets, received_packets } = parsed.data;
    const until = context.until.getTime();
    aggregator.add(
      {
        source: initiator,
        destination: responder,
        protocol,
        destinationPort: port,
        initiator: 'source',
        bytes: sent_bytes,
        packets: sent_packets,
        replyBytes: received_bytes,
        replyPackets: received_packets,
        firstMs: context.from.getTime(),
        lastMs: until,
      },
      until,
    );
  }
  return aggregator.matrix(context.from, context.until);
}

/**
 * The rows of CSV (RFC 4180) by the columns of its header. The header decides between commas,
 * semicolons and tabs.
 */
function csvRows(text: string, about: string): Record<string, string>[] {
  const newline = text.indexOf('\n');
  const head = text.slice(0, newline < 0 ? text.length : newline);
  const separator = [',', ';', '\t'].find((candidate) => head.includes(candidate)) ?? ',';
  const [header = [], ...lines] = csvLines(text, separator);
  const columns = header.map((column) => column.trim().toLowerCase());
  if (!columns.includes('initiator') || !columns.includes('responder')) {
    const says = `${about} is neither JSON nor CSV with a header line that has initiator and responder.`;
    throw new Problem('E_TRAFFIC', says, { about: `${about}:1` });
  }
  return lines
    .filter((cells) => cells.length > 1 || cells[0] !== '')
    .map((cells) => Object.fromEntries(columns.flatMap((column, i) => (cells[i]?.trim() ? [[column, cells[i].trim()]] : []))));
}

function csvLines(text: string, separator: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at] as string;
    if (quoted) {
      if (char !== '"') cell += char;
      else if (text[at + 1] === '"') cell += text[++at];
      else quoted = false;
    } else if (char === '"' && cell === '') quoted = true;
    else if (char === separator || char === '\n') {
      cells.push(cell);
      cell = '';
      if (char === '\n') {
        lines.push(cells);
        cells = [];
      }
    } else if (char !== '\r') cell += char;
  }
  if (cell !== '' || cells.length > 0) lines.push([...cells, cell]);
  return lines;
}
