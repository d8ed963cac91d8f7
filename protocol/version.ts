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
  'server-groups',
  'later-kinds',
  'lone-volumes',
  'images',
  'compare',
  'prove',
];

/** The kinds that a peer of 0.1 does not know, each with the feature that brought it. */
const featureOf: Partial<Record<Kind, string>> = {
  volume: 'volumes',
  image: 'images',
  server_group: 'server-groups',
  project: 'later-kinds',
  quota_set: 'later-kinds',
  qos_policy: 'later-kinds',
  address_scope: 'later-kinds',
  subnet_pool: 'later-kinds',
  address_group: 'later-kinds',
  rbac_policy: 'later-kinds',
  role_assignment: 'later-kinds',
  dns_zone: 'later-kinds',
  dns_record_set: 'later-kinds',
  trunk: 'later-kinds',
  port_forwarding: 'later-kinds',
};

/** The kinds that a peer with some features knows, or passes over; it refuses the others. */
export function kindsKnown(kinds: Iterable<Kind>, has: (feature: string) => boolean): Kind[] {
  return [...kinds].filter((kind) => {
    const feature = featureOf[kind];
    return feature === undefined || has(feature);
  });
}

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
