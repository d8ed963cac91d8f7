import { setTimeout as sleep } from 'node:timers/promises';
import { idOf, type Ref, refOf, registeredAs } from '../model/resource.ts';
import { asProblem, Problem } from '../problem.ts';
import { buildAll } from './build-all.ts';
import type { Arrival, DestinationTools, LearnedOfOne, LearnedOnArrival } from './destination.ts';
import type { PhaseOf } from './phase.ts';

/**
 * The destination half of the journey of a server or a lone volume, in order: the sender runs it
 * after its own half, the import of a bundle by itself.
 */
// biome-ignore format: a table is read by row
export const destinationHalf: readonly PhaseOf<Arrival, DestinationTools, LearnedOnArrival>[] = [
  { name: 'import', does: 'register the verified disks as images or volumes at the destination',
    side: 'destination', run: importDisks, tidy: removeImported, downtime: true, stage: 'register', assumed: { bytesPerMs: 100_000 } },
  { name: 'create', does: 'create the server on its ports, give it its floating addresses meanwhile, and wait until it runs',
    for: 'server', side: 'destination', run: create, undo: remove, downtime: true, together: true, inTurn: true, network: true, stage: 'boot', assumed: { ms: 45_000 } },
  // An earlier release did this after `create`; its campaigns go on here.
  { name: 'connect', does: 'give the server the floating addresses that it still lacks',
    for: 'server', side: 'destination', run: connect, downtime: true, stage: 'boot', assumed: { ms: 0 } },
  { name: 'probe', does: 'wait until the new server answers its probe',
    for: 'server', side: 'destination', run: probe, downtime: true, stage: 'boot', assumed: { ms: 20_000 } },

  // ── downtime ends ──
  { name: 'mark', does: 'write the completion marker on both sides',
    side: 'destination', run: mark, together: true, stage: 'boot' },
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
    if (move.kind !== 'server') await tools.mustBeStopped(move.server.id, tools.signal);
    const { snapshots = {} } = move.learned;
    return await ensureAll(importedRefs(move), tools, (ref) => ({ properties: snapshots[idOf(ref)]?.properties }));
  } catch (error) {
    if (lost.has(asProblem(error).code) && tools.copyAgain !== undefined) {
      // The server's other disks may be registered, and a disk is not copied beneath its image.
      await removeImported(move, tools);
      await tools.copyAgain(move.server.id, tools.signal);
    }
    throw error;
  }
}

/**
 * A lone volume or image is looked at once more before its copy goes, which may be the only one.
 */
async function removeImported(move: Arrival, tools: DestinationTools): Promise<void> {
  if (move.kind !== 'server') await tools.mustBeAbleToReturn?.(move.server.id, tools.signal);
  await removeAll(importedRefs(move), tools);
}

/**
 * Creates the server and returns when it runs, or is stopped as it was just before our stop; the
 * source MUST be seen stopped, for the same machine may not run twice, nor its addresses lead to
 * two. What could not be built before the stop is built here: ports first, because the server needs
 * them, and floating addresses while the cloud makes the server. An atomic group does so in turn,
 * because a cloud may refuse a second server while it gives a volume to the first.
 */
async function create(move: Arrival, tools: DestinationTools): Promise<LearnedOnArrival> {
  await tools.mustBeStopped(move.server.id, tools.signal);
  const plugged = await complete(move, move.ports, tools);
  // Both end before a failure is told: nothing is removed while it is made.
  const ends = await Promise.allSettled([createServer(move, tools), complete(move, move.floatingIps, tools)]);
  return ends.reduce((sum, end) => {
    if (end.status === 'rejected') throw end.reason;
    return { built: { ...sum.built, ...end.value.built }, details: { ...sum.details, ...end.value.details } };
  }, plugged);
}

async function createServer({ server, learned }: Arrival, tools: DestinationTools): Promise<LearnedOnArrival> {
  const seconds = tools.options.build_timeout_seconds;
  const late = new AbortController();
  const says = `Server ${server.name} does not run at the destination after ${seconds} s.`;
  const timer = setTimeout(
    () => late.abort(new Problem('E_CLOUD_TIMEOUT', says, { about: refOf('server', server.id) })),
    seconds * 1000,
  );
  try {
    const signal = AbortSignal.any([tools.signal, late.signal]);
    return await ensureAll([refOf('server', server.id)], { ...tools, signal }, () => ({ power: learned.was }));
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Removes the floating addresses, the new server and its ports, and returns when they are gone: a
 * port that had to wait for the stop MUST NOT be there when the source server starts again. The
 * source is looked at once more before the server goes: what went before may have taken long.
 */
async function remove({ server, ports, floatingIps }: Arrival, tools: DestinationTools): Promise<void> {
  await removeAll(floatingIps, tools);
  await tools.mustBeAbleToReturn?.(server.id, tools.signal);
  await removeAll([...ports, refOf('server', server.id)], tools);
}

/**
 * Builds ports or floating addresses. What was prepared is looked at once more: the copy may have
 * taken hours, in which somebody removed what nobody seemed to use.
 */
function complete(
  { learned: { built = {} } }: Arrival,
  refs: readonly Ref[],
  tools: DestinationTools,
): Promise<LearnedOnArrival> {
  const { destination, prepare, signal } = tools;
  return buildAll(refs, async (ref) => {
    const known = built[ref];
    const again = known === undefined ? null : await prepare?.(ref, signal);
    const now = again ?? (await destination.ensure(ref, signal));
    // What is as it was need not be learned twice.
    return now.id === known ? null : now;
  });
}

/** Gives the new server the floating addresses that it still lacks. */
function connect(move: Arrival, tools: DestinationTools): Promise<LearnedOnArrival> {
  return ensureAll(lacking(move, move.floatingIps), tools);
}

/** What nothing was learned of yet. */
function lacking({ learned: { built = {} } }: Arrival, refs: readonly Ref[]): Ref[] {
  return refs.filter((ref) => !Object.hasOwn(built, ref));
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

function importedRefs({ disks }: Arrival): Ref[] {
  return disks.map((disk) => registeredAs(disk));
}

function ensureAll(
  refs: readonly Ref[],
  { destination, signal }: DestinationTools,
  learnedOf: (ref: Ref) => LearnedOfOne = () => ({}),
): Promise<LearnedOnArrival> {
  return buildAll(refs, (ref) => destination.ensure(ref, signal, learnedOf(ref)));
}

async function removeAll(refs: readonly Ref[], { destination, signal }: DestinationTools): Promise<void> {
  for (const ref of [...refs].reverse()) await destination.remove(ref, signal);
}
