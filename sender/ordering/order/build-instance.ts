import { canonicalRanks } from './canonical.ts';
import { type Instance, impossible, weightUnits } from './instance.ts';
import { constraintsOf, groupsOf } from './instance-constraints.ts';
import { servicesOf } from './instance-services.ts';
import { edgesOf, pairWeights } from './instance-traffic.ts';
import { defaultWeights, type OrderRequest, type Weights } from './request.ts';

const shortestQuantumMs = 100;

/**
 * Scales an order request to whole numbers. Throws E_ORDER for unknown servers, contradictory
 * constraints and overlapping sets.
 */
export function instanceOf(request: OrderRequest): Instance {
  const { servers, pairs } = request;
  const known = new Map(servers.map((server, index) => [server.id, index]));
  if (known.size !== servers.length) throw impossible('A server is listed twice.');
  for (const { id, downMs, beforeMs = 0, bytes = 0 } of servers)
    if (![downMs, beforeMs, bytes].every((value) => Number.isFinite(value) && value >= 0))
      throw impossible(`Server ${id} has a time or size that is no number, or is negative.`, id);
  const weights = { ...defaultWeights, ...request.weights };
  const indexOf = (id: string, what: string): number => {
    const index = known.get(id);
    if (index === undefined) throw impossible(`${what} names server ${id}, which does not move.`, id);
    return index;
  };
  const serviceSets = request.services?.map(({ name, servers: ids }) => ids.map((id) => indexOf(id, `Service ${name}`))) ?? [];
  const groupSets = request.together?.map((ids) => ids.map((id) => indexOf(id, 'A set that moves together'))) ?? [];
  const befores = (request.before ?? []).map(({ first, later }) => ({
    first: indexOf(first, 'A constraint'),
    later: indexOf(later, 'A constraint'),
  }));
  const exchanged = pairWeights(pairs, known);
  const ranks = canonicalRanks(servers, exchanged, serviceSets, groupSets, befores, request.services ?? []);
  const place = (index: number): number => ranks[index] as number;
  const inRank = (set: readonly number[]): number[] => set.map(place).sort((a, b) => a - b);
  return {
    ...timesOf(request, ranks),
    ...edgesOf(exchanged, ranks, servers.length, share(weights.split, weights)),
    ...servicesOf(request, serviceSets.map(inRank), servers.length, share(weights.downtime, weights)),
    ...groupsOf(groupSets.map(inRank), servers.length),
    ...constraintsOf(
      befores.map(({ first, later }) => ({ first: place(first), later: place(later) })),
      servers.length,
    ),
    lengthWeight: Math.round(weightUnits * share(weights.length, weights)),
    weights,
    request,
  };
}

function share(part: number, { downtime, split, length }: Weights): number {
  const whole = downtime + split + length;
  if (![downtime, split, length].every((weight) => weight >= 0) || !(whole > 0 && whole < Number.POSITIVE_INFINITY))
    throw impossible('The weights are negative or all zero.');
  return part / whole;
}

function timesOf(request: OrderRequest, ranks: readonly number[]) {
  const { servers, limits = {}, pauseMs = 0, gapMs = 0, parallel = 1 } = request;
  const size = servers.length;
  const totalMs = servers.reduce((sum, { beforeMs = 0, downMs }) => sum + beforeMs + downMs + pauseMs + gapMs, 0);
  const quantumMs = Math.max(shortestQuantumMs, Math.ceil(totalMs / 2 ** 31));
  const quanta = (ms: number): number => Math.round(ms / quantumMs);
  const byRank = (value: (server: OrderRequest['servers'][number]) => number): Float64Array => {
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
    size,
    ids,
    quantumMs,
    most,
    parallel,
    pause: quanta(pauseMs),
    gap: quanta(gapMs),
    limited: Object.values(most).some((limit) => limit < infinite),
    before: byRank(({ beforeMs = 0 }) => quanta(beforeMs) + quanta(pauseMs)),
    down: byRank(({ downMs }) => quanta(downMs)),
    bytes: byRank(({ bytes = 0 }) => bytes),
  };
}
