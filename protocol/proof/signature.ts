import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { fingerprintOf } from '../transport/certificate.ts';
import type { Identity } from '../transport/identity.ts';

/** A signature of a text, with the key that made it. */
export interface SignedText {
  /** The public key: SubjectPublicKeyInfo in PEM. */
  readonly key: string;
  /** Base64. Of an ECDSA key in DER over SHA-256, as `openssl dgst -sha256 -sign` writes it. */
  readonly signature: string;
}

/** Signs a text with the key that a daemon's peer has pinned. */
export function signText({ privateKey }: Pick<Identity, 'privateKey'>, text: string): SignedText {
  const key = createPublicKey(privateKey);
  return { key: pemOf(key), signature: sign(digestFor(key), Buffer.from(text), privateKey).toString('base64') };
}

/** Whether a signature is of a text, and key and signature are written in their one form. */
export function isSigned({ key, signature }: SignedText, text: string): boolean {
  try {
    const publicKey = createPublicKey(key);
    const bytes = Buffer.from(signature, 'base64');
    const isOneForm = pemOf(publicKey) === key && bytes.toString('base64') === signature;
    return isOneForm && verify(digestFor(publicKey), Buffer.from(text), publicKey, bytes);
  } catch {
    return false;
  }
}

/** The fingerprint of a public key in PEM, as `sender peers` shows it; null where it is no key. */
export function fingerprintOfKey(key: string): string | null {
  try {
    return fingerprintOf(createPublicKey(key));
  } catch {
    return null;
  }
}

/** Ed25519 hashes by itself (RFC 8032). */
function digestFor({ asymmetricKeyType }: KeyObject): string | null {
  return asymmetricKeyType === 'ed25519' ? null : 'sha256';
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString();
}
