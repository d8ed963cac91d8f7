import type { Kind } from '../shared/model/resource.ts';

/**
 * The major version of the protocol. Majors do not talk to each other; within one, only additions
 * are made.
 */
const major = 1;

/** The name of our major as a WebSocket subprotocol. */
export const subprotocol = `godwit.${major}`;

/**
 * What this release can do beyond the first release of the major. A feature is used only where both
 * sides have it.
 */
export const features: readonly string[] = [
  'blake3',
  'leaving-lanes',
  'parts',
  'document-parts',
  'prepare',
  'volumes',
  'later-kinds',
];

/**
 * The kinds of resource that a receiver may name to a sender with these features: one without
 * `later-kinds` refuses what it does not know.
 */
export function namedTo(has: (feature: string) => boolean, kinds: Iterable<Kind>): Kind[] {
  return [...kinds].filter((kind) => firstKinds.has(kind) || has(kind === 'volume' ? 'volumes' : 'later-kinds'));
}

const firstKinds: ReadonlySet<Kind> = new Set([
  'network',
  'subnet',
  'router',
  'gateway',
  'interface',
  'routes',
  'security_group',
  'security_group_rule',
  'port',
  'floating_ip',
  'keypair',
  'flavor',
  'image',
  'disk',
  'server',
]);

/** The features both sides have. */
export function commonFeatures(ours: readonly string[], theirs: readonly string[]): ReadonlySet<string> {
  return new Set(ours.filter((feature) => theirs.includes(feature)));
}

/**
 * The sentence for people when two sides have no major in common. `theirs` is the subprotocol the
 * socket was opened with.
 */
export function noCommonMajor(our: 'sender' | 'receiver', theirs: string): string {
  const peer = our === 'sender' ? 'receiver' : 'sender';
  if (!/^godwit\.\d{1,5}$/.test(theirs))
    return `This ${our} speaks ${subprotocol}; the other side did not ask for a version of Godwit.`;
  const older = Number(theirs.slice('godwit.'.length)) < major ? peer : our;
  return `This ${our} speaks ${subprotocol}, that ${peer} ${theirs}: upgrade the ${older}.`;
}
