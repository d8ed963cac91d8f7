import type { MovingServer } from '../input/moving-server.ts';
import type { Tenant } from '../input/tenant.ts';
import { compareText } from '../math/compare-text.ts';
import { costOfWaves } from '../order/propose.ts';
import { costOfOrder, costsOfRandomOrders } from '../order/reference-orders.ts';
import type { OrderCost } from '../order/request.ts';
import type { ProposedMode } from './choose-mode.ts';

/** How many random orders the proposal is compared with. */
const randomOrders = 1_000;

/** The proposal and the orders it is compared with. The costs of the random orders ascend. */
export interface Comparison {
  readonly proposed: OrderCost;
  readonly given: OrderCost;
  readonly alphabetical: OrderCost;
  readonly random: readonly OrderCost[];
  /** Lower bound: no order with as many servers at once costs less. */
  readonly bound: number;
  readonly method: 'exact' | 'heuristic';
}

/**
 * Computes what the proposal costs beside the given order, alphabetical order and random orders.
 */
export function compareOrders({ request, waves, proposal }: ProposedMode, tenant: Tenant, seed: number): Comparison {
  const { given, givenBy, servers } = tenant;
  return {
    proposed: costOfWaves(request, waves),
    given: givenBy === 'plan' ? costOfWaves(request, given) : costOfOrder(request, given.flat()),
    alphabetical: costOfOrder(request, alphabeticalOrder(servers)),
    random: costsOfRandomOrders(request, randomOrders, seed).sort((a, b) => a.cost - b.cost),
    bound: proposal.bound,
    method: proposal.method,
  };
}

function alphabeticalOrder(servers: readonly MovingServer[]): string[] {
  return [...servers].sort((a, b) => compareText(a.name, b.name) || compareText(a.id, b.id)).map(({ id }) => id);
}

/** Mean service downtime in random order, and the share of it that the proposal avoids. */
export function comparedWithRandom({ proposed, random }: Comparison): { meanSeconds: number; spared: number } {
  const meanSeconds = random.reduce((sum, one) => sum + one.serviceDowntimeSeconds, 0) / random.length;
  return { meanSeconds, spared: meanSeconds > 0 ? 1 - proposed.serviceDowntimeSeconds / meanSeconds : 0 };
}
