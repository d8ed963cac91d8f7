import type { TierMember } from './tiers.ts';

/**
 * Servers that are of use only together, as the operator or the traffic names them. A server is in
 * one service at most.
 */
export interface ServiceMembers {
  readonly name: string;
  readonly servers: readonly string[];
  /** How much a second of its downtime counts beside that of other services; 1 where absent. */
  readonly weight?: number | undefined;
}

/** A service that was found in the traffic, or that the operator named. */
export interface Service {
  readonly name: string;
  /** Server ids, the first tier first. */
  readonly servers: readonly string[];
  readonly parts: readonly TierMember[];
  /** Whether addresses outside the tenant ask it. */
  readonly exposed: boolean;
  /** Bytes among its servers. */
  readonly innerBytes: number;
  /** Bytes between its servers and other servers of the tenant. */
  readonly crossBytes: number;
  /** Who grouped its servers. */
  readonly by: 'operator' | 'traffic';
  /** Sentences for the operator: what was seen of it. */
  readonly says: readonly string[];
}
