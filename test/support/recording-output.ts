import type { Output } from '../../shared/print/output.ts';

/** An Output that keeps what is written; without colours. A terminal if a size is given. */
export interface RecordingOutput extends Output {
  readonly out: string[];
  readonly err: string[];
  text(): string;
}

/** Makes an Output that keeps what is written. */
export function aRecordingOutput(terminal?: { columns: number; rows: number }): RecordingOutput {
  const out: string[] = [];
  const err: string[] = [];
  return {
    out,
    err,
    text: () => out.join(''),
    print: (...lines) => void out.push(lines.map((line) => `${line}\n`).join('')),
    json: (value) => void out.push(`${JSON.stringify(value)}\n`),
    tell: (...lines) => void err.push(lines.map((line) => `${line}\n`).join('')),
    raw: (text) => void out.push(text),
    style: (_, text) => text,
    isTerminal: terminal !== undefined,
    size: () => terminal ?? { columns: 100, rows: 0 },
  };
}
