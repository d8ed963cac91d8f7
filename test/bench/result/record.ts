import type { Cost } from '../lab/measure.ts';

/** One run of one contender, its output compared byte by byte. */
export interface Run extends Cost {
  readonly contender: string;
  /** From 1. */
  readonly round: number;
}

/** A target, what was seen, and whether that meets it. */
export interface Verdict {
  readonly target: string;
  readonly seen: string;
  readonly met: boolean;
}

/**
 * One row of the benchmark: a piece of work over a link, every run of it, and what was asked of it.
 */
export interface Row {
  readonly id: string;
  readonly title: string;
  readonly link: string;
  /** Bytes of the disk that are not zeros; CPU seconds are told per GB of these. */
  readonly usedBytes: number;
  readonly runs: readonly Run[];
  readonly verdicts: readonly Verdict[];
  /** What a reader must know to read the numbers. */
  readonly notes: readonly string[];
}

/** A number seen several times. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** Median, least and greatest of some numbers; NaN of none. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (place: number): number => sorted[place] ?? Number.NaN;
  const middle = (sorted.length - 1) / 2;
  const median = (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2;
  return { median, min: at(0), max: at(sorted.length - 1), count: sorted.length };
}

/** The value below which a share of the values lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The seconds of one contender's runs. */
export function secondsOf(runs: readonly Run[], contender: string): Spread {
  return spreadOf(runs.filter((run) => run.contender === contender).map(({ seconds }) => seconds));
}

/** The bytes on the wire of one contender's runs. */
export function wireOf(runs: readonly Run[], contender: string): Spread {
  return spreadOf(runs.filter((run) => run.contender === contender).map(({ wireBytes }) => wireBytes));
}

/**
 * How many times longer one took than another: of the medians, and the least and greatest within
 * one round.
 */
export function ratioOf(runs: readonly Run[], slower: string, faster: string): Spread {
  const rounds = runs
    .filter(({ contender }) => contender === slower)
    .flatMap(({ round, seconds }) =>
      runs.filter((run) => run.contender === faster && run.round === round).map((run) => seconds / run.seconds),
    );
  return { ...spreadOf(rounds), median: secondsOf(runs, slower).median / secondsOf(runs, faster).median };
}

/** Of some contenders, the one with the least median time; undefined when none of them ran. */
export function quickest(runs: readonly Run[], among: readonly string[]): string | undefined {
  const ran = among.filter((name) => runs.some(({ contender }) => contender === name));
  return ran.sort((a, b) => secondsOf(runs, a).median - secondsOf(runs, b).median)[0];
}
