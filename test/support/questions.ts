import { seededRandom, shuffled } from '../../sender/ordering/math/random.ts';
import type { OrderRequest } from '../../sender/ordering/order/request.ts';

/**
 * A question about a random tenant: times, traffic and services from a seed. Times are whole tenths
 * of a second.
 */
export function aRandomQuestion(size: number, seed: number, more: Partial<OrderRequest> = {}): OrderRequest {
  const random = seededRandom(seed);
  const servers = Array.from({ length: size }, (_, index) => ({
    id: `${random.below(2 ** 30)}-${index}`,
    name: `server ${index}`,
    downMs: 100 * (100 + random.below(3000)),
    beforeMs: random.below(3) === 0 ? 100 * random.below(2000) : 0,
    bytes: random.below(100) * 1e9,
  }));
  const density = random.next();
  const pairs = servers.flatMap(({ id: a }, i) =>
    servers.slice(0, i).flatMap(({ id: b }) => (random.next() < density ? [{ a, b, bytes: 1 + random.below(1_000_000) }] : [])),
  );
  const services: { name: string; servers: string[] }[] = [];
  const mixed = shuffled(servers, random);
  while (mixed.length > 0) {
    const members = mixed.splice(0, 1 + random.below(4)).map(({ id }) => id);
    if (random.below(5) > 0) services.push({ name: `service ${services.length + 1}`, servers: members });
  }
  return { servers, pairs, services, ...more };
}

/**
 * Two services of three servers that talk a hundred times more among themselves than with each
 * other; all take the same time.
 */
export function twoServices(downMs = 120_000): OrderRequest {
  const ids = ['web 1', 'app 1', 'db 1', 'web 2', 'app 2', 'db 2'];
  const talk = (a: string, b: string, bytes: number) => ({ a, b, bytes });
  return {
    servers: ids.map((id) => ({ id, downMs, bytes: 2 ** 30 })),
    pairs: [1, 2]
      .flatMap((n) => [talk(`web ${n}`, `app ${n}`, 1e9), talk(`app ${n}`, `db ${n}`, 5e9)])
      .concat(talk('app 1', 'app 2', 1e7)),
    services: [1, 2].map((n) => ({ name: `shop ${n}`, servers: [`web ${n}`, `app ${n}`, `db ${n}`] })),
  };
}
