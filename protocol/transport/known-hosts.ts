import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Problem } from '../../shared/problem.ts';

/** One line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
interface KnownHost {
  /** File and line, for sentences. */
  readonly place: string;
  readonly revoked: boolean;
  readonly hosts: string;
  readonly type: string;
  readonly key: Buffer;
}

/** What the known_hosts files say about one host. */
export interface HostKeys {
  /** The types of key that are known, so that the server is asked for one of these first. */
  readonly types: readonly string[];
  /** Throws unless the key is one that is known and not revoked. */
  readonly verify: (key: Buffer) => void;
}

/**
 * Reads what is known about a host; missing files know nothing. Lines of certificate authorities
 * are skipped: ssh2 knows no certificates.
 */
export async function readHostKeys(files: readonly string[], host: string, port: number): Promise<HostKeys> {
  const name = port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  const lines = (await Promise.all(files.map(readLines))).flat();
  // A key is revoked for every host that its pattern names, `*` as a rule.
  const ours = lines.filter((line) => matches(line.hosts, name));
  const known = ours.filter((line) => !line.revoked);
  return {
    types: [...new Set(known.map((line) => line.type))],
    verify: (key) => verify(key, name, ours, files),
  };
}

/** A host key's fingerprint as OpenSSH prints it. */
export function sshFingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}

function verify(key: Buffer, name: string, lines: readonly KnownHost[], files: readonly string[]): void {
  const same = lines.filter((line) => line.key.equals(key));
  const shown = `${keyType(key)} key ${sshFingerprint(key)}`;
  const revoked = same.find((line) => line.revoked);
  if (revoked)
    throw new Problem('E_SSH_HOST_KEY_REVOKED', `${name} showed the ${shown}, which ${revoked.place} revokes.`, { about: name });
  if (same.length > 0) return;
  const other = lines.find((line) => !line.revoked && line.type === keyType(key)) ?? lines.find((line) => !line.revoked);
  if (other) {
    const says = `The host key of ${name} has changed: it showed the ${shown}, but ${other.place} knows the ${other.type} key ${sshFingerprint(other.key)}.`;
    throw new Problem('E_SSH_HOST_KEY_CHANGED', says, { about: name });
  }
  throw unknown(name, key, shown, files);
}

/** The hint holds the line to add, so that nobody fetches the key from the network again. */
function unknown(name: string, key: Buffer, shown: string, files: readonly string[]): Problem {
  const file = files[0] ?? 'a known_hosts file that the configuration names';
  const line = `${name} ${keyType(key)} ${key.toString('base64')}`;
  return new Problem('E_SSH_HOST_KEY_UNKNOWN', `The host key of ${name} is not known: it showed the ${shown}.`, {
    about: name,
    hint: `If \`ssh-keygen -lf\` on the other machine prints the same fingerprint for its host key, add this line to ${file}: ${line}`,
  });
}

async function readLines(file: string): Promise<KnownHost[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Problem('E_SSH_HOST_KEY_UNKNOWN', `The file ${file} cannot be read.`, {
      about: file,
      cause: error,
      hint: `Make ${file} readable.`,
    });
  }
  return text.split('\n').flatMap((line, index) => parseLine(line, `${file}:${index + 1}`));
}

/** OpenSSH skips lines that it cannot read, and so must we: the file is not ours. */
function parseLine(line: string, place: string): KnownHost[] {
  const words = line.trim().split(/\s+/);
  const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
  const [hosts, type, base64] = words;
  if (hosts === undefined || hosts.startsWith('#') || type === undefined || base64 === undefined) return [];
  if (marker !== undefined && marker !== '@revoked') return [];
  const key = Buffer.from(base64, 'base64');
  return keyType(key) === type ? [{ place, revoked: marker === '@revoked', hosts, type, key }] : [];
}

/** The type that a key blob names itself: a length and a name (RFC 4253, 6.6). */
function keyType(key: Buffer): string {
  const length = key.length >= 4 ? key.readUInt32BE(0) : 0;
  return key.subarray(4, 4 + Math.min(length, 64)).toString('latin1');
}

/** Whether a host field names the host: hashed, or a list of patterns where `!` excludes. */
function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) return matchesHash(hosts, name);
  const patterns = hosts.toLowerCase().split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && matchesPattern(pattern.slice(1), name))) return false;
  return patterns.some((pattern) => matchesPattern(pattern, name));
}

/** `|1|salt|hash`: HMAC-SHA1 of the name keyed by the salt, both in base64. */
function matchesHash(hosts: string, name: string): boolean {
  const [, , salt, hash] = hosts.split('|');
  if (salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, 'base64');
  const actual = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

function matchesPattern(pattern: string, name: string): boolean {
  const escaped = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${escaped}$`).test(name);
}
