import { setTimeout as sleep } from 'node:timers/promises';
import type { SourceCloud, SourceRetirement } from '../shared/cloud/cloud.ts';
import { writeMarker } from '../shared/model/marker.ts';
import { asProblem, Problem } from '../shared/problem.ts';
import type { Campaign } from './campaign.ts';
import { DowntimeProbe } from './downtime.ts';
import { forecastOf, type PastMove } from './forecast.ts';
import { attemptOf, doneAmong, type Fact, type RestState, standingOf } from './migration/fact.ts';
import { itineraryTo } from './migration/itinerary.ts';
import { migrate, patiently, rollBack, type Walk } from './migration/migrate.ts';
import type { Ask, Move, OfferDisk, OnDisk, Tools } from './migration/phase.ts';
import { roundsOf } from './migration/round.ts';
import { stagesOf } from './report.ts';
import { type Aside, Slots } from './slots.ts';
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
  /** What earlier moves took, of this and of other campaigns. */
  readonly history: () => readonly PastMove[];
  /** Aborts when the daemon stops: everything stays where it is and goes on after the restart. */
  readonly signal: AbortSignal;
  /** Aborts when another wish takes over: everything stays where it is, for the wish to decide. */
  readonly overruled: AbortSignal;
  /** Aborts when the operator asked for a pause: servers that are not down yet stop on their way. */
  readonly halted: AbortSignal;
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
        await releaseRounds(campaign, tools);
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
  const isBundle = campaign.plan.to === 'bundle';
  if (!isBundle) await configure(campaign, tools);
  for (const { moves } of campaign.moves()) {
    const waiting = moves.filter((move) => !campaign.moved(move.server.id));
    try {
      await moveWave(campaign, waiting, tools);
    } catch (error) {
      // What cannot be released now keeps its stamp, and whatever is asked next finds it; the failure is what the operator must hear of.
      if (!isCalledOff(tools)) await releaseRounds(campaign, tools).catch(() => undefined);
      throw error;
    }
    if (!isStill(campaign, 'run')) {
      await releaseRounds(campaign, tools);
      return 'paused';
    }
  }
  if (!isBundle) await complete(campaign, tools);
  return 'ready';
}

/** Moves the servers of a wave, so many at once; the first failure halts those that are not down yet, and is thrown once the others have arrived. */
async function moveWave(campaign: Campaign, moves: readonly Move[], tools: CourseTools): Promise<void> {
  const { parallel, delay_seconds } = campaign.plan.options;
  const slots = new Slots(parallel);
  const failed = new AbortController();
  const halted = AbortSignal.any([tools.halted, failed.signal]);
  let first = true;
  const ends = moves.map((move) =>
    slots.hold(async (aside) => {
      if (halted.aborted) return;
      try {
        if (!first) await sleep(delay_seconds * 1000, undefined, { signal: AbortSignal.any([either(tools), halted]) });
        first = false;
        if (isStill(campaign, 'run')) await moveOrTakeBack(campaign, move, { ...tools, halted }, aside);
      } catch (error) {
        if (halted.aborted && !isCalledOff(tools) && wasHalted(error, halted)) return;
        failed.abort(new Problem('E_CANCELLED', `Server ${move.server.name} could not be moved.`));
        throw error;
      }
    }),
  );
  const failure = (await Promise.allSettled(ends)).find((end) => end.status === 'rejected');
  if (failure !== undefined) throw failure.reason;
}

/** Whether an error is only that somebody was halted. */
function wasHalted(error: unknown, { reason }: AbortSignal): boolean {
  return error === reason || (error instanceof Error && error.cause === reason);
}

/** Deletes the snapshots that rounds of servers that still run left: a campaign that halts leaves none of them behind. */
async function releaseRounds({ id }: Campaign, { source, ...tools }: CourseTools): Promise<void> {
  const signal = AbortSignal.any([tools.signal, tools.overruled]);
  for (const snapshot of await source.snapshots(id, signal)) {
    if (snapshot.round > 0) await source.release(snapshot.id, signal);
  }
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
async function moveOrTakeBack(campaign: Campaign, move: Move, tools: CourseTools, aside: Aside): Promise<void> {
  const note = (fact: Fact): Promise<unknown> => campaign.journal.append(fact);
  const downtime = new DowntimeProbe(move, { campaign: campaign.id, ask: tools.ask, note, signal: either(tools) });
  const walk = walkOf(campaign, tools, either(tools), aside);
  try {
    await migrate(move, { ...walk, around: (phase, now, work) => downtime.around(phase, now, work) });
    await downtime.settled();
  } catch (error) {
    await downtime.settled();
    if (isCalledOff(tools) || (tools.halted.aborted && wasHalted(error, tools.halted))) throw error;
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
  // What is imported from a bundle is taken back where it was imported.
  const { kept } =
    campaign.plan.to === 'bundle' ? { kept: [] } : await tools.ask('campaign.remove', { campaign: campaign.id }, either(tools));
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
  if (campaign.plan.to === 'receiver') await tools.ask('campaign.commit', { campaign: campaign.id }, signal);
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

function walkOf(campaign: Campaign, tools: CourseTools, signal = either(tools), aside: Aside = (waiting) => waiting()): Walk {
  const { source, ask, offer, onDisk, retryDelaysMs, halted } = tools;
  const { journal } = campaign;
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
    rounds: {
      of: (server) => roundsOf(journal.facts, server),
      add: async (server, round) => void (await journal.append({ fact: 'round', server, ...round })),
    },
    isCutoverAsked: (server) => attemptOf(journal.facts, server).facts.some(({ fact }) => fact === 'cutover asked'),
    forecastOf: ({ server }) => forecastOf(roundsOf(journal.facts, server.id), tools.history(), Date.now()),
    aside,
    folder: campaign.folder,
    signal,
  };
  return {
    itinerary: itineraryTo(campaign.plan.to),
    journal,
    tools: own,
    retryDelaysMs,
    halted,
    around: (_phase, _move, work) => work(),
  };
}
