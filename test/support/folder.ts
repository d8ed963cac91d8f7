import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that goes with the test. */
export async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The problem that a promise is rejected with; fails where it is not. */
export async function problemOf(promise: Promise<unknown>): Promise<{ code: string; message: string }> {
  const thrown = await promise.then(
    (value) => Promise.reject(new Error(`Nothing was thrown but ${JSON.stringify(value)} returned.`)),
    (error: unknown) => error,
  );
  return thrown as { code: string; message: string };
}
