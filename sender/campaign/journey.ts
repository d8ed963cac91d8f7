import { writeMarker } from '../../shared/model/marker.ts';
import { asProblem, Problem } from '../../shared/problem.ts';
import { attemptOf, doneAmong, isTurnedBack, type RestState, standingOf, wasStopped } from '../migration/fact.ts';
import { patiently, rollBack } from '../migration/migrate.ts';
import type { Move } from '../migration/phase.ts';
import type { Campaign } from './campaign.ts';
import { type CourseTools, either, isCalledOff, walkOf } from './journey-tools.ts';
import { awaitFirstHalf, stepsOf } from './rolling-wave.ts';
import { totalsOf } from './totals.ts';
import { isRunning, moveWave } from './wave.ts';

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
        await letArrive(campaign, tools);
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
  for (const step of stepsOf(campaign)) {
    const waiting = step.moves.filter((move) => !campaign.moved(move.server.id));
    // What an interruption left down is not made to wait: its half was begun with good reason.
    const isNew =
      waiting.length > 0 && !waiting.some(({ server: { id } }) => wasStopped(attemptOf(campaign.journal.facts, id).facts));
    try {
      if (!isBundle && isNew && step.after.length > 0) await awaitFirstHalf(campaign, step, tools);
      await moveWave(campaign, waiting, tools);
    } catch (error) {
      // What cannot be released now keeps its stamp, and whatever is asked next finds it; the failure is what the operator must hear of.
      if (!isCalledOff(tools)) await releaseRounds(campaign, tools).catch(() => undefined);
      throw error;
    }
    if (!isRunning(campaign)) {
      await releaseRounds(campaign, tools);
      return 'paused';
    }
  }
  if (!isBundle) await complete(campaign, tools);
  return 'ready';
}

/** Moves the servers to their end that are down when a paused campaign is taken up again, or back to their start where they were on their way there. */
async function letArrive(campaign: Campaign, tools: CourseTools): Promise<void> {
  const halted = AbortSignal.abort(new Problem('E_CANCELLED', 'The campaign is paused.'));
  for (const { moves } of campaign.moves()) {
    const down = moves.filter(
      ({ server: { id } }) => !campaign.moved(id) && wasStopped(attemptOf(campaign.journal.facts, id).facts),
    );
    const back = down.filter(({ server: { id } }) => isTurnedBack(campaign.journal.facts, id));
    for (const move of back) await rollBack(move, walkOf(campaign, tools));
    await moveWave(
      campaign,
      down.filter((move) => !back.includes(move)),
      { ...tools, halted },
    );
  }
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
