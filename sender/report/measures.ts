import type { Dated } from '../../shared/journal.ts';
import { elapsedMs } from '../../shared/ticks.ts';
import type { Campaign } from '../campaign/campaign.ts';
import { attemptsOf, roundsAmong } from '../migration/attempt.ts';
import { proved, waitedMs } from '../migration/durations.ts';
import type { Fact } from '../migration/fact.ts';
import { namesWith } from '../migration/itinerary.ts';
import { learnedIn } from '../migration/recall.ts';
import { unitsOf } from '../model/plan.ts';

/**
 * A server's downtime as seen from outside: by the sender until it answered no more, by the
 * receiver from when it answered again.
 */
export interface ProbedDowntime {
  readonly lastAnswerAt: string;
  readonly firstAnswerAt: string;
  readonly downtimeMs: number;
  /** Where the old and the new server answered. */
  readonly addresses: readonly [string, string];
}

/** What the probes saw of an attempt; null unless both sides saw something, and when is known. */
export function probedOf(facts: readonly Dated<Fact>[]): ProbedDowntime | null {
  const answers = facts.flatMap((fact) => (isAnswer(fact) ? [fact] : []));
  const last = answers.findLast(({ fact }) => fact === 'last answer');
  const first = answers.findLast(({ fact }) => fact === 'first answer');
  const ms = last === undefined || first === undefined ? null : elapsedMs(last, first);
  if (last === undefined || first === undefined || ms === null) return null;
  return {
    lastAnswerAt: last.answered_at,
    firstAnswerAt: first.answered_at,
    downtimeMs: Math.max(0, ms + agoMs(last) - agoMs(first)),
    addresses: [last.address, first.address],
  };
}

/**
 * From the creation of a server on its ports until it answers over the new path, or passes its
 * health check where nobody probed; null until then, and where it is not known.
 */
export function networkMsOf(facts: readonly Dated<Fact>[]): number | null {
  const network = namesWith('network');
  const begun = facts.find((fact) => fact.fact === 'begun' && network.has(fact.phase));
  const answer = probedOf(facts) === null ? undefined : facts.findLast(({ fact }) => fact === 'first answer');
  const end = answer ?? proved(facts);
  const ms = begun === undefined || end === undefined ? null : elapsedMs(begun, end);
  return ms === null ? null : Math.max(0, ms - (answer !== undefined && isAnswer(answer) ? agoMs(answer) : 0));
}

type Answer = Dated<Extract<Fact, { fact: 'last answer' | 'first answer' }>>;

function isAnswer(fact: Dated<Fact>): fact is Answer {
  return fact.fact === 'last answer' || fact.fact === 'first answer';
}

/** How long before it was noted an answer came: both times were written in one moment. */
function agoMs({ at, answered_at }: Answer): number {
  return Math.max(0, Date.parse(at) - Date.parse(answered_at));
}

/** Transfers below this say more about latency than about the path: bytes. */
const tellingBytes = 4 * 1024 * 1024;

/**
 * The fastest transfer of a campaign, rolled back or not, which the path between the daemons can do
 * at least: bytes per millisecond. Null before a transfer is long enough to tell.
 */
export function pathRateOf({ plan, journal }: Campaign): number | null {
  const attempts = unitsOf(plan).flatMap((server) => attemptsOf(journal.facts, server));
  const transfers = attempts.flatMap((facts) => [
    ...Object.values(learnedIn(facts).sealed ?? {}).map((disk) => [disk.bytes_wire, disk.transfer_ms]),
    ...roundsAmong(facts).map((round) => [round.bytes, round.copy_ms]),
  ]);
  const rates = transfers.flatMap(([bytes = 0, ms = 0]) => (bytes >= tellingBytes && ms > 0 ? [bytes / ms] : []));
  return rates.length === 0 ? null : Math.max(...rates);
}

/**
 * The time of an attempt less what the bytes alone need on the path, and less every wait for the
 * cutover or for a window, which are the operator's. `pathRate`: see `pathRateOf`. Null until both
 * are known.
 */
export function overheadMsOf(
  pathRate: number | null,
  attempt: readonly Dated<Fact>[],
  migrationMs: number | null,
  sentBytes: number,
): number | null {
  const waited = waitedMs(attempt);
  if (migrationMs === null || pathRate === null || waited === null) return null;
  return Math.max(0, Math.round(migrationMs - waited - sentBytes / pathRate));
}
