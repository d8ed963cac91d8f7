import { Problem } from '../../../shared/problem.ts';
import { canonicalRanks } from './canonical.ts';
import { defaultWeights, type Question, type Weights } from './request.ts';

/** Sum of all weights of a question, in units; with times below 2³¹ quanta every cost is a whole number that a double holds exactly. */
export const weightUnits = 2 ** 22;

const shortestQuantumMs = 100;

/**
 * A question in whole numbers, its servers in a canonical order that names and the order of input do not change.
 * Times are in quanta; weights are shares of `weightUnits`. `pause` is part of every `before`.
 */
export interface Instance {
  readonly size: number;
  readonly ids: readonly string[];
  readonly quantumMs: number;
  readonly before: Float64Array;
  readonly down: Float64Array;
  readonly bytes: Float64Array;
  readonly pause: number;
  readonly gap: number;
  readonly parallel: number;
  readonly most: { readonly servers: number; readonly bytes: number; readonly window: number };
  /** Whether a wave is limited at all. */
  readonly limited: boolean;
  /** Neighbours of server i: `to` and `weight` from `from[i]` until `from[i + 1]`. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly weight: Float64Array;
  readonly service: Int32Array;
  readonly members: readonly (readonly number[])[];
  readonly serviceWeight: Float64Array;
  readonly lengthWeight: number;
  /** Which set of servers that stay together, or -1. */
  readonly group: Int32Array;
  readonly groups: readonly (readonly number[])[];
  readonly predecessors: readonly (readonly number[])[];
  readonly successors: readonly (readonly number[])[];
  readonly weights: Weights;
  /** What was asked, for costs in seconds. */
  readonly question: Question;
}

/** Makes the whole numbers of a question. Throws E_ORDER for a question that contradicts itself: unknown servers, circles, overlapping sets. */
export function instanceOf(question: Question): Instance {
  const { servers, pairs } = question;
  const known = new Map(servers.map((server, index) => [server.id, index]));
  if (known.size !== servers.length) throw impossible('A server is listed twice.');
  for (const { id, downMs, beforeMs = 0, bytes = 0 } of servers)
    if (![downMs, beforeMs, bytes].every((value) => Number.isFinite(value) && value >= 0))
      throw impossible(`Server ${id} has a time or size that is no number, or is negative.`, id);
  const weights = { ...defaultWeights, ...question.weights };
  const indexOf = (id: string, what: string): number => {
    const index = known.get(id);
    if (index === undefined) throw impossible(`${what} names server ${id}, which does not move.`, id);
    return index;
  };
  const serviceSets = question.services?.map(({ name, servers: ids }) => ids.map((id) => indexOf(id, `Service ${name}`))) ?? [];
  const groupSets = question.together?.map((ids) => ids.map((id) => indexOf(id, 'A set that moves together'))) ?? [];
  const befores = (question.before ?? []).map(({ first, later }) => ({
    first: indexOf(first, 'A constraint'),
    later: indexOf(later, 'A constraint'),
  }));
  const exchanged = addUp(pairs, known);
  const ranks = canonicalRanks(servers, exchanged, serviceSets, groupSets, befores, question.services ?? []);
  const place = (index: number): number => ranks[index] as number;
  const inRank = (set: readonly number[]): number[] => set.map(place).sort((a, b) => a - b);
  return {
    ...timesOf(question, ranks),
    ...edgesOf(exchanged, ranks, servers.length, share(weights.split, weights)),
    ...servicesOf(question, serviceSets.map(inRank), servers.length, share(weights.downtime, weights)),
    ...groupsOf(groupSets.map(inRank), servers.length),
    ...orderOf(
      befores.map(({ first, later }) => ({ first: place(first), later: place(later) })),
      servers.length,
    ),
    ...{ lengthWeight: Math.round(weightUnits * share(weights.length, weights)), weights, question },
  };
}

function share(part: number, { downtime, split, length }: Weights): number {
  const whole = downtime + split + length;
  if (![downtime, split, length].every((weight) => weight >= 0) || !(whole > 0 && whole < Number.POSITIVE_INFINITY))
    throw impossible('The weights are negative or all zero.');
  return part / whole;
}

/** Bytes of each pair of servers that both move, once; what a server says to itself or to others is left out. */
function addUp(pairs: Question['pairs'], known: ReadonlyMap<string, number>): { a: number; b: number; bytes: number }[] {
  const sums = new Map<number, number>();
  for (const { a, b, bytes } of pairs) {
    const [i, j] = [known.get(a), known.get(b)];
    if (i === undefined || j === undefined || i === j || !(bytes > 0)) continue;
    const key = Math.min(i, j) * known.size + Math.max(i, j);
    sums.set(key, Math.min(Number.MAX_SAFE_INTEGER, (sums.get(key) ?? 0) + bytes));
  }
  return [...sums].map(([key, bytes]) => ({ a: Math.floor(key / known.size), b: key % known.size, bytes }));
}

