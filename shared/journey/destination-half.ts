import { setTimeout as sleep } from 'node:timers/promises';
import { type Ref, refOf } from '../model/resource.ts';
import { asProblem, Problem } from '../problem.ts';
import type { Arrival, DestinationTools, LearnedOnArrival } from './destination.ts';
import type { PhaseOf } from './phase.ts';

/**
 * The destination half of a server's journey, in order: the sender runs it after its own half, the
 * import of a bundle by itself.
 */
// biome-ignore format: a table is read by row
export const destinationHalf: readonly PhaseOf<Arrival, DestinationTools, LearnedOnArrival>[] = [
  { name: 'import', does: 'register the verified disks as images or volumes at the destination',
    side: 'destination', run: importDisks, tidy: removeImported, downtime: true, stage: 'register', assumed: { bytesPerMs: 100_000 } },
  { name: 'plug', does: 'create the ports with the same MAC and fixed addresses',
    side: 'destination', run: plug, undo: unplug, downtime: true, network: true, stage: 'boot', assumed: { ms: 5_000 } },
  { name: 'create', does: 'create the server and wait until it runs',
    side: 'destination', run: create, undo: remove, downtime: true, stage: 'boot', assumed: { ms: 45_000 } },
  { name: 'connect', does: 'give the floating addresses to the new server',
    side: 'destination', run: connect, undo: disconnect, downtime: true, network: true, stage: 'boot', assumed: { ms: 5_000 } },
  { name: 'probe', does: 'wait until the new server answers its probe',
    side: 'destination', run: probe, downtime: true, stage: 'boot', assumed: { ms: 20_000 } },

  // ── downtime ends ──
  { name: 'mark', does: 'write the completion marker on both sides',
    side: 'destination', run: mark, stage: 'boot' },
];

/** Problems that mean that there is no verified copy. */
const lost = new Set(['E_BLOCK_MISMATCH', 'E_ROOT_MISMATCH']);

/** Between two looks at the new server: milliseconds. */
const lookMs = 1_000;

/**
 * Registers the verified disks as images or volumes. A disk that changed since is copied again
 * before the problem is thrown, so that the next try succeeds.
 */
async function importDisks(move: Arrival, tools: DestinationTools): Promise<LearnedOnArrival> {
  try {
    return await ensureAll(importedRefs(move), tools);
  } catch (error) {
    if (lost.has(asProblem(error).code) && tools.copyAgain !== undefined) {
      // The server's other disks may be registered, and a disk is not copied beneath its image.
      await removeImported(move, tools);
      await tools.copyAgain(move.server.id, tools.signal);
    }
    throw error;
  }
}

function removeImported(move: Arrival, tools: DestinationTools): Promise<void> {
  return removeAll(importedRefs(move), tools);
}

/** Creates the server's ports, in the order of its interfaces. */
function plug(move: Arrival, tools: DestinationTools): Promise<LearnedOnArrival> {
  return ensureAll(move.ports, tools);
}

function unplug(move: Arrival, tools: DestinationTools): Promise<void> {
  return removeAll(move.ports, tools);
}

/**
 * Creates the server and returns when it runs, or is stopped as it was just before our stop; the
 * source MUST be seen stopped, for the same machine may not run twice.
 */
async function create({ server, learned }: Arrival, tools: DestinationTools): Promise<LearnedOnArrival> {
  await tools.mustBeStopped(server.id, tools.signal);
  const seconds = tools.options.build_timeout_seconds;
  const late = new AbortController();
  const says = `Server ${server.name} does not run at the destination after ${seconds} s.`;
  const timer = setTimeout(
    () => late.abort(new Problem('E_CLOUD_TIMEOUT', says, { about: refOf('server', server.id) })),
    seconds * 1000,
  );
  try {
    const signal = AbortSignal.any([tools.signal, late.signal]);
    return await ensureAll([refOf('server', server.id)], { ...tools, signal }, learned.was);
  } finally {
    clearTimeout(timer);
  }
}

/** Removes the new server, and returns when it is gone. */
function remove({ server }: Arrival, tools: DestinationTools): Promise<void> {
  return removeAll([refOf('server', server.id)], tools);
}

/** Gives the floating addresses to the new server. */
function connect(move: Arrival, tools: DestinationTools): Promise<LearnedOnArrival> {
  return ensureAll(move.floatingIps, tools);
}

function disconnect(move: Arrival, tools: DestinationTools): Promise<void> {
  return removeAll(move.floatingIps, tools);
}

/**
 * Waits until the new server runs and answers its probe, if there is one. A server that was stopped
 * at the source stays stopped and is not probed.
 */
async function probe(
  { server, probe: wanted, learned }: Arrival,
  { destination, options, signal }: DestinationTools,
): Promise<undefined> {
  if (learned.was === 'stopped') return;
  const end = performance.now() + options.probe_timeout_seconds * 1000;
  for (;;) {
    const { healthy, says } = await destination.health(server.id, wanted, signal);
    if (healthy) return;
    if (performance.now() >= end)
      throw new Problem(
        'E_UNHEALTHY',
        `Server ${server.name} does not ${wanted === undefined ? 'run' : 'pass its probe'} after ${options.probe_timeout_seconds} s: ${says}`,
        { about: refOf('server', server.id) },
      );
    await sleep(lookMs, undefined, { signal });
  }
}

async function mark({ server }: Arrival, { destination, signal }: DestinationTools): Promise<undefined> {
  await destination.completed(server.id, signal);
}

/** What the disks become: an image each, or the volume whose bytes they are. */
function importedRefs({ disks }: Arrival): Ref[] {
  return disks.map(({ id, volume_id }) => (volume_id === null ? refOf('disk', id) : refOf('volume', volume_id)));
}

async function ensureAll(
  refs: readonly Ref[],
  { destination, signal }: DestinationTools,
  power?: Arrival['learned']['was'],
): Promise<LearnedOnArrival> {
  const built: Record<string, string> = {};
  const details: Record<string, Readonly<Record<string, string>>> = {};
  for (const ref of refs) {
    const { id, detail } = await destination.ensure(ref, signal, power);
    built[ref] = id;
    if (detail !== undefined) details[ref] = detail;
  }
  return { built, details };
}

async function removeAll(refs: readonly Ref[], { destination, signal }: DestinationTools): Promise<void> {
  for (const ref of [...refs].reverse()) await destination.remove(ref, signal);
}
