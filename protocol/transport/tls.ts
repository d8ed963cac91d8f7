import { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { abortable } from '../../shared/concurrency/abortable.ts';
import { Problem } from '../../shared/problem.ts';
import { fingerprintOf } from './certificate.ts';
import type { Identity } from './identity.ts';
import type { ShownKey } from './pairing.ts';
import { tlsProfile } from './tls-profile.ts';

/** A TLS connection and the key that the other side proved in its handshake. */
export interface Secured {
  readonly socket: TLSSocket;
  readonly shown: ShownKey;
}

/**
 * Runs mutual TLS 1.3 over a stream and passes the proved key to `accept`, which throws for a wrong
 * one. Nothing is sent before that. The stream is destroyed on failure.
 */
export async function secure(
  stream: Duplex,
  identity: Identity,
  accept: (shown: ShownKey) => void,
  about: string,
  signal: AbortSignal,
): Promise<Secured> {
  const socket = connect({ ...tlsProfile(identity), socket: stream, rejectUnauthorized: false });
  try {
    await abortable<void>(
      [signal],
      (resolve, reject) => {
        socket.once('secureConnect', resolve);
        socket.once('error', reject);
        socket.once('close', () => reject(new Error('the connection was closed')));
      },
      () => socket.destroy(),
    );
  } catch (error) {
    stream.destroy();
    signal.throwIfAborted();
    const says = `What answers at ${about} does not speak TLS 1.3 as a receiver does: ${reason(error)}.`;
    throw new Problem('E_PEER_UNREACHABLE', says, { about, cause: error });
  }
  // An unheard `error` would end the process; the next user of the socket hears of it by `close`.
  socket.on('error', () => undefined);
  try {
    const certificate = socket.getPeerX509Certificate();
    if (!(certificate instanceof X509Certificate))
      throw new Problem('E_PEER_IMPOSTOR', `${about} showed no certificate.`, { about });
    const shown = { fingerprint: fingerprintOf(certificate.publicKey), certificate: certificate.toString() };
    accept(shown);
    return { socket, shown };
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** OpenSSL's own words hold file names and line numbers; its reason is the part for people. */
function reason(error: unknown): string {
  const { reason: known, message } = error as Error & { reason?: string };
  return known ?? message;
}
