import { compareText } from '../math/compare-text.ts';
import { type FlowMatrix, outside } from '../traffic/matrix.ts';

/** What a server does in its service: answers users (`front`), answers and asks (`middle`), only answers (`back`), only asks (`client`), or talks with none of it (`alone`). */
type Role = 'front' | 'middle' | 'back' | 'client' | 'alone';

/** A server's place in its service. */
export interface TierMember {
  readonly server: string;
  readonly role: Role;
  /** A suggestion: 1 for the servers users meet, one more for each step behind them. */
  readonly tier: number;
  /** Whether servers outside the tenant ask it. */
  readonly exposed: boolean;
}

/** How a service's servers ask each other, the first tier first, by id inside a tier. Who asks more than it answers of a pair is its client. */
export function tierMembers(members: readonly string[], { conversations }: Pick<FlowMatrix, 'conversations'>): TierMember[] {
  const inside = new Set(members);
  const exposed = new Set<string>();
  const asked = new Map<string, number>();
  for (const { initiator, responder, sent_bytes, received_bytes } of conversations) {
    if (initiator === outside && inside.has(responder)) exposed.add(responder);
    if (!inside.has(initiator) || !inside.has(responder)) continue;
    const key = JSON.stringify([initiator, responder]);
    asked.set(key, (asked.get(key) ?? 0) + sent_bytes + received_bytes);
  }
  const asks = [...asked.keys()]
    .map((key) => JSON.parse(key) as [string, string])
    .filter(([a, b]) => (asked.get(JSON.stringify([a, b])) ?? 0) >= (asked.get(JSON.stringify([b, a])) ?? 0));
  const isAsked = new Set(asks.map(([, responder]) => responder));
  const asking = new Set(asks.map(([initiator]) => initiator));
  const tiers = tierNumbers(members, asks, exposed, isAsked);
  return members
    .map((server): TierMember => {
      const answers = isAsked.has(server);
      const does = asking.has(server);
      const role = exposed.has(server) ? 'front' : answers ? (does ? 'middle' : 'back') : does ? 'client' : 'alone';
      return { server, role, tier: tiers.get(server) ?? 1, exposed: exposed.has(server) };
    })
    .sort((a, b) => a.tier - b.tier || compareText(a.server, b.server));
}

/** Steps from the exposed servers, or where none is from those that nobody asks, along the questions; circles count once. */
function tierNumbers(
  members: readonly string[],
  asks: readonly (readonly [string, string])[],
  exposed: ReadonlySet<string>,
  isAsked: ReadonlySet<string>,
): Map<string, number> {
  const fronts = members.filter((id) => exposed.has(id) || !isAsked.has(id));
  const tiers = new Map(fronts.map((id) => [id, 1]));
  let layer: readonly string[] = fronts;
  for (let tier = 2; layer.length > 0; tier++) {
    const from = new Set(layer);
    const next = new Set(asks.filter(([a, b]) => from.has(a) && !tiers.has(b)).map(([, b]) => b));
    for (const id of next) tiers.set(id, tier);
    layer = [...next];
  }
  return tiers;
}
