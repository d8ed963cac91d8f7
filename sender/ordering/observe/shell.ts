import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { Problem } from '../../../shared/problem.ts';

/**
 * Runs a command line on one machine, and gives what it writes; `hear` is told the end of what it has written to its standard error.
 * Ends it when the signal aborts, without a complaint; throws E_OBSERVE where it fails.
 */
export interface Shell {
  /** The machine. */
  readonly node: string;
  run(commandLine: string, signal: AbortSignal, hear?: (text: string) => void): AsyncIterable<string>;
  close(): void;
}

/** Most of what a command says about its failure that is repeated. */
const saidCharacters = 500;

/** Runs commands on this machine. */
export function localShell(node: string): Shell {
  return { node, run: runLocally, close: () => undefined };
}

async function* runLocally(commandLine: string, signal: AbortSignal, hear?: (text: string) => void): AsyncGenerator<string> {
  const child = spawn('/bin/sh', ['-c', commandLine], { stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (): void => void child.kill();
  signal.addEventListener('abort', end, { once: true });
  const ended = once(child, 'close');
  ended.catch(() => undefined);
  try {
    const said = collectTail(child.stderr, hear);
    for await (const chunk of child.stdout.setEncoding('utf8')) yield chunk as string;
    const [code] = (await ended) as [number | null];
    if (code !== 0 && !signal.aborted) throw commandFailure('this machine', said(), code);
  } finally {
    signal.removeEventListener('abort', end);
    child.kill();
  }
}

/** Keeps the end of what a stream says, and tells `hear` of it whenever there is more. */
export function collectTail(stream: Readable, hear?: (text: string) => void): () => string {
  let said = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-saidCharacters);
    hear?.(said);
  });
  return () => said.trim();
}

/** The failure of a command, in its own words. 127 is the shell's word for a command that is not there. */
export function commandFailure(node: string, said: string, code: number | null): Problem {
  if (code === 127)
    return new Problem('E_MISSING_TOOL', `conntrack is not installed on ${node}.`, {
      about: 'conntrack',
      hint: 'Install it there (Debian: `apt install conntrack`), then try again.',
    });
  return new Problem('E_OBSERVE', `conntrack on ${node} failed: ${said.replaceAll(/\s+/g, ' ') || `it ended with ${code}`}.`, {
    about: node,
  });
}
