import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { readFile, rename, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { claimDurably, syncFolder } from '../../shared/durable.ts';
import { Problem } from '../../shared/problem.ts';
import { fingerprintOf, selfSigned } from './certificate.ts';

/** Which of the two daemons an identity belongs to. */
export type DaemonRole = 'sender' | 'receiver';

/** The key of a daemon, and the certificate that carries its public half through TLS. */
export interface Identity {
  readonly role: DaemonRole;
  readonly privateKey: KeyObject;
  /** PEM. */
  readonly certificate: string;
  /** SHA-256 of the public key's SubjectPublicKeyInfo, 64 hex digits. */
  readonly fingerprint: string;
}

const lifeYears = 10;

/**
 * Reads the identity in a folder, or makes one. Key and certificate are one file, so no crash
 * splits them; a damaged one is E_STATE_DAMAGED and never replaced, for peers have pinned it.
 */
export async function loadOrCreateIdentity(dir: string, role: DaemonRole): Promise<Identity> {
  const path = join(dir, 'identity.pem');
  const found = await load(path, role);
  if (found !== undefined) return found;
  await claimDurably(path, freshPem(role));
  const made = await load(path, role);
  if (made === undefined)
    throw new Problem('E_STATE_DAMAGED', `The identity ${path} vanished while it was made.`, { about: path });
  return made;
}

/**
 * Makes the next identity the current one, by one rename, and returns it; without a next one the
 * current one stays. A crash before leaves both; peers that know the next key accept it after.
 */
export async function prepareNext(dir: string, role: DaemonRole): Promise<Identity> {
  const path = join(dir, 'identity.next.pem');
  await claimDurably(path, freshPem(role));
  const next = await load(path, role);
  if (next === undefined)
    throw new Problem('E_STATE_DAMAGED', `The next identity ${path} vanished while it was made.`, { about: path });
  return next;
}

/** Reads the next identity if a rotation is under way. */
export async function loadNext(dir: string, role: DaemonRole): Promise<Identity | undefined> {
  return await load(join(dir, 'identity.next.pem'), role);
}

/**
 * Makes the next identity the current one, by one rename, and returns it; without a next one the
 * current one stays. A crash before leaves both; peers that know the next key accept it after.
 */
export async function promoteNext(dir: string, role: DaemonRole): Promise<Identity> {
  if ((await loadNext(dir, role)) !== undefined) {
    await rename(join(dir, 'identity.next.pem'), join(dir, 'identity.pem'));
    await syncFolder(dir);
  }
  return await loadOrCreateIdentity(dir, role);
}

/** Private key (PKCS#8) and certificate as one PEM text. */
function freshPem(role: DaemonRole): string {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const now = new Date();
  // An hour back, so that a peer whose clock is a little behind shows people a plausible date.
  const notBefore = new Date(now.getTime() - 3_600_000);
  const notAfter = new Date(now);
  notAfter.setUTCFullYear(now.getUTCFullYear() + lifeYears);
  const certificate = selfSigned(privateKey, publicKey, `godwit-${role} ${hostname()}`, notBefore, notAfter);
  return `${privateKeyPem(privateKey)}${certificate}`;
}

/** A private key as PKCS#8 in PEM, for the file and for TLS; nothing else may see it. */
export function privateKeyPem(privateKey: KeyObject): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

async function load(path: string, role: DaemonRole): Promise<Identity | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Problem('E_STATE_DAMAGED', `The identity ${path} cannot be read.`, { about: path, cause: error });
  }
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    const says = `The identity ${path} can be read by others (mode ${(mode & 0o777).toString(8)}); its key may have leaked.`;
    throw new Problem('E_STATE_DAMAGED', says, {
      about: path,
      hint: 'If nobody read it: `chmod 600`. Otherwise remove it and pair again.',
    });
  }
  return parse(text, path, role);
}

/** The cause is left out on purpose: an error about a key must never carry a piece of it. */
function parse(text: string, path: string, role: DaemonRole): Identity {
  try {
    const privateKey = createPrivateKey(text);
    const certificate = new X509Certificate(text);
    if (certificate.checkPrivateKey(privateKey)) {
      const fingerprint = fingerprintOf(createPublicKey(privateKey));
      return { role, privateKey, certificate: certificate.toString(), fingerprint };
    }
  } catch {
    // Falls through to the one sentence below.
  }
  throw new Problem('E_STATE_DAMAGED', `The identity ${path} does not hold a private key and its certificate.`, { about: path });
}
