import { createHmac, timingSafeEqual } from 'node:crypto';
import type { DaemonRole } from './identity.ts';

/** What a proof is bound to: both keys as seen in the TLS handshake, and a nonce of each side. */
export interface PairingContext {
  /** Fingerprint of the sender's key. */
  readonly sender: string;
  /** Fingerprint of the receiver's key. */
  readonly receiver: string;
  /** 32 random bytes of the sender, hex. */
  readonly senderNonce: string;
  /** 32 random bytes of the receiver, hex. */
  readonly receiverNonce: string;
}

/**
 * Proves knowledge of the code: HMAC-SHA256 (RFC 2104) keyed by it, over role, keys and nonces. Who
 * sits between shows other keys; role and nonces keep a proof from being used again.
 */
export function pairingProof(code: string, role: DaemonRole, context: PairingContext): string {
  const parts = ['godwit-pair.1', role, context.sender, context.receiver, context.senderNonce, context.receiverNonce];
  return createHmac('sha256', code).update(parts.join('\n')).digest('hex');
}

/** Compares two proofs in constant time. */
export function isSameProof(a: string, b: string): boolean {
  const left = Buffer.from(a, 'hex');
  const right = Buffer.from(b, 'hex');
  return left.length === 32 && left.length === right.length && timingSafeEqual(left, right);
}
