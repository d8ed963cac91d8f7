import { compareText } from '../math/compare-text.ts';
import { type FlowMatrix, outside } from '../traffic/matrix.ts';

/**
 * `front` is asked from outside, `middle` is asked and asks, `back` is only asked, `client` only
 * asks, `alone` does neither.
 */
type TierRole = 'front' | 'middle' | 'back' | 'client' | 'alone';

/** A server's role and tier in its service. */
export interface TierMember {
  readonly server: string;
  readonly role: TierRole;
  /** 1 for the servers that are asked from outside, one more for each step behind them. */
  readonly tier: number;
  /** Whether addresses outside the tenant ask it. */
  readonly exposed: boolean;
}

/**
 * The servers of a service by tier, then by id. Of a pair, the one that asks more is the client.
 */
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

/**
 * Counts steps from the exposed servers, or else from those that no one asks. A cycle is passed
 * once.
 */
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
