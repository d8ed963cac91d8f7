import type { Move } from '../move.ts';
import type { Tools } from '../phase.ts';

/** Stops the source server and waits until it is seen stopped. */
export async function stop({ server }: Move, { source, options, signal }: Tools): Promise<undefined> {
  await source.stop(server.id, { timeoutMs: options.stop_timeout_seconds * 1000, signal });
}

/** Starts the source server again, if it ran before. */
export async function start({ server, learned }: Move, { source, options, signal }: Tools): Promise<void> {
  if (learned.was === 'running') await source.start(server.id, { timeoutMs: options.build_timeout_seconds * 1000, signal });
}
