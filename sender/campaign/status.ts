import type { Dated } from '../../shared/journal.ts';
import { labelsOf } from '../../shared/model/labels.ts';
import type { ProblemJson } from '../../shared/problem.ts';
import { attemptOf, factsOfServer, isCutoverAsked, roundsOf } from '../migration/attempt.ts';
import { blackoutAt } from '../migration/calendar.ts';
import { hasBegun, hasWaitedFor, wasStopped } from '../migration/durations.ts';
import { endingAsked, exceptedFrom, type Fact, type Standing, standingOf } from '../migration/fact.ts';
import { forecastOf, type PastMove, warmForecastOf } from '../migration/forecast.ts';
import { phaseNamed } from '../migration/itinerary.ts';
import type { Move } from '../migration/move.ts';
import { recall } from '../migration/recall.ts';
import { roundAlone } from '../migration/round.ts';
import { type WindowStatus, windowOf } from '../migration/window.ts';
import { unitsOf } from '../model/plan.ts';
import type { Campaign } from './campaign.ts';
import { progressOf } from './campaign-progress.ts';
import { isOver, moveStates } from './campaign-states.ts';
import type { CampaignState, CampaignStatus, DiskStatus, MoveStatus, WarmStatus } from './campaign-status.ts';
import { configuredIn } from './configured.ts';
import { detailsOf, differencesIn } from './details.ts';
import { campaignItinerary, wavePauses } from './itinerary.ts';
import { unfinishedIn } from './left.ts';
import { failureBefore, problemBefore } from './problem-before.ts';
import type { Progress } from './progress.ts';
import { sentBytesOf } from './sent-bytes.ts';
import { sinceCaptureIn } from './since-capture.ts';
import { readyBundle, saysOf } from './status-text.ts';
import { onlyWayOn } from './way-on.ts';

/** The moves that a forecast learns from; only read where there is something to forecast. */
type History = () => readonly PastMove[];

/** What the status of every server is made with. */
interface Seen {
  readonly standing: Standing;
  readonly progress: Progress;
  readonly history: History;
  /** Servers that failed since the campaign was last asked to run or to roll back. */
  readonly failed: ReadonlySet<string>;
}

/** Problems of source servers that run again although they have moved, by id. */
type Awake = ReadonlyMap<string, ProblemJson>;

/**
 * The progress of a campaign, from its journal and copies. `built`: how each resource came to be
 * that the receiver announced since the daemon started; `awake`: moved servers that run again at
 * the source.
 */
export function statusOf(
  campaign: Campaign,
  progress: Progress,
  built: ReadonlyMap<string, string>,
  history: History = () => [],
  awake: Awake = new Map(),
): CampaignStatus {
  const { facts } = campaign.journal;
  const standing = standingOf(facts);
  const isBundle = campaign.plan.to === 'bundle';
  const seen: Seen = { standing, progress, history, failed: failedIn(facts) };
  const waves = campaign.moves();
  const moves = waves
    .flatMap(({ wave, moves: list }) => list.map((move) => moveStatus(campaign, wave, move, seen)))
    .map((move) => ({ ...move, problem: awake.get(move.server) ?? move.problem }));
  const state = stateOf(campaign);
  const planned = waves.flatMap((wave) => wave.moves.map(({ server, diskBytes }) => [server.id, diskBytes] as const));
  const held = moves.filter((move) => !moveStates[move.state].hasMoved && wasStopped(attemptOf(facts, move.server).facts)).length;
  return {
    id: campaign.id,
    project: campaign.document.source.project_name,
    state,
    says:
      isBundle && state === 'ready'
        ? readyBundle(campaign.id, moves)
        : saysOf(state, labelled(moves), {
            held,
            isBundle,
            isCancel: standing.is === 'working' && standing.wish === 'cancel',
            isGated: isAtWavePause(facts),
            half: onlyWayOn(facts),
            kept: keptOf(facts),
            unfinished: unfinishedIn(campaign),
            id: campaign.id,
          }),
    startedAt: facts[0]?.at ?? '',
    endedAt: standing.is === 'resting' ? (facts.at(-1)?.at ?? null) : null,
    ...networkOf(campaign, built),
    moves,
    progress: progressOf(moves, new Map(planned), standing.is === 'resting' ? null : progress.pace()),
    differences: [...differencesIn(detailsOf(campaign)), ...sinceCaptureIn(facts)],
    problem: standing.is === 'resting' ? standing.problem : null,
    before: problemBefore(facts),
  };
}

