import { impossible, weightUnits } from './instance.ts';
import type { OrderRequest } from './request.ts';

export function servicesOf(request: OrderRequest, sets: readonly (readonly number[])[], size: number, part: number) {
  const service = new Int32Array(size).fill(-1);
  const named = sets.map((members, index) => ({ members, weight: request.services?.[index]?.weight ?? 1 }));
  for (const [index, { members, weight }] of named.entries()) {
    if (!(weight >= 0)) throw impossible(`Service ${request.services?.[index]?.name} has a negative weight.`);
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
