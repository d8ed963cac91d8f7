import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '../../shared/problem.ts';
import { type DaemonRole, type Identity, loadNext, promoteNext } from './identity.ts';
import { firstKeyOf, type PairedPeer, type Peers } from './peers.ts';

const announces = 'godwit-next-key';
const confirms = 'godwit-knows-next-key';

/** Upgrade headers: our next key during a rotation, and the peer's next key as we know it. */
export function rotationHeaders(peer: PairedPeer, ourNext: string | undefined): Readonly<Record<string, string>> {
  return {
    ...(ourNext === undefined ? {} : { [announces]: ourNext }),
    ...(peer.next_fingerprint === undefined ? {} : { [confirms]: peer.next_fingerprint }),
  };
}

/**
 * Notes what a peer, proved by its pinned key, says about its next key and about ours; durable when
 * this returns. Throws E_PEER_UNPAIRED for a next key that another peer has.
 */
export async function learnRotation(peer: PairedPeer, headers: IncomingHttpHeaders, peers: Peers): Promise<PairedPeer> {
  const next = keyIn(headers[announces]) ?? peer.next_fingerprint;
  const known = keyIn(headers[confirms]) ?? peer.knows_our_next;
  if (next === peer.next_fingerprint && known === peer.knows_our_next) return peer;
  const noted = {
    ...(next === undefined || next === peer.fingerprint ? {} : { next_fingerprint: next }),
    ...(known === undefined ? {} : { knows_our_next: known }),
  };
  return (await peers.change(peer.fingerprint, (old) => ({ ...old, ...noted }))) ?? peer;
}

/** Pins the announced key once a peer proves itself with it; the old key is then refused. */
export async function pinPresented(
  peer: PairedPeer,
  fingerprint: string,
  certificate: string,
  peers: Peers,
): Promise<PairedPeer> {
  if (peer.fingerprint === fingerprint) return peer;
  const moved = await peers.change(
    peer.fingerprint,
    ({ next_fingerprint: _used, ...old }): PairedPeer => ({
      ...old,
      fingerprint,
      certificate,
      first_fingerprint: firstKeyOf(old),
    }),
  );
  if (moved === undefined) throw new Problem('E_PEER_UNPAIRED', `${peer.name} was unpaired.`, { about: peer.name });
  return moved;
}

/** Ends a rotation once every peer has confirmed the next key; else throws E_ROTATION_PENDING. */
export async function completeRotation(dir: string, role: DaemonRole, peers: Peers): Promise<Identity> {
  const next = await loadNext(dir, role);
  const behind = next === undefined ? [] : (await peers.list()).filter((peer) => peer.knows_our_next !== next.fingerprint);
  if (behind.length > 0) {
    const names = behind.map((peer) => peer.name).join(', ');
    throw new Problem('E_ROTATION_PENDING', `These peers do not know the next key yet: ${names}.`, { about: names });
  }
  return await promoteNext(dir, role);
}

function keyIn(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[0-9a-f]{64}$/.test(header) ? header : undefined;
}
