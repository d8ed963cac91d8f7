import type { Flow } from './flow.ts';
import { type Conversation, saturatingSum, sortedConversations } from './matrix.ts';

/** How many conversations a table holds at most, and how many ports of one pair. */
export interface TableLimits {
  readonly conversations: number;
  readonly portsPerPair: number;
}

/** The running totals of one conversation. */
interface ConversationTotals {
  readonly initiator: string;
  readonly responder: string;
  readonly protocol: string;
  readonly port: number;
  sentBytes: number;
  receivedBytes: number;
  sentPackets: number;
  receivedPackets: number;
  firstMs: number;
  lastMs: number;
}

/** Adds flows up by initiator, responder, protocol and port, within fixed memory. */
export class ConversationTable {
  readonly #limits: TableLimits;
  readonly #totals = new Map<string, ConversationTotals>();
  /** How many ports each pair has. */
  readonly #ports = new Map<string, number>();

  constructor(limits: TableLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#totals.size;
  }

  /**
   * Adds a flow. `folded`: under port 0, because the pair has too many ports. `full`: not added.
   */
  add(flow: Flow): 'added' | 'folded' | 'full' {
    const pair = `${flow.initiator} ${flow.responder} ${flow.protocol}`;
    const known = this.#totals.get(`${pair} ${flow.port}`);
    if (known !== undefined) {
      addCounts(known, flow);
      return 'added';
    }
    const ports = this.#ports.get(pair) ?? 0;
    const isFull = this.#totals.size >= this.#limits.conversations;
    if (flow.port !== 0 && (isFull || ports >= this.#limits.portsPerPair))
      return this.add({ ...flow, port: 0 }) === 'full' ? 'full' : 'folded';
    if (isFull) return 'full';
    const totals = emptyTotals(flow);
    addCounts(totals, flow);
    this.#totals.set(`${pair} ${flow.port}`, totals);
    this.#ports.set(pair, ports + 1);
    return 'added';
  }

  /** The conversations as they stand in a matrix. */
  conversations(): Conversation[] {
    const iso = (ms: number): string => new Date(ms).toISOString();
    const all = [...this.#totals.values()].map((totals) => ({
      initiator: totals.initiator,
      responder: totals.responder,
      protocol: totals.protocol,
      port: totals.port,
      sent_bytes: totals.sentBytes,
      received_bytes: totals.receivedBytes,
      sent_packets: totals.sentPackets,
      received_packets: totals.receivedPackets,
      first_seen: iso(totals.firstMs),
      last_seen: iso(totals.lastMs),
    }));
    return sortedConversations(all);
  }
}

function emptyTotals({ initiator, responder, protocol, port, firstMs, lastMs }: Flow): ConversationTotals {
  const counts = { sentBytes: 0, receivedBytes: 0, sentPackets: 0, receivedPackets: 0 };
  return { initiator, responder, protocol, port, ...counts, firstMs, lastMs };
}

function addCounts(totals: ConversationTotals, { sent, received, firstMs, lastMs }: Flow): void {
  totals.sentBytes = saturatingSum(totals.sentBytes, sent.bytes);
  totals.sentPackets = saturatingSum(totals.sentPackets, sent.packets);
  totals.receivedBytes = saturatingSum(totals.receivedBytes, received.bytes);
  totals.receivedPackets = saturatingSum(totals.receivedPackets, received.packets);
  totals.firstMs = Math.min(totals.firstMs, firstMs);
  totals.lastMs = Math.max(totals.lastMs, lastMs);
}
