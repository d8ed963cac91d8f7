import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceCloud, SourceRetirement } from '../shared/cloud/cloud.ts';
import { writeMarker } from '../shared/model/marker.ts';
import { inParallel } from '../shared/parallel.ts';
import { asProblem, Problem } from '../shared/problem.ts';
import type { Campaign } from './campaign.ts';
import { attemptOf, doneAmong, type RestState, standingOf } from './migration/fact.ts';
import { itinerary } from './migration/itinerary.ts';
import { migrate, patiently, rollBack, type Walk } from './migration/migrate.ts';
import type { Ask, Move, OfferDisk, OnDisk, Tools } from './migration/phase.ts';
import { stagesOf } from './report.ts';
import { totalsOf } from './totals.ts';

/** What a course works with. */
export interface CourseTools {
  readonly source: SourceCloud;
  /** Opens the one client that may touch moved servers; nothing but commit calls it. */
  readonly retirement: () => Promise<SourceRetirement>;
  readonly ask: Ask;
  readonly offer: OfferDisk;
  readonly onDisk: OnDisk;
  readonly retryDelaysMs: readonly number[];
  /** Aborts when the daemon stops: everything stays where it is and goes on after the restart. */
  readonly signal: AbortSignal;
  /** Aborts when another wish takes over: everything stays where it is, for the wish to decide. */
  readonly overruled: AbortSignal;
  /** Aborts when the receiver has been away for too long: the servers on their way are taken back. */
  readonly deserted: AbortSignal;
}

/**
 * Works on what the operator wants of a campaign until it rests. Returns where it rests, or null when the daemon stops or the wish changed meanwhile.
 * Everything it does is in the journal, so that it may be called again at any time.
 */
export async function pursue(campaign: Campaign, tools: CourseTools): Promise<RestState | null> {
  const standing = standingOf(campaign.journal.facts);
  if (standing.is === 'resting') return standing.state;
  const rest = async (state: RestState, problem?: Problem): Promise<RestState | null> => {
    if (isCalledOff(tools)) return null;
    await campaign.journal.append({ fact: 'rests', state, problem: problem?.toJSON() });
    return state;
  };
  try {
    switch (standing.wish) {
      case 'run':
        return await rest(await run(campaign, tools));
      case 'pause':
        return await rest('paused');
      case 'cancel':
        await takeBack(campaign, tools, (move) => !campaign.moved(move.server.id));
        return await rest('paused');
      case 'rollback':
        await takeBack(campaign, tools, () => true);
        await removeAll(campaign, tools);
        return await rest('rolled back');
      case 'commit':
        await commit(campaign, tools, standing.deleteSource);
        return await rest('committed');
    }
  } catch (error) {
    return rest('failed', asProblem(error));
  }
}

async function run(campaign: Campaign, tools: CourseTools): Promise<RestState> {
  await configure(campaign, tools);
  let first = true;
  for (const { moves } of campaign.moves()) {
    const waiting = moves.filter((move) => !campaign.moved(move.server.id));
    await inParallel(waiting, campaign.plan.options.parallel, async (move) => {
      if (!first) await sleep(campaign.plan.options.delay_seconds * 1000, undefined, { signal: either(tools) });
      first = false;
      if (isStill(campaign, 'run')) await moveOrTakeBack(campaign, move, tools);
    });
    if (!isStill(campaign, 'run')) return 'paused';
  }
  await complete(campaign, tools);
  return 'ready';
}

/** Hands over the document; returns when the network side stands and is verified. */
async function configure(campaign: Campaign, tools: CourseTools): Promise<void> {
  const { journal, id, document } = campaign;
  if (doneAmong(journal.facts.filter((fact) => 'server' in fact && fact.server === null)).has('configure')) return;
  await journal.append({ fact: 'begun', server: null, phase: 'configure' });
  const { marker } = await patiently(
    () => tools.ask('campaign.configure', { campaign: id, configurations: document }, either(tools)),
    { server: null, phase: 'configure' },
    walkOf(campaign, tools),
  );
  await writeMarker(campaign.folder, ['configurationCompleted'], { campaign: id, at: new Date().toISOString(), ...marker });
  await journal.append({ fact: 'done', server: null, phase: 'configure', learned: marker });
}

/** Moves one server; one that cannot be moved is taken back, so that it runs at the source again. */
async function moveOrTakeBack(campaign: Campaign, move: Move, tools: CourseTools): Promise<void> {
  try {
    await migrate(move, walkOf(campaign, tools));
  } catch (error) {
    if (isCalledOff(tools)) throw error;
    await rollBack(move, walkOf(campaign, tools, AbortSignal.any([tools.signal, tools.overruled])));
    throw error;
  }
}

