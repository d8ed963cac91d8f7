import { defaultWeights, type OrderRequest } from '../../../../../sender/ordering/order/request.ts';

/**
 * The cost of an order by its definition, one server after the other, in seconds. It shares no code
 * with the product.
 */
export function costByDefinition(question: OrderRequest, order: readonly string[]): number {
  const { servers, pairs, services = [], pauseMs = 0 } = question;
  const weights = { ...defaultWeights, ...question.weights };
  const downAt = new Map<string, number>();
  const upAt = new Map<string, number>();
  let now = 0;
  for (const [place, id] of order.entries()) {
    const server = servers.find((one) => one.id === id);
    if (server === undefined) throw new Error(`no server ${id}`);
    now += (place === 0 ? 0 : pauseMs) + (server.beforeMs ?? 0);
    downAt.set(id, now);
    now += server.downMs;
    upAt.set(id, now);
  }
  const at = (map: Map<string, number>, id: string): number => map.get(id) ?? Number.NaN;
  const named = services.flatMap((service) => service.servers);
  const all = [
    ...services.map((s) => ({ weight: 1, ...s })),
    ...servers.filter(({ id }) => !named.includes(id)).map(({ id }) => ({ servers: [id], weight: 1 })),
  ];
  const total = all.reduce((sum, { weight }) => sum + (weight ?? 1), 0);
  const downtime = all.reduce((sum, { servers: ids, weight }) => {
    const time = Math.max(...ids.map((id) => at(upAt, id))) - Math.min(...ids.map((id) => at(downAt, id)));
    return sum + ((weight ?? 1) * time) / total;
  }, 0);
  const bytes = pairs.reduce((sum, pair) => sum + pair.bytes, 0) || 1;
  const split = pairs.reduce((sum, { a, b, bytes: own }) => sum + (own * Math.abs(at(upAt, a) - at(upAt, b))) / bytes, 0);
  return (weights.downtime * downtime + weights.split * split + weights.length * now) / 1000;
}

/**
 * The least cost of all orders of up to nine servers, by trying each; a beginning that costs more
 * is skipped.
 */
export function leastOfAll(question: OrderRequest): number {
  const { servers, pairs, services = [] } = question;
  const n = servers.length;
  const weights = { ...defaultWeights, ...question.weights };
  const index = new Map(servers.map(({ id }, i) => [id, i]));
  const traffic = Array.from({ length: n }, () => new Float64Array(n));
  const bytes = pairs.reduce((sum, pair) => sum + pair.bytes, 0) || 1;
  for (const pair of pairs) {
    const i = index.get(pair.a) ?? 0;
    const j = index.get(pair.b) ?? 0;
    for (const [x, y] of [
      [i, j],
      [j, i],
    ] as const)
      (traffic[x] as Float64Array)[y] = (traffic[x]?.[y] ?? 0) + (weights.split * pair.bytes) / bytes;
  }
  const named = services.flatMap((service) => service.servers);
  const sets = [...services.map((s) => s.servers), ...servers.filter(({ id }) => !named.includes(id)).map(({ id }) => [id])].map(
    (ids) => ids.map((id) => index.get(id) ?? 0),
  );
  const perService = weights.downtime / sets.length;
  let best = Number.POSITIVE_INFINITY;
  const moved = new Uint8Array(n);
  const extend = (count: number, cost: number): void => {
    if (cost >= best) return;
    if (count === n) {
      best = cost;
      return;
    }
    let rate = weights.length;
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) if (moved[i] === 1 && moved[j] === 0) rate += traffic[i]?.[j] ?? 0;
    const begun = sets.map((set) => set.filter((i) => moved[i] === 1).length);
    for (const [s, set] of sets.entries()) if ((begun[s] ?? 0) > 0 && (begun[s] ?? 0) < set.length) rate += perService;
    for (let i = 0; i < n; i++) {
      const server = servers[i];
      if (moved[i] === 1 || server === undefined) continue;
      const opens = sets.some((set, s) => set.includes(i) && begun[s] === 0);
      moved[i] = 1;
      extend(
        count + 1,
        cost + (rate * ((server.beforeMs ?? 0) + server.downMs) + (opens ? perService * server.downMs : 0)) / 1000,
      );
      moved[i] = 0;
    }
  };
  extend(0, 0);
  return best;
}
