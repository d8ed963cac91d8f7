import type { Dated } from '../../shared/journal.ts';
import { refOf } from '../../shared/model/resource.ts';
import type { Campaign } from '../campaign/campaign.ts';
import { totalsOf } from '../campaign/totals.ts';
import { attemptOf, type Fact, sinceLetGo } from '../migration/fact.ts';
import { itinerary } from '../migration/itinerary.ts';
import { recall } from '../migration/migrate.ts';
import type { Move } from '../migration/phase.ts';
import { roundsOf } from '../migration/round.ts';
import { networkMsOf, overheadMsOf, probedOf } from './measures.ts';
import type { MoveReport, Report } from './model.ts';

/** What a campaign did, from its journal alone: the same journal always gives the same report. */
export function reportOf(campaign: Campaign, state: string): Report {
  const { facts } = campaign.journal;
  const moves = campaign.moves().flatMap(({ moves: list }) => list.map((move) => moveReport(campaign, move)));
  const rested = facts.findLast((fact) => fact.fact === 'rests');
  return {
    campaign: campaign.id,
    project: campaign.document.source.project_name,
    state,
    startedAt: facts[0]?.at ?? '',
    endedAt: rested?.at ?? null,
    moves,
    totals: {
      servers: moves.filter((move) => move.state === 'moved').length,
      diskBytes: moves.flatMap((move) => move.disks).reduce((sum, disk) => sum + disk.sizeBytes, 0),
      sentBytes: moves.reduce((sum, move) => sum + sentBytes(move), 0),
      resources: totalsOf(campaign).resources,
    },
    problems: facts.flatMap((fact) => (fact.fact === 'problem' ? [{ ...fact.problem, at: fact.at }] : [])),
  };
}

function moveReport(campaign: Campaign, move: Move): MoveReport {
  const { facts } = attemptOf(campaign.journal.facts, move.server.id);
  const { learned } = recall(move, campaign.journal);
  const phases = stagesOf(facts);
  const report = {
    server: move.server.id,
    name: move.server.name,
    state: campaign.moved(move.server.id) ? 'moved' : 'not moved',
    destinationId: learned.built?.[refOf('server', move.server.id)] ?? null,
    phases,
    migrationMs: between(facts, 'look', 'mark'),
    downtimeMs: learned.was === 'stopped' ? null : between(sinceLetGo(facts), 'stop', 'probe'),
    probed: probedOf(facts),
    networkMs: networkMsOf(facts),
    forecast: learned.forecast ?? null,
    rounds: roundsOf(campaign.journal.facts, move.server.id).map(({ at, round, size, blocks, bytes, snapshot_ms, copy_ms }) => ({
      ...{ round, size, blocks, bytes, snapshot_ms, copy_ms },
      endedAt: at,
    })),
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
  return { ...report, overheadMs: overheadMsOf(campaign, move.server.id, report.migrationMs, sentBytes(report)) };
}

/** Bytes that crossed the link for a server: of every round and of the last copy. */
export function sentBytes({ disks, rounds }: Pick<MoveReport, 'disks' | 'rounds'>): number {
  return disks.reduce((sum, disk) => sum + disk.sentBytes, 0) + rounds.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** How long each phase of an attempt took, in the order of the itinerary; those that are not done are left out. */
export function stagesOf(facts: readonly Dated<Fact>[]): { name: string; startedAt: string; ms: number }[] {
  return itinerary.flatMap(({ name }) => {
    const begun = facts.find((fact) => fact.fact === 'begun' && fact.phase === name);
    const ms = between(facts, name, name);
    return begun === undefined || ms === null ? [] : [{ name, startedAt: begun.at, ms }];
  });
}

/** Milliseconds from the first beginning of one phase to the end of another; null until both are there. */
function between(facts: readonly Dated<Fact>[], from: string, to: string): number | null {
  const begun = facts.find((fact) => fact.fact === 'begun' && fact.phase === from);
  const done = facts.find((fact) => fact.fact === 'done' && fact.phase === to);
  return begun === undefined || done === undefined ? null : Date.parse(done.at) - Date.parse(begun.at);
}
