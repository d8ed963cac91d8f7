import type { Dated } from '../../shared/journal.ts';
import { networkSideOf } from '../../shared/model/network-side.ts';
import type { CampaignStatus, DiskStatus, MoveStatus, WarmStatus } from '../control/commands.ts';
import { blackoutAt } from '../migration/calendar.ts';
import { attemptOf, doneAmong, type Fact, standingOf, type Wish, waitingPhases, wasStopped } from '../migration/fact.ts';
import { downtimeOf, forecastOf, type PastMove } from '../migration/forecast.ts';
import { recall } from '../migration/migrate.ts';
import type { Move } from '../migration/phase.ts';
import { roundsOf } from '../migration/round.ts';
import { type WindowStatus, windowOf } from '../migration/window.ts';
import type { Campaign } from './campaign.ts';
import type { Progress } from './progress.ts';
import { readyBundle, saysOf } from './status-text.ts';

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
  const gate = facts.findLast((fact) => 'server' in fact && fact.server === null);
  const isGated = gate?.fact === 'begun' && gate.phase === 'first half';
  const state =
    standing.is === 'resting' ? standing.state : standing.wish === 'run' && !configured ? 'preparing' : working[standing.wish];
  const held = moves.filter(({ server, state }) => state !== 'moved' && wasStopped(attemptOf(facts, server).facts)).length;
  const toBuild = networkSideOf(campaign.document).length;
  return {
    id: campaign.id,
    project: campaign.document.source.project_name,
    state,
    says: isBundle && state === 'ready' ? readyBundle(campaign.id, moves.length) : saysOf(state, moves, held, isGated),
    startedAt: facts[0]?.at ?? '',
    endedAt: standing.is === 'resting' ? (facts.at(-1)?.at ?? null) : null,
    built: configured ? toBuild : Math.min(built, toBuild),
    toBuild,
    moves,
    problem: standing.is === 'resting' ? standing.problem : null,
  };
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
  const warm = state === 'moving' && !wasStopped(own.facts) ? warmStatus(move, own.facts, facts, history) : null;
  return {
    server: move.server.id,
    name: move.server.name,
    wave,
    state,
    phase: last !== undefined && 'phase' in last ? last.phase : null,
    disks: move.disks.map((disk) => diskStatus(campaign, move, disk.id, progress)),
    warm,
    window: state === 'moving' && !wasStopped(own.facts) ? windowStatus(move, campaign, own.facts, history) : null,
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

/** Rounds need no window, but end with a blackout; a server that was only looked at waits for nothing yet. */
function windowStatus(
  move: Move,
  { journal, plan }: Campaign,
  own: readonly Fact[],
  history: () => readonly PastMove[],
): WindowStatus | null {
  const { calendar, server } = move;
  const { phase } = own.findLast((fact) => fact.fact === 'begun') ?? {};
  if (calendar === undefined || own.some(({ fact }) => fact === 'cutover asked')) return null;
  const now = Date.now();
  if (phase === 'precopy') return blackoutAt(calendar, now) === null ? null : windowOf(calendar, now, 0);
  if (phase === undefined || !waitingPhases.has(phase)) return null;
  const runs = plan.to !== 'bundle' && recall(move, journal).learned.was === 'running';
  const forecast = runs ? downtimeOf(move, roundsOf(journal.facts, server.id), history(), now) : null;
  return windowOf(calendar, now, forecast?.downtimeMs ?? 0);
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
