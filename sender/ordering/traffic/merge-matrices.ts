import { Problem } from '../../../shared/problem.ts';
import { compareText } from '../math/compare-text.ts';
import { type Conversation, type FlowMatrix, saturatingSum, sortedConversations } from './matrix.ts';

/**
 * Adds flow matrices up; their order makes no difference. Throws E_TRAFFIC where two of them hold
 * overlapping times of one source, for that time would count twice.
 */
export function mergeMatrices(first: FlowMatrix, ...others: readonly FlowMatrix[]): FlowMatrix {
  const all = [first, ...others];
  const sources = all
    .flatMap((traffic) => traffic.sources)
    .sort((a, b) => compareText(a.name, b.name) || compareText(a.from, b.from) || compareText(a.until, b.until));
  for (const [index, source] of sources.entries()) {
    const before = sources[index - 1];
    if (before === undefined || before.name !== source.name || Date.parse(before.until) <= Date.parse(source.from)) continue;
    const says = `Two of the files hold ${source.name} from ${source.from} until ${before.until}: that time would count twice.`;
    throw new Problem('E_TRAFFIC', says, { about: source.name, hint: 'Leave one of the two files out.' });
  }
  const release =
    all
      .map((traffic) => traffic.release)
      .sort(compareText)
      .at(-1) ?? first.release;
  return {
    format: first.format,
    version: first.version,
    created_at:
      all
        .map((traffic) => traffic.created_at)
        .sort(compareText)
        .at(-1) ?? first.created_at,
    release,
    sources,
    conversations: addConversations(all),
    shape: addShapes(all),
    unknown: addUnknown(all),
    rejected: addCounts(all.map((traffic) => traffic.rejected)),
    repaired: addCounts(all.map((traffic) => traffic.repaired)),
  };
}

function addConversations(all: readonly FlowMatrix[]): Conversation[] {
  const byKey = new Map<string, Conversation>();
  for (const conversation of all.flatMap((traffic) => traffic.conversations)) {
    const { initiator, responder, protocol, port } = conversation;
    const key = JSON.stringify([initiator, responder, protocol, port]);
    const known = byKey.get(key);
    byKey.set(key, known === undefined ? conversation : addConversation(known, conversation));
  }
  return sortedConversations([...byKey.values()]);
}

function addConversation(a: Conversation, b: Conversation): Conversation {
  return {
    ...a,
    sent_bytes: saturatingSum(a.sent_bytes, b.sent_bytes),
    received_bytes: saturatingSum(a.received_bytes, b.received_bytes),
    sent_packets: saturatingSum(a.sent_packets, b.sent_packets),
    received_packets: saturatingSum(a.received_packets, b.received_packets),
    first_seen: compareText(a.first_seen, b.first_seen) <= 0 ? a.first_seen : b.first_seen,
    last_seen: compareText(a.last_seen, b.last_seen) >= 0 ? a.last_seen : b.last_seen,
  };
}

function addShapes(all: readonly FlowMatrix[]): FlowMatrix['shape'] {
  const byServer = new Map<string, Map<number, number>>();
  for (const { server, hours } of all.flatMap((traffic) => traffic.shape)) {
    const sums = byServer.get(server) ?? new Map<number, number>();
    for (const [hour, bytes] of hours) sums.set(hour, saturatingSum(sums.get(hour) ?? 0, bytes));
    byServer.set(server, sums);
  }
  return [...byServer]
    .sort(([a], [b]) => compareText(a, b))
    .map(([server, hours]) => ({ server, hours: [...hours].sort(([a], [b]) => a - b) }));
}

function addUnknown(all: readonly FlowMatrix[]): FlowMatrix['unknown'] {
  const byKey = new Map<string, FlowMatrix['unknown'][number]>();
  for (const entry of all.flatMap((traffic) => traffic.unknown)) {
    const key = `${entry.network ?? ''} ${entry.address}`;
    const known = byKey.get(key);
    byKey.set(key, known === undefined ? entry : { ...entry, bytes: saturatingSum(known.bytes, entry.bytes) });
  }
  return [...byKey.values()].sort((a, b) => compareText(a.network ?? '', b.network ?? '') || compareText(a.address, b.address));
}

function addCounts<Key extends string>(counts: readonly Partial<Record<Key, number>>[]): Partial<Record<Key, number>> {
  const sums: Partial<Record<Key, number>> = {};
  for (const count of counts) {
    for (const [key, value] of Object.entries(count) as [Key, number][]) sums[key] = saturatingSum(sums[key] ?? 0, value);
  }
  return sums;
}
