import { z } from 'zod';
import { Problem } from '../../../shared/problem.ts';
import { release } from '../../../shared/release.ts';
import { compareText } from '../math/compare-text.ts';

/** The version of `traffic.json` that this release writes and reads. */
export const matrixVersion = 1;

/** Stands for every address outside the tenant. It is no server id, for those are UUIDs. */
export const outside = 'outside';

/** Sums stop here, for larger numbers are not exact. */
const largestCount = Number.MAX_SAFE_INTEGER;

const Count = z.int().min(0);
const Time = z.iso.datetime();
const Endpoint = z.string().min(1).max(255);

/**
 * Who asked whom on which port, and what crossed. `sent` goes from the initiator to the responder,
 * `received` back. Bytes include IP headers.
 */
export const Conversation = z.object({
  initiator: Endpoint,
  responder: Endpoint,
  /** `tcp`, `udp`, `icmp`, …; IANA's number as text where there is no common name. */
  protocol: z.string().min(1).max(20),
  /**
   * The responder's port; 0 for protocols without ports, and for the rest of a pair's many ports.
   */
  port: z.int().min(0).max(65535),
  sent_bytes: Count,
  received_bytes: Count,
  sent_packets: Count,
  received_packets: Count,
  first_seen: Time,
  last_seen: Time,
});
export type Conversation = Readonly<z.infer<typeof Conversation>>;

/** Why an observation was not counted. */
export const rejections = [
  'malformed',
  'absurd_count',
  'self_traffic',
  'not_a_conversation',
  'unknown_address',
  'ambiguous_address',
  'foreign_traffic',
  'over_limit',
] as const;
export type Rejection = (typeof rejections)[number];

/** What was changed in an observation before it was counted. */
export const repairs = ['clock_backwards', 'clock_absurd', 'ports_folded', 'direction_guessed'] as const;
export type Repair = (typeof repairs)[number];

/**
 * `traffic.json`: the flow matrix of a tenant. `sender/ordering/traffic/README.md` describes its
 * fields.
 */
export const FlowMatrix = z.object({
  format: z.literal('godwit/traffic'),
  version: z.literal(matrixVersion),
  created_at: Time,
  release: z.string(),
  /** Where and when it was observed. Periods of one source MUST NOT overlap. */
  sources: z.array(z.object({ name: z.string().min(1), from: Time, until: Time })).default([]),
  conversations: z.array(Conversation).default([]),
  /**
   * Bytes of each server by hour of the week (0 is Monday 00:00 UTC), both ways, without empty
   * hours.
   */
  shape: z.array(z.object({ server: Endpoint, hours: z.array(z.tuple([z.int().min(0).max(167), Count])) })).default([]),
  /** Addresses in the tenant's subnets that no server has, and their bytes; the first hundred. */
  unknown: z.array(z.object({ address: z.string(), network: z.string().nullable(), bytes: Count })).default([]),
  rejected: z.partialRecord(z.enum(rejections), Count).default({}),
  repaired: z.partialRecord(z.enum(repairs), Count).default({}),
});
export type FlowMatrix = Readonly<z.infer<typeof FlowMatrix>>;

/** A flow matrix without conversations. */
export function emptyMatrix(createdAt = new Date()): FlowMatrix {
  return FlowMatrix.parse({ format: 'godwit/traffic', version: matrixVersion, created_at: createdAt.toISOString(), release });
}

/** Checks a flow matrix. Throws E_TRAFFIC with the first twenty errors, or E_DOCUMENT_VERSION. */
export function parseMatrix(value: unknown, about = 'traffic.json'): FlowMatrix {
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version !== matrixVersion)
    throw new Problem('E_DOCUMENT_VERSION', `${about} has version ${version}; this release reads ${matrixVersion}.`, { about });
  const parsed = FlowMatrix.safeParse(value);
  if (parsed.success) return parsed.data;
  const complaints = parsed.error.issues.slice(0, 20).map((issue) => `${issue.path.join('.') || 'document'}: ${issue.message}`);
  throw new Problem('E_TRAFFIC', `${about} is not a flow matrix:\n  ${complaints.join('\n  ')}`, { about });
}

/** Seconds of observation; periods in which several sources overlap count once. */
export function observedSeconds({ sources }: Pick<FlowMatrix, 'sources'>): number {
  const periods = sources
    .map(({ from, until }) => ({ from: Date.parse(from), until: Date.parse(until) }))
    .sort((a, b) => a.from - b.from);
  let end = Number.NEGATIVE_INFINITY;
  let watchedMs = 0;
  for (const { from, until } of periods) {
    watchedMs += Math.max(0, until - Math.max(from, end));
    end = Math.max(end, until);
  }
  return watchedMs / 1000;
}

/** Adds two counts; the sum stops at the largest exact whole number. */
export function saturatingSum(a: number, b: number): number {
  return Math.min(largestCount, a + b);
}

/** Sorts conversations by initiator, responder, protocol and port: one matrix has one text. */
export function sortedConversations(conversations: readonly Conversation[]): Conversation[] {
  return [...conversations].sort(
    (a, b) =>
      compareText(a.initiator, b.initiator) ||
      compareText(a.responder, b.responder) ||
      compareText(a.protocol, b.protocol) ||
      a.port - b.port,
  );
}
