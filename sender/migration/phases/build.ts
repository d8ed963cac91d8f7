import { type Ref, refOf } from '../../../shared/model/resource.ts';
import { asProblem, Problem } from '../../../shared/problem.ts';
import type { Learned, Move, Tools } from '../phase.ts';
import { copy } from './copy.ts';
import { mustBeStopped } from './freeze.ts';

/** What says that the receiver has no verified copy, or none any more. */
const lost = new Set(['E_BLOCK_MISMATCH', 'E_ROOT_MISMATCH']);

/**
 * Registers the verified disks as images at the destination. Where a copy is not what was compared any more, for the receiver's own disk changed it,
 * what is wrong is copied again before the problem is thrown: it may pass, and the next try finds the copy whole.
 */
export async function importDisks(move: Move, tools: Tools): Promise<Learned> {
  try {
    return await ensureAll(diskRefs(move), tools);
  } catch (error) {
    if (lost.has(asProblem(error).code)) await copy(move, tools);
    throw error;
  }
}

/** Removes the images. */
export function removeImages(move: Move, tools: Tools): Promise<void> {
  return removeAll(diskRefs(move), tools);
}

/** Creates the server's ports, in the order of its interfaces. */
export function plug(move: Move, tools: Tools): Promise<Learned> {
  return ensureAll(move.ports, tools);
}

/** Removes the ports. */
export function unplug(move: Move, tools: Tools): Promise<void> {
  return removeAll(move.ports, tools);
}

/** Creates the server and returns when it runs; the source MUST be seen stopped, for the same machine may not run twice. */
export async function create(move: Move, tools: Tools): Promise<Learned> {
  await mustBeStopped(move, tools.source, tools.signal);
  const seconds = tools.options.build_timeout_seconds;
  const late = new AbortController();
  const says = `Server ${move.server.name} does not run at the destination after ${seconds} s.`;
  const timer = setTimeout(
    () => late.abort(new Problem('E_CLOUD_TIMEOUT', says, { about: `server/${move.server.id}` })),
    seconds * 1000,
  );
  try {
    return await ensureAll([refOf('server', move.server.id)], { ...tools, signal: AbortSignal.any([tools.signal, late.signal]) });
  } finally {
    clearTimeout(timer);
  }
}

/** Removes the new server, and returns when it is gone. */
export function remove(move: Move, tools: Tools): Promise<void> {
  return removeAll([refOf('server', move.server.id)], tools);
}

/** Gives the floating addresses to the new server. */
export function connect(move: Move, tools: Tools): Promise<Learned> {
  return ensureAll(move.floatingIps, tools);
}

/** Takes the floating addresses back. */
export function disconnect(move: Move, tools: Tools): Promise<void> {
  return removeAll(move.floatingIps, tools);
}

function diskRefs({ disks }: Move): Ref[] {
  return disks.map((disk) => refOf('disk', disk.id));
}

async function ensureAll(refs: readonly Ref[], { ask, campaign, signal }: Tools): Promise<Learned> {
  const built: Record<string, string> = {};
  const details: Record<string, Readonly<Record<string, string>>> = {};
  for (const ref of refs) {
    const { id, detail } = await ask('resource.ensure', { campaign, ref }, signal);
    built[ref] = id;
    if (detail !== undefined) details[ref] = detail;
  }
  return { built, details };
}

async function removeAll(refs: readonly Ref[], { ask, campaign, signal }: Tools): Promise<void> {
  for (const ref of [...refs].reverse()) await ask('resource.remove', { campaign, ref }, signal);
}
