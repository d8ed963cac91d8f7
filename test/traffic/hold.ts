import type { FlowMatrix } from '../../sender/ordering/traffic/matrix.ts';
import { type Count, close } from './guests.ts';
import { runSender } from './watch.ts';

/** What an interface has counted in each direction: `tx` is what its guest sent. */
export interface Both {
  readonly rx: Count;
  readonly tx: Count;
}

/** What was counted between two readings of one interface. */
export function between(before: Both, after: Both): Both {
  const gained = (from: Count, to: Count): Count => ({ bytes: to.bytes - from.bytes, packets: to.packets - from.packets });
  return { rx: gained(before.rx, after.rx), tx: gained(before.tx, after.tx) };
}

/** A guest that takes no part sends a few ARP frames. */
const silentBytes = 2_000;

/** How far a matrix is from one interface in one direction, as a fraction. */
export interface Off {
  readonly id: string;
  readonly way: 'tx' | 'rx';
  readonly packets: number;
  readonly error: number;
}

/**
 * How far a matrix is from each interface in both directions; the matrix lacks `headerBytes` of
 * each frame.
 */
export function offOf(traffic: FlowMatrix, truth: ReadonlyMap<string, Both>, headerBytes: number): Off[] {
  return [...truth].flatMap(([id, { rx, tx }]) => {
    const [sent, received] = seenOf(traffic, id);
    return [['tx', tx, sent] as const, ['rx', rx, received] as const].map(([way, { bytes, packets }, seen]) => {
      const counted = bytes - headerBytes * packets;
      return { id, way, packets, error: counted < silentBytes && seen === 0 ? 0 : Math.abs(seen - counted) / counted };
    });
  });
}

/** The greatest distance of a matrix from the interfaces. */
export function worstOf(traffic: FlowMatrix, truth: ReadonlyMap<string, Both>, headerBytes: number): number {
  return Math.max(...offOf(traffic, truth, headerBytes).map(({ error }) => error));
}

function seenOf({ conversations }: FlowMatrix, id: string): [sent: number, received: number] {
  let sent = 0;
  let received = 0;
  for (const { initiator, responder, sent_bytes, received_bytes } of conversations) {
    if (initiator === id) {
      sent += sent_bytes;
      received += received_bytes;
    }
    if (responder === id) {
      sent += received_bytes;
      received += sent_bytes;
    }
  }
  return [sent, received];
}

/** Who asks whom for what, by a matrix. */
export const asked = ({ conversations }: FlowMatrix): Set<string> =>
  new Set(conversations.map(({ initiator, responder, protocol, port }) => `${initiator} ${responder} ${protocol}/${port}`));

/** The services of more than one server that `sender analyze` finds in a matrix. */
export async function servicesOf(host: string, matrix: string, document: string): Promise<Set<string>> {
  const running = runSender(host, 'analyze', matrix, '--document', document, '--json');
  await close(running);
  const { services } = JSON.parse(running.said()) as { services: { servers: string[] }[] };
  return asGroups(services.map(({ servers }) => servers).filter(({ length }) => length > 1));
}

/** Groups of servers to compare, whatever the order of either. */
export const asGroups = (groups: readonly (readonly string[])[]): Set<string> =>
  new Set(groups.map((members) => [...members].sort().join(' ')));
