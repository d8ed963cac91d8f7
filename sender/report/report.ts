import { refOf } from '../../shared/model/resource.ts';
import type { LeftBehind } from '../../shared/print/left-text.ts';
import type { Campaign } from '../campaign/campaign.ts';
import { sentBytesOf } from '../campaign/sent-bytes.ts';
import { totalsOf } from '../campaign/totals.ts';
import { attemptOf, roundsOf } from '../migration/attempt.ts';
import { downSince, downtimeMs, durationsOf, wholeMs } from '../migration/durations.ts';
import type { Fact } from '../migration/fact.ts';
import type { Move } from '../migration/move.ts';
import { recall } from '../migration/recall.ts';
import { roundAlone } from '../migration/round.ts';
import { changesOf } from './changes.ts';
import { networkMsOf, overheadMsOf, probedOf } from './measures.ts';
import type { MoveReport, Report } from './model.ts';

/** What a campaign did, from its journal alone: the same journal always gives the same report. */
export function reportOf(campaign: Campaign, state: string): Report {
  const { facts } = campaign.journal;
  const moves = campaign.moves().flatMap(({ wave, moves: list }) => list.map((move) => moveReport(campaign, move, wave)));
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
      sentBytes: moves.reduce((sum, move) => sum + sentBytesOf(move), 0),
      resources: totalsOf(campaign).resources,
    },
    changes: changesOf(campaign),
    left: leftIn(facts),
    problems: facts.flatMap((fact, index) =>
      fact.fact === 'problem' ? [{ ...fact.problem, at: fact.at, overcome: isOvercome(fact, facts.slice(index + 1)) }] : [],
    ),
  };
}

function leftIn(facts: readonly Fact[]): LeftBehind | null {
  const learned = facts.flatMap((fact) => (fact.fact === 'done' && fact.server === null ? [fact.learned ?? {}] : []));
  return learned.map((one) => (one as { readonly left?: LeftBehind }).left).findLast((left) => left !== undefined) ?? null;
}

function moveReport(campaign: Campaign, move: Move, wave: string): MoveReport {
  const { facts } = attemptOf(campaign.journal.facts, move.server.id);
  const { learned } = recall(move, campaign.journal);
  const phases = durationsOf(facts);
  const report = {
    server: move.server.id,
    name: move.server.name,
    wave,
    state: campaign.moved(move.server.id) ? 'moved' : 'not moved',
    destinationId: learned.built?.[refOf('server', move.server.id)] ?? null,
    phases,
    migrationMs: wholeMs(facts),
    downtimeMs: learned.was === 'stopped' ? null : downtimeMs(facts),
    downSince: learned.was === 'stopped' ? null : (downSince(facts) ?? null),
    probed: probedOf(facts),
    networkMs: networkMsOf(facts),
    forecast: learned.forecast ?? null,
    rounds: roundsOf(campaign.journal.facts, move.server.id).map((round) => ({ ...roundAlone(round), endedAt: round.at })),
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
  return { ...report, overheadMs: overheadMsOf(campaign, move.server.id, report.migrationMs, sentBytesOf(report)) };
}

/** Whether what failed was done after all, before its server was taken back. */
function isOvercome({ server, phase }: { server: string | null; phase: string }, later: readonly Fact[]): boolean {
  const end = later.find((fact) => {
    if (fact.fact === 'done' || fact.fact === 'undone') return fact.server === server && fact.phase === phase;
    return fact.fact === 'rests' || (fact.fact === 'turned back' && fact.server === server);
  });
  return end?.fact === 'done' || end?.fact === 'undone';
}
