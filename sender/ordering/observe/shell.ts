import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { Problem } from '../../../shared/problem.ts';

/**
 * Runs commands on one machine and yields their output. An abort ends a command without an error; a
 * failure throws E_OBSERVE. `onStderr` gets the end of what was written there so far.
 */
export interface Shell {
  /** The machine. */
  readonly node: string;
  run(commandLine: string, signal: AbortSignal, onStderr?: (text: string) => void): AsyncIterable<string>;
  close(): void;
}

/** How much of a command's error output is kept, in characters. */
const saidCharacters = 500;

/** Runs commands on this machine. */
export function localShell(node: string): Shell {
  return { node, run: runLocally, close: () => undefined };
}

async function* runLocally(commandLine: string, signal: AbortSignal, onStderr?: (text: string) => void): AsyncGenerator<string> {
  const child = spawn('/bin/sh', ['-c', commandLine], { stdio: ['ignore', 'pipe', 'pipe'] });
  const end = (): void => void child.kill();
  signal.addEventListener('abort', end, { once: true });
  const ended = once(child, 'close');
  ended.catch(() => undefined);
  try {
    const said = collectTail(child.stderr, onStderr);
    for await (const chunk of child.stdout.setEncoding('utf8')) yield chunk as string;
    const [code] = (await ended) as [number | null];
    if (code !== 0 && !signal.aborted) throw commandFailure('this machine', said(), code);
  } finally {
    signal.removeEventListener('abort', end);
    child.kill();
  }
}

/** Collects the end of a stream, and calls `onStderr` with it whenever more arrives. */
export function collectTail(stream: Readable, onStderr?: (text: string) => void): () => string {
  let said = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-saidCharacters);
    onStderr?.(said);
  });
  return () => said.trim();
}

/**
 * The failure of a command with its own message. The shell exits with 127 where the command is not
 * installed.
 */
export function commandFailure(node: string, said: string, code: number | null): Problem {
  if (code === 127)
    return new Problem('E_MISSING_TOOL', `conntrack is not installed on ${node}.`, {
      about: 'conntrack',
      hint: 'Install it there (Debian: `apt install conntrack`), then try again.',
    });
  return new Problem('E_OBSERVE', `conntrack on ${node} failed: ${said.replaceAll(/\s+/g, ' ') || `it exited with ${code}`}.`, {
    about: node,
  });
}
