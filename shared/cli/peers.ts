import { type Column, table } from '../print/table.ts';
import { visible } from '../print/text.ts';
import { showTime } from '../print/units.ts';
import type { Cli } from './program.ts';

/** A paired daemon as either side lists it; only the sender knows an address. */
export interface PeerLine {
  readonly name: string;
  readonly address?: string | null;
  /** In groups of four digits, as people compare it. */
  readonly fingerprint: string;
  readonly pairedAt: string;
}

/** Shows the paired daemons. */
export function showPeers(peers: readonly PeerLine[], { output, json }: Cli): void {
  if (json) output.json({ peers });
  else output.print(...table(peers, columnsOf(peers), output.size().columns));
}

function columnsOf(peers: readonly PeerLine[]): Column<PeerLine>[] {
  const address: Column<PeerLine>[] = [{ title: 'ADDRESS', show: (peer) => peer.address ?? '-' }];
  return [
    { title: 'NAME', show: (peer) => visible(peer.name) },
    ...(peers.some((peer) => peer.address !== undefined) ? address : []),
    { title: 'PAIRED', show: (peer) => showTime(peer.pairedAt) },
    { title: 'FINGERPRINT', whole: true, show: (peer) => peer.fingerprint },
  ];
}
