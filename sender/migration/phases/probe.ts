import { setTimeout as sleep } from 'node:timers/promises';
import { Problem } from '../../../shared/problem.ts';
import type { Move, Tools } from '../phase.ts';

/** Between two looks at the new server: milliseconds. */
const intervalMs = 1_000;

/** Waits until the new server runs and, where the plan names a probe, answers it. A server that was stopped at the source stays so and is not probed. */
export async function probe(
  { server, probe: wanted, learned }: Move,
  { ask, campaign, options, signal }: Tools,
): Promise<undefined> {
  if (learned.was === 'stopped') return;
  const params = { campaign, server: server.id, ...(wanted === undefined ? {} : { probe: wanted }) };
  const end = Date.now() + options.probe_timeout_seconds * 1000;
  for (;;) {
    const { healthy, says } = await ask('server.health', params, signal);
    if (healthy) return;
    if (Date.now() >= end) {
      throw new Problem(
        'E_UNHEALTHY',
        `Server ${server.name} does not pass its probe after ${options.probe_timeout_seconds} s: ${says}`,
        { about: `server/${server.id}` },
      );
    }
    await sleep(intervalMs, undefined, { signal });
  }
}
