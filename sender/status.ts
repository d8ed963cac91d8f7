import type { Dated } from '../shared/journal.ts';
import { networkSideOf } from '../shared/model/network-side.ts';
import type { Campaign } from './campaign.ts';
import type { CampaignStatus, DiskStatus, MoveStatus, WarmStatus } from './commands.ts';
import { forecastOf, type PastMove } from './forecast.ts';
import { attemptOf, doneAmong, type Fact, standingOf, type Wish } from './migration/fact.ts';
import { itinerary } from './migration/itinerary.ts';
import { recall } from './migration/migrate.ts';
import type { Move } from './migration/phase.ts';
import { roundsOf } from './migration/round.ts';
import type { Progress } from './progress.ts';

const working = {
  run: 'moving',
  pause: 'paused',
  cancel: 'rolling back',
  commit: 'committing',
  rollback: 'rolling back',
} as const satisfies Record<Wish, CampaignStatus['state']>;

/**
 * Where a campaign stands, from its journal and what its copies told lately. `built` counts what the receiver announced since the daemon started; a forecast
 * learns from the `history` of earlier moves.
 */
export function statusOf(
  campaign: Campaign,
  progress: Progress,
  built: number,
  history: () => readonly PastMove[] = () => [],
): CampaignStatus {
  const { facts } = campaign.journal;
  const standing = standingOf(facts);
  const isBundle = campaign.plan.to === 'bundle';
  const configured = isBundle || doneAmong(facts.filter((fact) => 'server' in fact && fact.server === null)).has('configure');
  const moves = campaign
    .moves()
    .flatMap(({ wave, moves: list }) => list.map((move) => moveStatus(campaign, wave, move, progress, history)));
  const state =
    standing.is === 'resting' ? standing.state : standing.wish === 'run' && !configured ? 'preparing' : working[standing.wish];
  const held = moves.filter(({ server, state }) => state !== 'moved' && wasTakenDown(attemptOf(facts, server).facts)).length;
  const toBuild = networkSideOf(campaign.document).length;
  return {
    id: campaign.id,
    project: campaign.document.source.project_name,
    state,
    says: isBundle && state === 'ready' ? readyBundle(campaign.id, moves.length) : saysOf(state, moves, held),
    startedAt: facts[0]?.at ?? '',
    endedAt: standing.is === 'resting' ? (facts.at(-1)?.at ?? null) : null,
    built: configured ? toBuild : Math.min(built, toBuild),
    toBuild,
    moves,
    problem: standing.is === 'resting' ? standing.problem : null,
  };
}

/** Whether a server's attempt came as far as its stop. */
function wasTakenDown(facts: readonly Fact[]): boolean {
  return facts.some((fact) => fact.fact === 'begun' && fact.phase === 'stop');
}

function moveStatus(
  campaign: Campaign,
  wave: string,
  move: Move,
  progress: Progress,
  history: () => readonly PastMove[],
): MoveStatus {
  const { facts } = campaign.journal;
  const own = attemptOf(facts, move.server.id);
  const last = own.facts.findLast((fact) => fact.fact === 'begun' || fact.fact === 'done' || fact.fact === 'undone');
  const moved = campaign.moved(move.server.id);
  const problem = facts.findLast((fact) => fact.fact === 'problem' && fact.server === move.server.id);
  const resting = standingOf(facts).is === 'resting';
  const failed = !moved && resting && problem?.fact === 'problem';
  const state = moved
    ? 'moved'
    : own.facts.length > 0 && !resting
      ? 'moving'
      : failed
        ? 'failed'
        : own.attempt > 1
          ? 'rolled back'
          : 'waiting';
  return {
    server: move.server.id,
    name: move.server.name,
    wave,
    state,
    phase: last !== undefined && 'phase' in last ? last.phase : null,
    disks: move.disks.map((disk) => diskStatus(campaign, move, disk.id, progress)),
    warm: state === 'moving' && !wasTakenDown(own.facts) ? warmStatus(move, own.facts, facts, history) : null,
    problem: problem?.fact === 'problem' && !moved ? problem.problem : null,
  };
}

function warmStatus(
  { server, cutover }: Move,
  own: readonly Fact[],
  facts: readonly Dated<Fact>[],
  history: () => readonly PastMove[],
): WarmStatus | null {
  if (!own.some((fact) => fact.fact === 'begun' && fact.phase === 'precopy')) return null;
  const rounds = roundsOf(facts, server.id);
  return {
    rounds: rounds.map(({ round, size, blocks, bytes, snapshot_ms, copy_ms }) => ({
      round,
      size,
      blocks,
      bytes,
      snapshot_ms,
      copy_ms,
    })),
    forecast: rounds.length === 0 ? null : forecastOf(rounds, history(), Date.now()),
    waits: own.some((fact) => fact.fact === 'begun' && fact.phase === 'await cutover'),
    cutover,
    asked: own.some(({ fact }) => fact === 'cutover asked'),
  };
}

function diskStatus(campaign: Campaign, move: Move, id: string, progress: Progress): DiskStatus {
  const sealed = recall(move, campaign.journal).learned.sealed?.[id];
  if (sealed !== undefined)
    return {
      id,
      sizeBytes: sealed.size,
      doneBytes: sealed.size,
      sentBytes: sealed.bytes_wire,
      bytesPerSecond: 0,
      etaSeconds: 0,
    };
  return progress.of(id) ?? { id, sizeBytes: 0, doneBytes: 0, sentBytes: 0, bytesPerSecond: 0, etaSeconds: null };
}

function readyBundle(id: string, servers: number): string {
  return `All ${servers} servers are stopped and frozen. \`sender export --campaign ${id.slice(0, 8)} --to FILE\` writes them, as often as you like; \`sender commit\` ends the way back, \`sender rollback\` takes it.`;
}

function saysOf(state: CampaignStatus['state'], moves: readonly MoveStatus[], held: number): string {
  const moved = moves.filter((move) => move.state === 'moved').length;
  const waiting = moves.filter((move) => move.warm?.waits);
  const now = moves.find((move) => move.state === 'moving' && !move.warm?.waits) ?? waiting[0];
  const doing = itinerary.find((phase) => phase.name === now?.phase)?.does;
  switch (state) {
    case 'preparing':
      return 'The receiver builds the network side; no server is touched yet.';
    case 'moving':
      return now === undefined
        ? `${moved} of ${moves.length} servers moved.`
        : now === waiting[0]
          ? `${moved} of ${moves.length} servers moved; ${waiting.length === 1 ? `${now.name} waits` : `${waiting.length} servers wait`} for the cutover (${now.warm?.cutover}); \`sender cutover\` says it.`
          : `${moved} of ${moves.length} servers moved; ${now.name}: ${doing ?? now.phase}.`;
    case 'paused':
      return `${moved} of ${moves.length} servers moved; \`sender resume\` goes on, \`sender rollback\` takes all back.`;
    case 'failed':
      return `Stopped by a problem with ${moved} of ${moves.length} servers moved; ${held === 0 ? 'the others are at the source as they were' : `${held} held in the middle of a move`}. \`sender resume\` tries again, \`sender rollback\` takes all back.`;
    case 'ready':
      return `All ${moves.length} servers moved and verified. \`sender commit\` ends the way back, \`sender rollback\` takes it.`;
    case 'committing':
      return 'The way back is being closed.';
    case 'committed':
      return 'Committed. The source servers no longer start by accident.';
    case 'rolling back':
      return 'What this campaign built is being removed and the source servers started.';
    case 'rolled back':
      return 'Rolled back: the source is as it was, and nothing of this campaign is left at the destination.';
  }
}