/** Whether the second half of a rolling wave waits for the first. */
function isAtWavePause(facts: readonly Fact[]): boolean {
  const last = facts.findLast((fact) => 'server' in fact && fact.server === null);
  return last?.fact === 'begun' && wavePauses.has(last.phase);
}

/** How much of the network side stands; nothing is left of it after a whole rollback. */
function networkOf(
  campaign: Campaign,
  heard: ReadonlyMap<string, string>,
): Pick<CampaignStatus, 'built' | 'adopted' | 'toBuild'> {
  const { facts } = campaign.journal;
  const { toBuild } = campaign;
  const configured = configuredIn(facts);
  if (stateOf(campaign) === 'rolled back' && keptOf(facts).size === 0) return { built: 0, adopted: 0, toBuild };
  const { adopted = 0 } = configured ?? { adopted: [...heard.values()].filter((how) => how === 'adopted').length };
  if (configured !== null) return { built: toBuild - adopted, adopted, toBuild };
  // After a restart the receiver may have built much of which nothing was heard yet.
  const isUnknown = heard.size === 0 && facts.some((fact) => fact.fact === 'begun' && fact.server === null);
  return { built: isUnknown ? null : heard.size - adopted, adopted, toBuild };
}

/** The moves with names that tell same-named servers apart. */
function labelled(moves: readonly MoveStatus[]): MoveStatus[] {
  const labels = labelsOf(moves.map(({ server, name }) => ({ id: server, name })));
  return moves.map((move) => ({ ...move, name: labels.get(move.server) ?? move.name }));
}

function stateOf(campaign: Campaign): CampaignState {
  const standing = standingOf(campaign.journal.facts);
  if (standing.is === 'resting') return standing.state;
  return standing.wish === 'run' && !isConfigured(campaign) ? 'preparing' : campaignItinerary[standing.wish].shows;
}

/** Whether the network side is built; a bundle has none to build. */
function isConfigured({ plan, journal }: Campaign): boolean {
  return plan.to === 'bundle' || configuredIn(journal.facts) !== null;
}

function moveStatus(campaign: Campaign, wave: string, move: Move, seen: Seen): MoveStatus {
  const { progress, history } = seen;
  const { facts } = campaign.journal;
  const { server } = move;
  const own = attemptOf(facts, server.id);
  const last = own.facts.findLast((fact) => fact.fact === 'begun' || fact.fact === 'done' || fact.fact === 'undone');
  const state = moveStateOf(campaign, server.id, seen);
  const stillRuns = state === 'moving' && !wasStopped(own.facts);
  const disks = move.disks.map((disk) => diskStatus(campaign, move, disk.id, progress));
  const problem = problemOf(campaign, server.id, state, seen);
  return {
    ...(move.kind === 'server' ? {} : { kind: move.kind }),
    server: server.id,
    name: server.name,
    wave,
    ...togetherWith(campaign, move),
    state,
    phase: last !== undefined && 'phase' in last ? last.phase : null,
    disks,
    sentBytes: sentBytesOf({ disks, rounds: roundsOf(facts, server.id) }),
    warm: stillRuns ? warmStatus(move, own.facts, facts, history) : null,
    window: stillRuns ? windowStatus(move, campaign, own.facts, history) : null,
    problem,
    before: failureBefore(own.facts, problem),
  };
}

function togetherWith(campaign: Campaign, { server, group }: Move): Pick<MoveStatus, 'together'> {
  const others = group.filter((id) => id !== server.id);
  return others.length === 0 ? {} : { together: others.map((id) => campaign.moveOf(id).server.name) };
}

/**
 * The problem of a server. For a moved one only what came after its arrival counts, until the
 * commit or the rollback has ended.
 */
