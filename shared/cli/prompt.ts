import { createInterface } from 'node:readline/promises';
import { Problem } from '../problem.ts';

/**
 * Asks a question on stderr and returns the line that is typed. Throws E_CANCELLED where Ctrl-C or
 * the end of the input answers.
 */
export async function prompt(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  const interrupted = new AbortController();
  lines.once('close', () => interrupted.abort());
  lines.once('SIGINT', () => lines.close());
  try {
    return await lines.question(question, { signal: interrupted.signal });
  } catch (error) {
    if ((error as Error).name !== 'AbortError') throw error;
    process.stderr.write('\n');
    throw notAnswered();
  } finally {
    lines.close();
  }
}

/** The failure of a command whose question was not answered with yes. */
export function notAnswered(): Problem {
  return new Problem('E_CANCELLED', 'Nothing was done.', { hint: 'Answer y, or give --yes, to have it done.' });
}