function timesOf(question: Question, ranks: readonly number[]) {
  const { servers, limits = {}, pauseMs = 0, gapMs = 0, parallel = 1 } = question;
  const size = servers.length;
  const totalMs = servers.reduce((sum, { beforeMs = 0, downMs }) => sum + beforeMs + downMs + pauseMs + gapMs, 0);
  const quantumMs = Math.max(shortestQuantumMs, Math.ceil(totalMs / 2 ** 31));
  const quanta = (ms: number): number => Math.round(ms / quantumMs);
  const byRank = (value: (server: Question['servers'][number]) => number): Float64Array => {
    const values = new Float64Array(size);
    for (const [index, server] of servers.entries()) values[ranks[index] as number] = value(server);
    return values;
  };
  const ids = Array<string>(size).fill('');
  for (const [index, { id }] of servers.entries()) ids[ranks[index] as number] = id;
  const infinite = Number.POSITIVE_INFINITY;
  const most = {
    servers: limits.servers ?? infinite,
    bytes: limits.bytes ?? infinite,
    window: limits.windowMs === undefined ? infinite : quanta(limits.windowMs),
  };
  return {
    ...{ size, ids, quantumMs, most, parallel, pause: quanta(pauseMs), gap: quanta(gapMs) },
    limited: Object.values(most).some((limit) => limit < infinite),
    before: byRank(({ beforeMs = 0 }) => quanta(beforeMs) + quanta(pauseMs)),
    down: byRank(({ downMs }) => quanta(downMs)),
    bytes: byRank(({ bytes = 0 }) => bytes),
  };
}

function edgesOf(
  pairs: readonly { a: number; b: number; bytes: number }[],
  ranks: readonly number[],
  size: number,
  part: number,
) {
  const total = pairs.reduce((sum, { bytes }) => sum + bytes, 0);
  const edges = pairs
    .map(({ a, b, bytes }) => ({
      a: ranks[a] as number,
      b: ranks[b] as number,
      weight: Math.round((weightUnits * part * bytes) / total),
    }))
    .filter(({ weight }) => weight > 0)
    .flatMap(({ a, b, weight }) => [
      { a, b, weight },
      { a: b, b: a, weight },
    ])
    .sort((x, y) => x.a - y.a || x.b - y.b);
  const from = new Int32Array(size + 1);
  for (const { a } of edges) from[a + 1] = (from[a + 1] as number) + 1;
  for (let i = 0; i < size; i++) from[i + 1] = (from[i + 1] as number) + (from[i] as number);
  return { from, to: Int32Array.from(edges, ({ b }) => b), weight: Float64Array.from(edges, ({ weight }) => weight) };
}

function servicesOf(question: Question, sets: readonly (readonly number[])[], size: number, part: number) {
  const service = new Int32Array(size).fill(-1);
  const named = sets.map((members, index) => ({ members, weight: question.services?.[index]?.weight ?? 1 }));
  for (const [index, { members, weight }] of named.entries()) {
    if (!(weight >= 0)) throw impossible(`Service ${question.services?.[index]?.name} has a negative weight.`);
    for (const member of members) {
      if (service[member] !== -1) throw impossible('A server is in two services.');
      service[member] = index;
    }
  }
  const alone = Array.from({ length: size }, (_, i) => i).filter((i) => service[i] === -1);
  const all = [...named, ...alone.map((i) => ({ members: [i], weight: 1 }))]
    .filter(({ members }) => members.length > 0)
    .sort((a, b) => (a.members[0] as number) - (b.members[0] as number));
  for (const [index, { members }] of all.entries()) for (const member of members) service[member] = index;
  const total = all.reduce((sum, { weight }) => sum + weight, 0) || 1;
  const serviceWeight = Float64Array.from(all, ({ weight }) => Math.round((weightUnits * part * weight) / total));
  return { service, members: all.map(({ members }) => members), serviceWeight };
}

function groupsOf(sets: readonly (readonly number[])[], size: number) {
  const group = new Int32Array(size).fill(-1);
  const groups = sets.filter((set) => set.length > 1).sort((a, b) => (a[0] as number) - (b[0] as number));
  for (const [index, members] of groups.entries())
    for (const member of members) {
      if (group[member] !== -1) throw impossible('A server is in two sets that move together; make them one.');
      group[member] = index;
    }
  return { group, groups };
}

function orderOf(befores: readonly { first: number; later: number }[], size: number) {
  const predecessors = Array.from({ length: size }, (): number[] => []);
  const successors = Array.from({ length: size }, (): number[] => []);
  for (const { first, later } of befores) {
    if (predecessors[later]?.includes(first)) continue;
    predecessors[later]?.push(first);
    successors[first]?.push(later);
  }
  return { predecessors, successors };
}

/** An order that cannot be. */
export function impossible(says: string, about?: string): Problem {
  return new Problem('E_ORDER', says, { about });
}
