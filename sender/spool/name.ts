import { createHash } from 'node:crypto';

/** What a file in the spool is taken for, by its name alone. */
export type SpoolKind = 'plan' | 'document';

/** Longest name of a file on Linux, in bytes (limits.h, NAME_MAX). */
const longestName = 255;

/** Names that editors, copying tools and this daemon give to files that are not complete plans. */
const foreign = [
  /^\./,
  /^#.*#$/,
  /~$/,
  /\.(tmp|temp|part|partial|crdownload|filepart|swp|swo|swx|bak|orig|new|old)(\.|$)/i,
  /\.(result|problem)\.json$/,
];

/** Tells plans (`*.yaml`, `*.yml`) from documents (`*.json`); undefined for every other file. */
export function kindOf(name: string): SpoolKind | undefined {
  if (foreign.some((pattern) => pattern.test(name))) return undefined;
  if (/\.ya?ml$/i.test(name)) return 'plan';
  return /\.json$/i.test(name) ? 'document' : undefined;
}

/**
 * The name of a file that is written beside another; a name too long for it is cut and gets a
 * digest.
 */
export function besideName(name: string, ending: string): string {
  const whole = `${name}${ending}`;
  // `writeDurably` adds a temporary suffix, which needs room, too.
  const room = longestName - 40;
  if (Buffer.byteLength(whole) <= room) return whole;
  const kept = Buffer.from(name)
    .subarray(0, room - Buffer.byteLength(ending) - 17)
    .toString('utf8')
    .replace(/\uFFFD/g, '');
  return `${kept}~${digestOf(name).slice(0, 16)}${ending}`;
}

/** The digest that names a content: SHA-256, 64 hex digits. */
export function digestOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
