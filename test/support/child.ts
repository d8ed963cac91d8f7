import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process a test has started, by its pid. */
export interface Child {
  readonly pid: number;
  /** Resolves when it has ended: with its exit code, or null when a signal ended it. */
  readonly exited: Promise<number | null>;
  readonly isRunning: () => boolean;
  /** All it has written, stdout and stderr in one. */
  readonly output: () => Promise<string>;
  /** Sends SIGTERM, after `limitMs` SIGKILL, and waits for the end. May be repeated. */
  readonly stop: (limitMs?: number) => Promise<void>;
  /** Ends it with SIGKILL, as a power cut would, and waits for its end. */
  readonly kill: () => Promise<void>;
}

/** Children that must not outlive this process, even if it ends by an error. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

/** Starts `node script …args` as a process of its own; its output is appended to the file `log`. */
export async function startNode(
  script: string,
  args: readonly string[],
  log: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Child> {
  await mkdir(dirname(log), { recursive: true });
  const file = await open(log, 'a', 0o600);
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', file.fd, file.fd],
  });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  await file.close();
  const { pid } = child;
  if (pid === undefined)
    throw new Error(`${script} could not be started: ${String(await exited.catch((error: unknown) => error))}`);
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    pid,
    exited,
    isRunning,
    output: () => readFile(log, 'utf8'),
    stop: async (limitMs = 10_000) => {
      child.kill('SIGTERM');
      const patience = new AbortController();
      const late = sleep(limitMs, 'late', { signal: patience.signal }).catch(() => 'ended');
      if ((await Promise.race([exited, late])) === 'late') child.kill('SIGKILL');
      patience.abort();
      await exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/**
 * Polls `look` until it returns something; throws `says` and the child's output if it ends or is
 * too late.
 */
export async function untilReady<T>(
  child: Child,
  says: string,
  look: () => Promise<T | undefined>,
  { limitMs = 60_000, everyMs = 50 }: { readonly limitMs?: number; readonly everyMs?: number } = {},
): Promise<T> {
  const end = performance.now() + limitMs;
  while (child.isRunning() && performance.now() < end) {
    const found = await look();
    if (found !== undefined) return found;
    await sleep(everyMs);
  }
  const state = child.isRunning() ? `is not ready after ${limitMs} ms` : 'has ended';
  throw new Error(`${says} ${state}. It wrote:\n${(await child.output()).slice(-4000)}`);
}

/** A free TCP port of 127.0.0.1, for what must keep its port over a restart. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
