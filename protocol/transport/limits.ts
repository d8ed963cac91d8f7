import { limits } from '../limits.ts';

/** Every limit of the transport, with its reason; tests and unusual networks may override each. */
export interface TransportLimits {
  /**
   * From the first packet to the upgrade, and each later step of a pairing; bounds slow clients.
   */
  readonly strangerMs: number;
  /**
   * Clients at once whose TLS is not done. One more puts out one of the network that has the most,
   * by chance, so that a peer can always connect.
   */
  readonly strangers: number;
  /** Clients at once whose TLS is done and whose upgrade is not; they are put out the same way. */
  readonly secured: number;
  /**
   * Connections of all peers, lanes included; protects file descriptors. No peer may have more of
   * them than are left, so that there is always one for another.
   */
  readonly peerSockets: number;
  /** Request line and headers; ours need less than one KiB. */
  readonly headerBytes: number;
  /** Largest WebSocket message: the longest text frame of the protocol. */
  readonly messageBytes: number;
  /** Finding the address of a name: resolvers commonly give up after 5 s and ask once more. */
  readonly lookupMs: number;
  /** TCP connect: three SYNs with the usual back-off (1 s, 2 s, 4 s) and some. */
  readonly connectMs: number;
  /** SSH from the first byte to a login; a remote agent or slow DNS at the server takes seconds. */
  readonly sshMs: number;
  /** TLS handshake: two round trips. */
  readonly tlsMs: number;
  /** WebSocket upgrade: one round trip and a file read at the far side. */
  readonly upgradeMs: number;
  /** Silence after which TCP and SSH probe the other end; below the 30 s of the strictest NAT. */
  readonly keepAliveMs: number;
}

/** The limits that hold unless overridden. */
export const transportLimits: TransportLimits = {
  strangerMs: 10_000,
  strangers: 256,
  secured: 64,
  peerSockets: 4096,
  headerBytes: 8 * 1024,
  messageBytes: limits.textBytes,
  lookupMs: 10_000,
  connectMs: 10_000,
  sshMs: 20_000,
  tlsMs: 10_000,
  upgradeMs: 10_000,
  keepAliveMs: 15_000,
};
