import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { text } from 'node:stream/consumers';

/** How a command ended: its exit code (null when a signal ended it) and all it wrote, as UTF-8. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Feeds a child its whole input and resolves when it has ended and its pipes are drained; rejects
 * when it could not be started.
 */
export async function finished(child: ChildProcessWithoutNullStreams, input = ''): Promise<Finished> {
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  // a child that ends without reading its input breaks the pipe; its exit code tells more than that
  // error
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}
