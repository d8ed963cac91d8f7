import { styleText } from 'node:util';

/** A colour or weight by its name in `util.styleText`. */
export type Style = Parameters<typeof styleText>[0];

/** Where a command writes: results on `out`, everything else on `err`. */
export interface Output {
  /** Writes lines of result. */
  print(...lines: readonly string[]): void;
  /** Writes a value as JSON, on one line. */
  json(value: unknown): void;
  /** Writes lines that are not the result: progress, problems, advice. */
  tell(...lines: readonly string[]): void;
  /** Writes as it stands, for what redraws itself. */
  raw(text: string): void;
  /** Colours a text where the reader sees colours. */
  style(style: Style, text: string): string;
  /** Whether results are read on a terminal. */
  readonly isTerminal: boolean;
  /** Columns and rows of the terminal; wide and endless elsewhere. */
  size(): { readonly columns: number; readonly rows: number };
}

/**
 * The process's own output; nothing else writes to stdout. Colours follow NO_COLOR, FORCE_COLOR and
 * the terminal.
 */
export function processOutput(): Output {
  const { stdout, stderr } = process;
  // A reader such as `head` may end first; that is no failure.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    print: (...lines) => void stdout.write(lines.map((line) => `${line}\n`).join('')),
    json: (value) => void stdout.write(`${JSON.stringify(value)}\n`),
    tell: (...lines) => void stderr.write(lines.map((line) => `${line}\n`).join('')),
    raw: (text) => void stdout.write(text),
    style: (style, text) => styleText(style, text, { stream: stdout }),
    isTerminal: stdout.isTTY === true,
    size: () => (stdout.isTTY ? { columns: stdout.columns, rows: stdout.rows } : { columns: Number.POSITIVE_INFINITY, rows: 0 }),
  };
}
