import { emptyMatrix, type FlowMatrix, sortedConversations } from '../../sender/ordering/traffic/matrix.ts';

/**
 * A flow matrix in one line each: `web 1 > app 1 8080 120000`, initiator, responder, port and
 * bytes; `*` stands for the world.
 */
export function someTraffic(...lines: readonly string[]): FlowMatrix {
  const at = '2026-11-18T12:00:00.000Z';
  const conversations = lines.map((line) => {
    const [, from = '', to = '', port = '0', bytes = '0'] = /^(.+?) > (.+?) (\d+) (\d+)$/.exec(line) ?? [];
    const end = (word: string): string => (word === '*' ? 'outside' : word);
    const counts = { sent_bytes: Math.floor(Number(bytes) / 4), received_bytes: Number(bytes) - Math.floor(Number(bytes) / 4) };
    const packets = { sent_packets: 1, received_packets: 1, first_seen: at, last_seen: at };
    return { initiator: end(from), responder: end(to), protocol: 'tcp', port: Number(port), ...counts, ...packets };
  });
  return { ...emptyMatrix(new Date(at)), conversations: sortedConversations(conversations) };
}

/** A service in tiers: each server of one tier asks each of the next on its port. */
export function aTieredService(prefix: string, sizes: readonly number[], bytes = 1_000_000): { ids: string[]; lines: string[] } {
  const tiers = sizes.map((size, tier) =>
    Array.from({ length: size }, (_, index) => `${prefix}-${'wad'[tier] ?? tier}${index + 1}`),
  );
  const inner = tiers
    .slice(1)
    .flatMap((tier, index) =>
      (tiers[index] ?? []).flatMap((from) => tier.map((to) => `${from} > ${to} ${8000 + index} ${bytes * 4 ** index}`)),
    );
  return { ids: tiers.flat(), lines: [...(tiers[0] ?? []).map((front) => `* > ${front} 443 ${bytes}`), ...inner] };
}
