import type { Dated } from '../../shared/journal.ts';
import { kindOf, type Ref, refOf } from '../../shared/model/resource.ts';
import type { Campaign } from '../campaign/campaign.ts';
import { moveStates } from '../campaign/campaign-states.ts';
import type { Verification } from '../campaign/compare/verification.ts';
import { leftIn } from '../campaign/left.ts';
import { sentBytesOf } from '../campaign/sent-bytes.ts';
import { moveStatesOf } from '../campaign/status.ts';
import { totalsOf } from '../campaign/totals.ts';
import { attemptsOf, doneAmong, factsOfServer, roundsAmong } from '../migration/attempt.ts';
import { downSince, downtimeMs, durationsOf, wholeMs } from '../migration/durations.ts';
import type { Fact } from '../migration/fact.ts';
import { lastPhaseTo } from '../migration/itinerary.ts';
import type { Move } from '../migration/move.ts';
import { learnedIn } from '../migration/recall.ts';
import { roundAlone } from '../migration/round.ts';
import { unitsOf } from '../model/plan.ts';
import { changesOf } from './changes.ts';
import { networkMsOf, overheadMsOf, pathRateOf, probedOf } from './measures.ts';
import type { MoveReport, Report } from './model.ts';

/**
 * What a campaign did, from its journal and its last verification alone: the same always give the
 * same report.
 */
export function reportOf(campaign: Campaign, state: string, verification: Verification | null = null): Report {
  const { facts } = campaign.journal;
  const states = moveStatesOf(campaign);
  const pathRate = pathRateOf(campaign);
  const moves = campaign
    .moves()
    .flatMap(({ wave, moves: list }) =>
      list.map((move) => moveReport(campaign, move, wave, states.get(move.server.id) ?? 'waiting', pathRate)),
    );
  const moved = (wanted: MoveReport['kind']): number =>
    moves.filter(({ kind, state: is }) => kind === wanted && moveStates[is].hasMoved).length;
  const volumes = moved('volume');
  const images = moved('image');
  const rested = facts.findLast((fact) => fact.fact === 'rests');
  return {
    campaign: campaign.id,
    project: campaign.document.source.project_name,
    state,
    startedAt: facts[0]?.at ?? '',
    endedAt: rested?.at ?? null,
    moves,
    totals: {
      servers: moved(undefined),
      ...(volumes === 0 ? {} : { volumes }),
      ...(images === 0 ? {} : { images }),
      rolledBack: moves.filter(({ movedAt, rolledBackAt }) => movedAt !== null && rolledBackAt !== null).length,
      diskBytes: moves.flatMap((move) => move.disks).reduce((sum, disk) => sum + disk.sizeBytes, 0),
      sentBytes: moves.reduce((sum, move) => sum + sentBytesOf(move), 0),
      resources: resourcesIn(campaign, state),
    },
    changes: changesOf(campaign),
    left: leftIn(facts),
    verification,
    problems: facts.flatMap((fact, index) =>
      fact.fact === 'problem' ? [{ ...fact.problem, at: fact.at, overcome: isOvercome(fact, facts.slice(index + 1)) }] : [],
    ),
  };
}

/**
 * How many of each kind were built or adopted; of a campaign that was rolled back as a whole, until
 * then.
 */
function resourcesIn(campaign: Campaign, state: string): Readonly<Record<string, number>> {
  const { resources, servers } = totalsOf(campaign);
  if (state !== 'rolled back' || servers > 0) return resources;
  const counts = { ...resources };
  const last = lastPhaseTo(campaign.plan.to);
  for (const server of unitsOf(campaign.plan)) {
    const { built = {} } = learnedIn(toldAttempt(campaign.journal.facts, server, last).facts);
    for (const kind of Object.keys(built).map((ref) => kindOf(ref as Ref))) counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}

function moveReport(
  campaign: Campaign,
  { kind, server }: Move,
  wave: string,
  state: MoveReport['state'],
  pathRate: number | null,
): MoveReport {
  const last = lastPhaseTo(campaign.plan.to);
  const { facts, rolledBackAt } = toldAttempt(campaign.journal.facts, server.id, last);
  const learned = learnedIn(facts);
  const phases = durationsOf(facts);
  const report = {
    ...(kind === 'server' ? {} : { kind }),
    server: server.id,
    name: server.name,
    wave,
    state,
    movedAt: facts.find((fact) => fact.fact === 'done' && fact.phase === last)?.at ?? null,
    rolledBackAt,
    destinationId: rolledBackAt === null ? (learned.built?.[refOf(kind, server.id)] ?? null) : null,
    phases,
    migrationMs: wholeMs(facts),
    downtimeMs: learned.was === 'stopped' ? null : downtimeMs(facts),
    downSince: learned.was === 'stopped' ? null : (downSince(facts)?.at ?? null),
    probed: probedOf(facts),
    networkMs: networkMsOf(facts),
    forecast: learned.forecast ?? null,
    rounds: roundsAmong(facts).map((round) => ({ ...roundAlone(round), endedAt: round.at })),
    disks: Object.entries(learned.sealed ?? {}).map(([id, disk]) => ({
      id,
      sizeBytes: disk.size,
      zeroBytes: Math.min(disk.size, disk.zero * disk.block_size),
      reusedBytes: Math.min(disk.size, disk.reused * disk.block_size),
      copiedBytes: Math.min(disk.size, disk.copied * disk.block_size),
      pulledBytes: disk.bytes_pulled,
      sentBytes: disk.bytes_wire,
      root: disk.root,
    })),
  };
  return { ...report, overheadMs: overheadMsOf(pathRate, facts, report.migrationMs, sentBytesOf(report)) };
}

/**
 * The attempt of a server that a report tells: the present one; where that has not begun, the one
 * before if it had reached the last phase. And when the one before was rolled back.
 */
function toldAttempt(
  all: readonly Dated<Fact>[],
  server: string,
  lastPhase: string,
): { facts: Dated<Fact>[]; rolledBackAt: string | null } {
  const attempts = attemptsOf(all, server);
  const present = attempts.at(-1) ?? [];
  const before = attempts.at(-2);
  if (present.length > 0 || before === undefined) return { facts: present, rolledBackAt: null };
  const undone = factsOfServer(all, server).findLast(({ fact }) => fact === 'rolled back');
  return { facts: doneAmong(before).has(lastPhase) ? before : present, rolledBackAt: undone?.at ?? null };
}

/** Whether what failed was done after all, before its server was taken back. */
function isOvercome({ server, phase }: { server: string | null; phase: string }, later: readonly Fact[]): boolean {
  const end = later.find((fact) => {
    if (fact.fact === 'done' || fact.fact === 'undone') return fact.server === server && fact.phase === phase;
    return fact.fact === 'rests' || (fact.fact === 'turned back' && fact.server === server);
  });
  return end?.fact === 'done' || end?.fact === 'undone';
}
