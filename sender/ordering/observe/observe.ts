import { asProblem, type Problem } from '../../../shared/problem.ts';
import { FlowDeduplicator } from '../collect/flow-deduplicator.ts';
import type { ResolveAddress } from '../traffic/address-directory.ts';
import { FlowAggregator } from '../traffic/flow-aggregator.ts';
import type { FlowMatrix } from '../traffic/matrix.ts';
import type { ObservedPeriod, TrafficSink, TrafficSource } from './source.ts';

/** The state of one source. */
interface SourceState {
  readonly name: string;
  /** How many observations it gave. */
  readonly seen: number;
  readonly state: 'watching' | 'done' | 'failed';
}

/** The state of the whole observation. */
export interface ObserveProgress {
  readonly sources: readonly SourceState[];
  readonly conversations: number;
  readonly rejected: number;
  readonly leftMs: number;
}

/** How long to observe, and who is told. */
export interface ObserveOptions {
  readonly resolve: ResolveAddress;
  readonly forMs: number;
  /** Ends the observation early, with what was seen. */
  readonly stop: AbortSignal;
  readonly show: (progress: ObserveProgress) => void;
  readonly say: (sentence: string) => void;
}

/** What was observed, and which sources failed. */
export interface ObserveResult {
  readonly traffic: FlowMatrix;
  readonly problems: readonly Problem[];
}

/** How often progress is shown. */
const showMs = 1_000;

/**
 * Observes all sources at once. One that fails does not end the others; throws its problem if all
 * fail.
 */
export async function observe(sources: readonly TrafficSource[], watching: ObserveOptions): Promise<ObserveResult> {
  const { resolve, forMs, stop, show } = watching;
  const aggregator = new FlowAggregator(resolve, 'observe');
  const deduplicator = new FlowDeduplicator();
  const began = new Date();
  const end = performance.now() + forMs;
  const enough = AbortSignal.any([stop, AbortSignal.timeout(forMs)]);
  const states = sources.map(({ name }): { -readonly [Key in keyof SourceState]: SourceState[Key] } => ({
    name,
    seen: 0,
    state: 'watching',
  }));
  const tell = (): void =>
    show({
      sources: states,
      conversations: aggregator.size,
      rejected: Object.values(aggregator.rejected).reduce((sum, count) => sum + count, 0),
      leftMs: enough.aborted ? 0 : Math.max(0, end - performance.now()),
    });
  const problems: Problem[] = [];
  const watchOne = async (source: TrafficSource, index: number): Promise<ObservedPeriod[]> => {
    const state = states[index];
    const sink = sinkOf(aggregator, deduplicator, watching.say, () => void (state && state.seen++));
    const from = new Date();
    const until = source.live ? enough : stop;
    try {
      const period = await source.watch(sink, until);
      if (state) state.state = 'done';
      return period === null ? [] : [period];
    } catch (thrown) {
      // The time was over before the source could begin, such as during the log-in.
      const ended = until.aborted && thrown === until.reason;
      if (!ended) problems.push(asProblem(thrown));
      if (state) state.state = ended ? 'done' : 'failed';
      // Its observations are in the matrix: this time MUST NOT be merged again.
      return state && state.seen > 0 ? [{ name: source.name, from: from.toISOString(), until: new Date().toISOString() }] : [];
    }
  };
  const timer = setInterval(tell, showMs);
  try {
    tell();
    const periods = (await Promise.all(sources.map(watchOne))).flat();
    tell();
    const [first] = problems;
    if (first !== undefined && problems.length === sources.length && aggregator.size === 0) throw first;
    return { traffic: { ...aggregator.matrix(began, new Date()), sources: periods }, problems };
  } finally {
    clearInterval(timer);
  }
}

function sinkOf(
  aggregator: FlowAggregator,
  deduplicator: FlowDeduplicator,
  say: (sentence: string) => void,
  count: () => void,
): TrafficSink {
  const said = new Set<string>();
  return {
    add: (observation, place, sampled = false) => {
      count();
      const unseen = deduplicator.unseenPart(place, observation, sampled);
      if (unseen !== null) aggregator.add(unseen, Date.now());
    },
    reject: (reason, number = 1) => {
      if (number > 0) aggregator.reject(reason, number);
    },
    say: (sentence) => {
      if (said.has(sentence) || said.size >= 100) return;
      said.add(sentence);
      say(sentence);
    },
  };
}
