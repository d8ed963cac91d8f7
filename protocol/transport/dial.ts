import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { Problem } from '../../shared/problem.ts';
import { subprotocol } from '../version.ts';
import { type Address, parseAddress, printAddress } from './address.ts';
import { printFingerprint } from './certificate.ts';
import type { Identity } from './identity.ts';
import { inTime } from './in-time.ts';
import { type TransportLimits, transportLimits } from './limits.ts';
import type { ShownKey } from './pairing.ts';
import { pairingProtocol, provePairing } from './pairing.ts';
import { readPairingCode } from './pairing-code.ts';
import type { PairedPeer, Peers } from './peers.ts';
import { learnRotation, pinPresented, rotationHeaders } from './rotation.ts';
import { openTunnel, type SshOptions } from './ssh-tunnel.ts';
import { connectTcp } from './tcp.ts';
import { secure } from './tls.ts';
import { upgrade } from './upgrade.ts';

/** How a receiver is reached, whoever it turns out to be. */
export interface Route {
  /** See `parseAddress`. */
  readonly address: string;
  readonly identity: Identity;
  /** Ends the dialling; once the socket is open it is the caller's to close. */
  readonly signal: AbortSignal;
  /** Needed for `ssh://` addresses. */
  readonly ssh?: SshOptions;
  readonly limits?: Partial<TransportLimits>;
}

/**
 * Opens a WebSocket to a paired receiver. Listeners MUST be added before the next event loop turn.
 */
export async function dial(
  route: Route & { readonly peer: PairedPeer; readonly peers: Peers; readonly nextKey?: string | undefined },
): Promise<WebSocket> {
  const { peer, peers, nextKey } = route;
  const accept = (shown: ShownKey): void => {
    if (shown.fingerprint !== peer.fingerprint && shown.fingerprint !== peer.next_fingerprint)
      throw impostor(peer, route.address, shown);
  };
  const opened = await reach(route, accept, { protocol: subprotocol, headers: rotationHeaders(peer, nextKey) });
  try {
    const moved = await pinPresented(peer, opened.shown.fingerprint, opened.shown.certificate, peers);
    await learnRotation(moved, opened.headers, peers);
  } catch (error) {
    opened.webSocket.terminate();
    throw error;
  }
  // The caller adds its listeners before the next turn of the event loop; nothing arrives earlier.
  setImmediate(() => opened.webSocket.resume());
  return opened.webSocket;
}

/** Pairs with the receiver at an address by the code it printed, pins its key, returns the peer. */
export async function pairWith(
  route: Route & { readonly code: string; readonly name: string; readonly peers: Peers },
): Promise<PairedPeer> {
  const code = readPairingCode(route.code);
  const limits = { ...transportLimits, ...route.limits };
  const { webSocket, shown } = await reach(route, () => undefined, { protocol: pairingProtocol, headers: {} });
  const stop = (): void => webSocket.terminate();
  route.signal.addEventListener('abort', stop, { once: true });
  try {
    const address = printAddress(parseAddress(route.address));
    const { name, peers, identity } = route;
    webSocket.resume();
    return await provePairing({ webSocket, peers, ours: identity.fingerprint, theirs: shown, limits, code, name, address });
  } catch (error) {
    route.signal.throwIfAborted();
    throw error;
  } finally {
    route.signal.removeEventListener('abort', stop);
    webSocket.close(1000);
  }
}

interface Reached {
  readonly webSocket: WebSocket;
  readonly headers: Parameters<typeof learnRotation>[1];
  readonly shown: ShownKey;
}

/**
 * Resolves the name, then runs TCP, SSH if needed, TLS and the upgrade, each with its own limit.
 */
async function reach(
  route: Route,
  accept: (shown: ShownKey) => void,
  ask: { readonly protocol: string; readonly headers: Readonly<Record<string, string>> },
): Promise<Reached> {
  const { identity, signal } = route;
  const limits = { ...transportLimits, ...route.limits };
  const address = parseAddress(route.address);
  const about = printAddress(address);
  const { stream, close } = await openStream(address, route.ssh, signal, limits);
  try {
    const silent = (what: string, limitMs: number) => () =>
      new Problem('E_PEER_UNREACHABLE', `${about} accepted the connection, but ${what} within ${limitMs / 1000} s.`, { about });
    const { socket, shown } = await inTime(
      limits.tlsMs,
      signal,
      silent('did not finish the TLS handshake', limits.tlsMs),
      (limited) => secure(stream, identity, accept, about, limited),
    );
    const request = { ...ask, messageBytes: limits.messageBytes, about };
    const noUpgrade = silent('did not answer the upgrade to WebSocket', limits.upgradeMs);
    const { webSocket, headers } = await inTime(limits.upgradeMs, signal, noUpgrade, (limited) =>
      upgrade(socket, request, limited),
    );
    webSocket.once('close', close);
    return { webSocket, headers, shown };
  } catch (error) {
    close();
    throw error;
  }
}

async function openStream(
  address: Address,
  ssh: SshOptions | undefined,
  signal: AbortSignal,
  limits: TransportLimits,
): Promise<{ stream: Duplex; close: () => void }> {
  const tcp = await connectTcp(address.host, address.port, signal, limits);
  if (address.kind === 'wss') return { stream: tcp, close: () => tcp.destroy() };
  return await openTunnel(tcp, address, ssh, signal, limits);
}

function impostor(peer: PairedPeer, address: string, shown: ShownKey): Problem {
  const says = [
    `What answers at ${address} is not ${peer.name}, or its key was replaced.`,
    `Pinned: ${printFingerprint(peer.fingerprint)}. Shown: ${printFingerprint(shown.fingerprint)}.`,
  ];
  return new Problem('E_PEER_IMPOSTOR', says.join(' '), { about: address });
}