function problemOf(
  { journal: { facts } }: Campaign,
  server: string,
  state: MoveStatus['state'],
  { standing }: Seen,
): ProblemJson | null {
  const own = factsOfServer(facts, server);
  const at = own.findLastIndex((fact) => fact.fact === 'problem');
  const last = own[at];
  if (last?.fact !== 'problem') return null;
  // What was met before a rollback is in the report; it is none of the server as it is now.
  if (state === 'rolled back' || state === 'waiting') return null;
  if (!moveStates[state].hasMoved) return last.problem;
  return isOver(standing) || at < own.findLastIndex((fact) => fact.fact === 'done') ? null : last.problem;
}

/** The servers that the operator excepted from the latest commit or rollback. */
function keptOf(facts: readonly Fact[]): ReadonlySet<string> {
  const wish = endingAsked(facts)?.wish;
  return wish === undefined ? new Set() : exceptedFrom(facts, wish, 'keep');
}

/** The servers that failed since the campaign was last asked to run or to roll back. */
function failedIn(facts: readonly Fact[]): ReadonlySet<string> {
  const wished = facts.findLastIndex((fact) => fact.fact === 'asked' && (fact.wish === 'run' || fact.wish === 'rollback'));
  return new Set(facts.slice(wished + 1).flatMap((fact) => (fact.fact === 'failed' ? [fact.server] : [])));
}

/** Where the move of each server stands, by id. */
export function moveStatesOf(campaign: Campaign): ReadonlyMap<string, MoveStatus['state']> {
  const { facts } = campaign.journal;
  const seen = { standing: standingOf(facts), failed: failedIn(facts) };
  return new Map(unitsOf(campaign.plan).map((server) => [server, moveStateOf(campaign, server, seen)]));
}

function moveStateOf(
  campaign: Campaign,
  server: string,
  { standing, failed }: Pick<Seen, 'standing' | 'failed'>,
): MoveStatus['state'] {
  const { facts } = campaign.journal;
  const own = attemptOf(facts, server);
  if (campaign.moved(server)) return campaign.plan.to === 'bundle' ? 'frozen' : 'moved';
  const isResting = standing.is === 'resting';
  const isStuck = own.facts.at(-1)?.fact === 'failed';
  if (!isResting && own.facts.length > 0 && !isStuck) return 'moving';
  if (isStuck || own.facts.some(({ fact }) => fact === 'problem')) return 'failed';
  if (failed.has(server)) return 'failed';
  return own.attempt > 1 ? 'rolled back' : 'waiting';
}

function warmStatus(
  { server, cutover }: Move,
  own: readonly Dated<Fact>[],
  facts: readonly Dated<Fact>[],
  history: History,
): WarmStatus | null {
  if (!hasBegun(own, 'rounds')) return null;
  const rounds = roundsOf(facts, server.id);
  return {
    rounds: rounds.map(roundAlone),
    forecast: rounds.length === 0 ? null : warmForecastOf(rounds, history(), Date.now()),
    waits: hasWaitedFor(own, 'cutover'),
    cutover,
    asked: isCutoverAsked(facts, server.id),
  };
}

/**
 * Rounds need no window but wait for the end of a blackout; a server that was only looked at waits
 * for nothing.
 */
function windowStatus(
  move: Move,
  { journal, plan }: Campaign,
  own: readonly Dated<Fact>[],
  history: History,
): WindowStatus | null {
  const { calendar, server } = move;
  if (calendar === undefined || isCutoverAsked(journal.facts, server.id)) return null;
  const now = Date.now();
  const begun = own.findLast((fact) => fact.fact === 'begun');
  const phase = phaseNamed(begun?.phase);
  if (phase?.waitsFor === undefined)
    return phase?.rounds && blackoutAt(calendar, now) !== null ? windowOf(calendar, now, 0) : null;
  const runs = plan.to !== 'bundle' && recall(move, journal).learned.was === 'running';
  const forecast = runs ? forecastOf(move, roundsOf(journal.facts, server.id), history(), now) : null;
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