/** Says that every server has moved; the receiver compares the totals with its own. */
async function complete(campaign: Campaign, tools: CourseTools): Promise<void> {
  const totals = totalsOf(campaign);
  await campaign.journal.append({ fact: 'begun', server: null, phase: 'complete' });
  await tools.ask('campaign.completed', { campaign: campaign.id, totals }, either(tools));
  const counts = { servers: totals.servers, disks: totals.disks, disk_bytes: totals.disk_bytes };
  await writeMarker(campaign.folder, ['completed'], {
    campaign: campaign.id,
    at: new Date().toISOString(),
    digest: totals.roots,
    counts,
  });
  await campaign.journal.append({ fact: 'done', server: null, phase: 'complete', learned: totals });
}

/** Takes moves back, the last begun first. */
async function takeBack(campaign: Campaign, tools: CourseTools, which: (move: Move) => boolean): Promise<void> {
  const moves = campaign.moves().flatMap(({ moves: wave }) => wave);
  for (const move of moves.filter(which).reverse()) {
    if (attemptOf(campaign.journal.facts, move.server.id).facts.length > 0) await rollBack(move, walkOf(campaign, tools));
  }
}

/** Removes everything else this campaign created, on both sides. What cannot be removed is a problem, and the next call tries again. */
async function removeAll(campaign: Campaign, tools: CourseTools): Promise<void> {
  const { kept } = await tools.ask('campaign.remove', { campaign: campaign.id }, either(tools));
  for (const snapshot of await tools.source.snapshots(campaign.id, either(tools)))
    await tools.source.release(snapshot.id, either(tools));
  const first = kept[0];
  if (first !== undefined)
    throw new Problem(
      'E_CONFLICT',
      `${kept.length} things of this campaign could not be removed at the destination, first ${first.ref}: ${first.why}`,
      { about: first.ref, hint: 'Free it at the destination, then `sender rollback` again: it goes on with what is left.' },
    );
}

/** Ends the way back, at the receiver first: what it built is then safe before anything at the source is. Source servers are tagged and locked, or deleted where that was asked for, and our snapshots go. */
async function commit(campaign: Campaign, tools: CourseTools, deleteSource: boolean): Promise<void> {
  const signal = either(tools);
  const { journal } = campaign;
  await tools.ask('campaign.commit', { campaign: campaign.id }, signal);
  const retirement = await tools.retirement();
  try {
    for (const { server } of campaign.moves().flatMap(({ moves }) => moves)) {
      const phase = deleteSource ? 'destroy' : 'retire';
      if (doneAmong(attemptOf(journal.facts, server.id).facts).has(phase)) continue;
      await journal.append({ fact: 'begun', server: server.id, phase });
      await (deleteSource ? retirement.destroy(server.id, signal) : retirement.retire(server.id, campaign.id, signal));
      await journal.append({ fact: 'done', server: server.id, phase });
    }
  } finally {
    await retirement.close();
  }
  for (const snapshot of await tools.source.snapshots(campaign.id, signal)) await tools.source.release(snapshot.id, signal);
}

/** Whether the daemon stops (nothing is taken back; the restart goes on) or another wish takes over (it decides for itself). A lost receiver is neither. */
function isCalledOff({ signal, overruled }: CourseTools): boolean {
  return signal.aborted || overruled.aborted;
}

function isStill(campaign: Campaign, wish: string): boolean {
  const standing = standingOf(campaign.journal.facts);
  return standing.is === 'working' && standing.wish === wish;
}

function either({ signal, overruled, deserted }: CourseTools): AbortSignal {
  return AbortSignal.any([signal, overruled, deserted]);
}

function walkOf(campaign: Campaign, tools: CourseTools, signal = either(tools)): Walk {
  const { source, ask, offer, onDisk, retryDelaysMs } = tools;
  const timesOf: Tools['timesOf'] = (server) => {
    const { facts } = attemptOf(campaign.journal.facts, server);
    const stop = facts.find((fact) => fact.fact === 'begun' && fact.phase === 'stop');
    const stages = Object.fromEntries(stagesOf(facts).map(({ name, ms }) => [name, ms]));
    return { stages, downtimeMs: stop === undefined ? 0 : Date.now() - Date.parse(stop.at) };
  };
  const own: Tools = {
    campaign: campaign.id,
    timesOf,
    source,
    ask,
    offer,
    onDisk,
    options: campaign.plan.options,
    folder: campaign.folder,
    signal,
  };
  return { itinerary, journal: campaign.journal, tools: own, retryDelaysMs };
}
